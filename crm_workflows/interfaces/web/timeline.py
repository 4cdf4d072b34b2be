"""Tells a case's story from its audit chain, round by round, in one language. It must not add what is not on record."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from crm_workflows.business.complaint_alarm import NAMES
from crm_workflows.domain.audit import person_id
from crm_workflows.domain.elements import Papers
from crm_workflows.domain.records import Assignee, AuditEntry, CaseRow, Decision
from crm_workflows.domain.shown import Fact
from crm_workflows.domain.text import bilingual, day_in, in_language, upfirst
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Reader
from crm_workflows.interfaces.web.site import Site
from crm_workflows.interfaces.web.timeline_story import Event, Round, Story, Tone, who_opened
from crm_workflows.interfaces.web.words import CHANNELS, DECIDED, OUTCOMES


def rounds_of(site: Site, reader: Reader, row: CaseRow, language: str) -> list[Round]:
    """The whole story, oldest first."""
    story = Story(site, reader, row, language)
    rounds, refused = [Round(1)], story.refused()
    for entry in reader.find(AuditEntry, case=row.code, order="n"):
        while refused and refused[0].at < entry.at:
            rounds[-1].events.append(refused.pop(0))
        make = TELLERS.get(entry.event)  # none for what only machines need
        event = make(story, entry) if make else None
        if event is not None:
            rounds[-1].events.append(event)
        if entry.event == "sent_back":
            rounds.append(Round(int(entry.data["round"])))
    rounds[-1].events += refused
    return rounds


def _opened_case(story: Story, entry: AuditEntry) -> Event:
    channel = story.say(CHANNELS.get(story.row.origin, story.row.origin))
    by = f"{who_opened(story.site, story.row, story.language)} · {channel}"
    return Event(entry.at, story.say("发起案件 / Case opened"), small=by)


def _step(story: Story, entry: AuditEntry) -> Event:
    rule, name = str(entry.data["rule"]), str(entry.data["key"]).partition(":")[2].partition("#")[0]
    element = story.procedure.elements().get(name)
    title = getattr(element, "title", "") or bilingual(name.replace("_", " "), name.replace("_", " "))
    return Event(entry.at, upfirst(story.say(title)), rule=rule)


def _opened(story: Story, entry: AuditEntry) -> Event | None:
    request = story.request_of(entry)
    if request is None or request.kind == "timer":
        return None
    verb = {
        "approval": "请求审批 / Approval asked for",
        "task": "分派任务 / Task given",
        "documents": "索取资料 / Papers asked for",
    }[request.kind]
    who = story.joined([_named(story, assignee) for assignee in story.asked[request.id]])
    title = f"{story.say(verb)}{story.colon}{story.say(request.title)}"
    return Event(entry.at, title, "ask", request.rule, f"→ {who}")


def _named(story: Story, assignee: Assignee) -> str:
    name = assignee.name if assignee.is_outside else story.name(assignee.person)
    if not assignee.deputy_for:
        return name
    holder = story.name(assignee.deputy_for)
    return f"{name}（代 {holder}）" if story.language == "zh" else f"{name} (for {holder})"


BY_DIGEST: Final = "每日待办 / digest"
TONES: Final[dict[str, Tone]] = {
    "approve": "good", "change": "good", "submit": "good", "reject": "bad", "send_back": "warn", "override": "warn",
}  # fmt: skip


def _decided(story: Story, entry: AuditEntry) -> Event:
    decision = str(entry.data["decision"])
    made = story.decisions[str(entry.data["request"])]
    row = next((d for d in made if d.effective and d.at == entry.at and entry.actor in (d.by, person_id(d.by))), None)
    who = _author(story, row) if row else story.name(entry.actor)
    who += f" · {story.say(BY_DIGEST)} {entry.data['digest']}" if entry.data.get("digest") else ""
    tone = TONES.get(decision, "plain")
    request = story.request_of(entry)
    title = f"{story.say(DECIDED.get(decision, decision))}{story.colon}{story.title_of(entry)}"
    said = (row.comment or story.answered_outside(row)) if row else ""
    return Event(entry.at, title, tone, request.rule if request else "", who, said)


def _author(story: Story, row: Decision) -> str:
    channel = story.say(CHANNELS.get(row.channel, row.channel))
    if row.channel == "silence":
        return channel
    name = _outside_name(story, row.request, row.by) or story.name(row.by)
    if row.on_behalf_of:
        holder = story.name(row.on_behalf_of)
        name = f"{name}（代 {holder}）" if story.language == "zh" else f"{name} (for {holder})"
    return f"{name} · {channel}"


def _outside_name(story: Story, request: str, address: str) -> str:
    return next((a.name for a in story.asked[request] if a.person == address and a.is_outside), "")


def _moved(story: Story, entry: AuditEntry) -> Event:
    """Somebody else is asked: from whom to whom; nobody new where one of the others answers."""
    people = [story.name(str(who)) for who in (entry.data["from_"], entry.data["to"]) if who]
    title = f"{story.say('转由他人答复 / Passed on')}{story.colon}{story.title_of(entry)}"
    by = [] if entry.actor == "engine" else [story.name(entry.actor)]
    return Event(entry.at, title, small=" · ".join([" → ".join(people), *by]))


def _added(story: Story, entry: AuditEntry) -> Event:
    """Somebody was added as an approver: by whom, and who."""
    title = f"{story.say('加签 / An approver added')}{story.colon}{story.title_of(entry)}"
    return Event(entry.at, title, "ask", small=f"{story.name(entry.actor)} → {story.name(str(entry.data['to']))}")


def _copied(story: Story, entry: AuditEntry) -> Event:
    """Somebody else hears of it: by whom, and who."""
    title = f"{story.say('抄送 / Copied')}{story.colon}{story.title_of(entry)}"
    return Event(entry.at, title, small=f"{story.name(entry.actor)} → {story.name(str(entry.data['to']))}")


def _question(story: Story, entry: AuditEntry) -> Event:
    """A colleague was asked before the decision: by whom, who, and what."""
    title = f"{story.say('询问，暂停计时 / A question; the clock stands')}{story.colon}{story.title_of(entry)}"
    request = story.request_of(entry)
    told = request.shows.get("questions", ()) if request else ()
    said = next((one["question"] for one in told if one["id"] == entry.data["question"]), "")
    who = f"{story.name(entry.actor)} → {story.name(str(entry.data['to']))}"
    return Event(entry.at, title, "ask", small=who, text=said)


def _asked_next(story: Story, entry: AuditEntry) -> Event:
    """The next of those who are asked one after the other."""
    title = f"{story.say('依次请下一位审批 / The next is asked')}{story.colon}{story.title_of(entry)}"
    return Event(entry.at, title, "ask", small="→ " + story.joined([story.name(str(p)) for p in entry.data["asked"]]))


def _passed(story: Story, entry: AuditEntry) -> Event:
    """A stage that asked nobody, since whoever it would ask had approved before."""
    who = story.joined([story.name(str(person)) for person in entry.data["approved_before"]])
    title = story.say("此前已同意，不再重复征询 / Approved before, not asked again")
    return Event(entry.at, title, "good", str(entry.data["rule"]), who)


def _late(story: Story, entry: AuditEntry) -> Event:
    title = f"{story.say('迟到的答复，未生效 / A late answer, without effect')}{story.colon}{story.title_of(entry)}"
    return Event(entry.at, title, small=story.name(entry.actor))


def _unclear(story: Story, entry: AuditEntry) -> Event:
    """A reply that could not be read: why, and from whom; the words themselves stay in the mail."""
    request = str(entry.data["request"])
    mail = story.replies.get(str(entry.data["evidence"]))
    who = next((a.name for a in story.asked[request] if a.is_outside), "") or story.name(entry.actor)
    said = story.say("回复不明确，没有记录决定 / An unclear reply, nothing decided")
    title = f"{said}{story.colon}{story.title_of(entry)}"
    return Event(entry.at, title, "warn", small=who, text=story.say(mail.why) if mail else "")


def _documents(story: Story, entry: AuditEntry) -> Event:
    request = str(entry.data["request"])
    hashes = {sha for _, sha, _ in entry.data["files"]}
    files = tuple(
        d for d in story.documents if d.request == request and d.sha256 in hashes and d.received_at == entry.at
    )
    who = next((_outside_name(story, request, d.by) or story.name(d.by) for d in files), "")
    channel = story.say(CHANNELS.get(files[0].channel, files[0].channel)) if files else ""
    title = story.say("收到文件 / Files received")
    return Event(entry.at, title, small=" · ".join(p for p in (who, channel) if p), files=files)


def _sent_back(story: Story, entry: AuditEntry) -> Event:
    rule = str(entry.data["to"])
    title = story.say(mails.rule_title(story.procedure, rule))
    return Event(entry.at, f"{story.say('回到 / Back to')} {rule}{story.colon}{title}", "warn")


def _closed(story: Story, entry: AuditEntry) -> Event:
    outcome = str(entry.data["outcome"])
    tone: Tone = "good" if outcome in ("approved", "resolved", "done") else "bad"
    return Event(
        entry.at,
        f"{story.say('案件结束 / Case closed')}{story.colon}{story.say(OUTCOMES.get(outcome, outcome))}",
        tone,
    )


def _attention(story: Story, entry: AuditEntry) -> Event:
    return Event(entry.at, story.say("需要处理 / Needs attention"), "bad", text=story.say(story.row.attention or ""))


def _announced(story: Story, entry: AuditEntry) -> Event:
    names = story.joined([story.name(address) for address in entry.data["to"]])
    title = story.say("通知相关人员 / Colleagues informed")
    return Event(entry.at, title, rule=str(entry.data["rule"]), small=f"→ {names}")


def _wrote(story: Story, entry: AuditEntry) -> Event:
    """A letter to somebody outside: its title, and to whom."""
    rule, name = str(entry.data["rule"]), str(entry.data["name"])
    title, to = story.letters.get((entry.at, f"{rule}:{name}"), (name.replace("_", " "), ""))
    contact = story.row.subject.get("contact") or {}
    who = contact.get("name") if to and contact.get("email") == to else to
    said = story.say("已致函 / Letter sent") + story.colon + story.say(title)
    return Event(entry.at, said, rule=rule, small=f"→ {who}" if who else "")


def _booked(story: Story, entry: AuditEntry) -> Event:
    process = str(entry.data["process"])
    made = story.site.engine.procedures.get(process)
    named = in_language(made.title, story.language) if made else process
    title = f"{story.say('预约后续案件 / A later case booked')}{story.colon}{named}"
    zone = ZoneInfo(story.site.office.staff.calendar().zone)
    on = datetime.fromisoformat(str(entry.data["due_at"])).astimezone(zone).date()
    return Event(entry.at, title, rule=str(entry.data["rule"]), small=f"→ {day_in(on, story.language)}")


def _plain(label: str, tone: Tone = "plain", *, with_title: bool = True) -> Callable[[Story, AuditEntry], Event]:
    def make(story: Story, entry: AuditEntry) -> Event:
        title = f"{story.say(label)}{story.colon}{story.title_of(entry)}" if with_title else story.say(label)
        who = "" if entry.actor in ("engine", "outside") else story.name(entry.actor)
        return Event(entry.at, title, tone, small=who)

    return make


def _amended(story: Story, entry: AuditEntry) -> Event:
    """What was changed, from what to what, by whom and why."""
    told = story.amendments.get(entry.at, {"changes": [], "reason": ""})
    lines = []
    for old, new in told["changes"]:
        before, after = (Fact(**one).said(story.language) if one else "—" for one in (old, new))
        lines.append(f"{story.say((new or old)['label'])}{story.colon}{before} → {after}")
    title = f"{story.say('内容已更改 / What it is about was amended')}{story.colon}{told['reason']}"
    return Event(entry.at, title, "warn", small=story.name(entry.actor), text="\n".join(lines))


def _alarmed(story: Story, entry: AuditEntry) -> Event:
    """What came in later names what makes a complaint graver (CP-3)."""
    named = " · ".join(story.say(NAMES[one]) for one in entry.data["named"])
    told = story.say("后来首次提及，已通知负责人核对严重程度 / Named for the first time later, and people alerted")
    return Event(entry.at, f"{told}{story.colon}{named}", "bad")


TELLERS: Final[dict[str, Callable[[Story, AuditEntry], Event | None]]] = {
    "opened_case": _opened_case,
    "step": _step,
    "opened": _opened,
    "decided": _decided,
    "answered_late": _late,
    "override_proposed": _plain("提出越级决定 / An override proposed", "warn"),
    "moved": _moved,
    "added": _added,
    "asked": _asked_next,
    "question": _question,
    "copied": _copied,
    "went_on": _plain("已答复，恢复计时 / Answered; the clock goes on"),
    "passed": _passed,
    "unclear": _unclear,
    "documents": _documents,
    "erased": _plain(
        "来信原文已按保存期限删除 / The bytes of a mail were erased when their time was over", with_title=False
    ),
    "erased_person": _plain("个人信息已依法删除 / Personal data was erased by law", with_title=False),
    "alarmed": _alarmed,
    "wrote_in": _plain("外部来信 / A mail came in from outside", with_title=False),
    "let_in": _plain("机器转发的来信已放行 / A mail that a machine sent on was released", with_title=False),
    "collected": _plain("资料收齐 / All papers received", "good"),
    "nudged": _plain("申请人催办 / Reminded at the requester's word"),
    "undone": _plain("决定已撤销，重新征询 / The decision was undone; asked anew", "warn"),
    "recalled": _plain("申请人撤回 / Recalled by the requester", "warn"),
    "reminded": _plain("已催办 / Reminded"),
    "retimed": _plain("工作日历变更，期限已重算 / The working calendar was changed, and the times with it"),
    "escalated": _plain("逾期，已上报 / Overdue, taken to the manager", "warn"),
    "lapsed": _plain("逾期未答复 / No answer in time", "bad"),
    "sent_back": _sent_back,
    "amended": _amended,
    "given_up_after": _plain(
        "不再同意，其后的步骤作废 / No longer approved; what came after is void", "bad", with_title=False
    ),
    "announced": _announced,
    "wrote": _wrote,
    "booked": _booked,
    "closed": _closed,
    "cancelled": _plain("案件取消 / Case cancelled", "bad", with_title=False),
    "needs_attention": _attention,
    "retried": _plain("管理员让案件继续 / Let go on by an administrator", with_title=False),
}


def kind_titles(procedure: Any) -> dict[str, str]:
    """The bilingual title of every kind of paper that a process asks for."""
    found = (e for e in procedure.elements().values() if isinstance(e, Papers))
    return {paper.kind: paper.title for papers in found for paper in papers.kinds}
