"""Says what a case waits for, for people and for Prefect's state: who and until when. It must not change anything.

Prefect hears nothing that somebody outside would have to be erased from: no name of theirs, no words of anybody.
"""

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from crm_workflows.domain.outcomes import OUTCOMES
from crm_workflows.domain.records import Assignee, CaseRow, Request
from crm_workflows.domain.text import bilingual, in_language, moment_in
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader, StretchSummary
from crm_workflows.engine.requests.pausing import PAUSED
from crm_workflows.engine.requests.request_order import place_of

SEE_PAGE = "原因见案件页面 / the page of the case says why"
CANCELLED = "已取消 / cancelled"
OUTSIDE = "外部联系人 / a contact outside"
STATES = {"waiting": "Waiting", "running": "Running", "needs_attention": "NeedsAttention", "cancelled": "Cancelled"}


@dataclass(frozen=True)
class Ran:
    """A stretch that was run: the case as it stands now, and the steps performed."""

    row: CaseRow
    performed: tuple[str, ...]


def summary_of(engine: Engine, reader: Reader, ran: Ran) -> StretchSummary:
    """How a stretch ended, as one sentence for Prefect, which keeps it for itself."""
    state = STATES.get(ran.row.status, (ran.row.outcome or "done").capitalize())
    row = replace(ran.row, attention=SEE_PAGE) if ran.row.attention else ran.row
    sentence = sentence_of(engine, reader, row, names_outsiders=False)
    return StretchSummary(state, sentence, ran.performed)


def told_to_listener(engine: Engine, reader: Reader, ran: Ran | None) -> StretchSummary | None:
    """What the listener is to hear after the commit; None where nothing was run or nobody listens."""
    return summary_of(engine, reader, ran) if ran is not None and engine.is_listened_to else None


def sentence_of(engine: Engine, reader: Reader, row: CaseRow, *, names_outsiders: bool = True) -> str:
    """One bilingual sentence: what the case waits for, or how it ended."""
    if row.status == "closed":
        return _said("已结束", "closed", OUTCOMES.get(row.outcome or "done", row.outcome or ""))
    if row.status == "needs_attention":
        return _said("需要处理", "needs attention", row.attention or "")
    if row.status == "cancelled":
        return CANCELLED
    found = sorted(reader.find(Request, case=row.code, status="open"), key=lambda request: place_of(request.id))
    parts = [_part(engine, reader, request, names_outsiders) for request in found]
    if not parts:
        return bilingual("正在进行", "under way")
    chinese = "；".join(in_language(part, "zh") for part in parts)
    return bilingual(f"等待 {chinese}", f"waiting for {'; '.join(in_language(part, 'en') for part in parts)}")


def _said(chinese: str, english: str, label: str) -> str:
    return bilingual(f"{chinese}：{in_language(label, 'zh')}", f"{english}: {in_language(label, 'en')}")


def _part(engine: Engine, reader: Reader, request: Request, names_outsiders: bool) -> str:
    people = reader.find(Assignee, request=request.id, is_active=True)
    names_zh = "、".join(_name(engine, person, "zh", names_outsiders) for person in people) or "—"
    names_en = ", ".join(_name(engine, person, "en", names_outsiders) for person in people) or "—"
    end = request.due_at or request.lapse_at
    until_zh, until_en = "", ""
    if end is not None:
        local = end.astimezone(ZoneInfo(engine.staff.calendar().zone))
        until_zh, until_en = f"，截止 {moment_in(local, 'zh')}", f", until {moment_in(local, 'en')}"
    if PAUSED in request.shows:
        until_zh, until_en = "，等待询问的答复，暂停计时", ", paused until a question is answered"
    zh, en = in_language(request.title, "zh"), in_language(request.title, "en")
    return bilingual(f"{names_zh}（{zh}{until_zh}）", f"{names_en} ({en}{until_en})")


def _name(engine: Engine, assignee: Assignee, language: str, names_outsiders: bool) -> str:
    """The name for a reader of that language, where the directory knows it."""
    if assignee.is_outside and not names_outsiders:
        return in_language(OUTSIDE, language)
    person = None if assignee.is_outside else engine.staff.directory().person(assignee.person)
    return person.shown_name(language) if person else assignee.name
