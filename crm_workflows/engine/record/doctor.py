"""Looks at every open case for what would get stuck: whom each gate and task would ask, as people stand now (G-5).

It finds and says what to do; it must not change anything. A staff that is only proposed can be looked at as well, so
that a file is known to strand cases before it is in force.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from crm_workflows.domain.errors import CrmError
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import UNFINISHED, Assignee, Booking, CaseRow, Decision, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.succession import successions
from crm_workflows.engine.ports import Reader, Staff
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.record.doctor_ahead import Ahead, Opened
from crm_workflows.engine.requests.desk import desk_of
from crm_workflows.engine.requests.request_order import place_of
from crm_workflows.engine.running import opening

MANY: Final = 500
"""Cases whose requests are read by one query."""
NAMED_ZH: Final = (
    "让在岗的人担任此角色，或给离职者（保留或恢复其条目，active: false）写明在岗的上级（manager）或代理人（deputies）"
)
NAMED_EN: Final = (
    "give the role to somebody who is here, or whoever has left (keep their entry or put it back, active: false) a "
    "manager or deputies who are"
)
NAME_SOMEBODY: Final = bilingual(
    f"crmw people show > people.yaml；编辑 people.yaml：{NAMED_ZH}；crmw people apply people.yaml",
    f"crmw people show > people.yaml; edit people.yaml: {NAMED_EN}; crmw people apply people.yaml",
)
"""The remedy where somebody is to be named."""

NAME_SOMEBODY_HERE: Final = bilingual(
    f"在此文件中{NAMED_ZH}；再次运行本命令", f"in this file, {NAMED_EN}; run this again"
)
"""The same where a people file is proposed, which must not be written over by that in force."""

OPEN_THE_OFFICE: Final = bilingual(
    "crmw calendar show > calendar.yaml；编辑 calendar.yaml：写明这段时间里的上班时间；"
    "crmw calendar apply calendar.yaml",
    "crmw calendar show > calendar.yaml; edit calendar.yaml: give that time office hours; "
    "crmw calendar apply calendar.yaml",
)
"""The remedy where the calendar leaves no time."""

GO_ON: Final = bilingual(
    "crmw case {it}（看停下的原因）；排除原因；crmw retry {it}",
    "crmw case {it} (says why it stands still); remove the cause; crmw retry {it}",
)
BRING_BACK: Final = bilingual(
    "装回有这一版的程序，或换用已安装的版本：crmw upgrade {it} --apply",
    "install the program that has it again, or move the case to a version that is here: crmw upgrade {it} --apply",
)
INSTALL: Final = bilingual(
    "装回有流程 {it} 的程序，或把它的文件放回配置目录的 flows；重新启动 crmw up",
    "install the program that has {it} again, or put its files back into flows beside the configuration; "
    "start crmw up again",
)


@dataclass(frozen=True)
class Finding:
    """One cause for which cases would get stuck, or have: what, since where, which cases, and what mends it."""

    kind: str
    what: str
    """A label of one sentence."""
    cases: tuple[str, ...]
    remedy: str
    """A command to copy, or steps one after the other; a label where it has words."""
    where: str = ""
    """The rule and title of the gate or task, a label; empty where the whole case is meant."""


@dataclass
class _Found:
    """Cases by cause, in the order in which they were met."""

    cases: dict[tuple[str, str, str, str], list[str]] = field(default_factory=dict)

    def add(self, code: str, kind: str, what: str, remedy: str, where: str = "") -> None:
        self.cases.setdefault((kind, what, remedy, where), []).append(code)

    def findings(self) -> list[Finding]:
        return [
            Finding(kind, what, tuple(dict.fromkeys(codes)), remedy, where)
            for (kind, what, remedy, where), codes in self.cases.items()
        ]


@carries_out("G-5")
def examine(engine: Engine, staff: Staff | None = None) -> list[Finding]:
    """Everything that is stuck or would get stuck, the worst first; `staff` is looked at instead of that in force."""
    engine = replace(engine, staff=staff) if staff else engine
    found, now = _Found(), engine.clock.now()
    with engine.store.read() as reader:
        rows, ahead = reader.find(CaseRow, status=UNFINISHED, order="code"), Ahead(engine, now)
        for start in range(0, len(rows), MANY):
            some = rows[start : start + MANY]
            _cases(engine, reader, some, found, ahead)
        for booking in reader.find(Booking, is_open=True):
            _booked(engine, booking, found)
    return sorted(found.findings(), key=lambda finding: ORDER.index(finding.kind))


ORDER: Final = ("needs_attention", "no_version", "asked_nobody", "no_time", "nobody_ahead", "booked")
"""Kinds of findings: stands still already, code is missing, asks who is gone, ends before the office opens, would ask
nobody, cannot be opened."""


def new_findings(engine: Engine, staff: Staff) -> list[Finding]:
    """What would be stuck under another staff and is not under the one in force."""
    before = {(f.kind, f.what, f.where, code) for f in examine(engine) for code in f.cases}
    after = examine(engine, staff)
    fresh = (replace(f, cases=tuple(c for c in f.cases if (f.kind, f.what, f.where, c) not in before)) for f in after)
    mended = {NAME_SOMEBODY: NAME_SOMEBODY_HERE}
    return [replace(one, remedy=mended.get(one.remedy, one.remedy)) for one in fresh if one.cases]


def new_findings_of_policy(engine: Engine, policy: Policy) -> list[Finding]:
    """What would get stuck in cases like those open now that began under this policy, and not under the one in force.

    Open cases keep the policy under which they began, so nothing of theirs can get stuck by it.
    """
    now_stuck = {(f.what, f.where, code) for f in _begun_anew(engine, engine.staff.policy()) for code in f.cases}
    after = _begun_anew(engine, policy)
    fresh = (replace(f, cases=tuple(c for c in f.cases if (f.what, f.where, c) not in now_stuck)) for f in after)
    return [finding for finding in fresh if finding.cases]


def _begun_anew(engine: Engine, policy: Policy) -> list[Finding]:
    """All gates and tasks of the newest version, for a case like each of those that are open."""
    found, ahead = _Found(), Ahead(engine, engine.clock.now())
    with engine.store.read() as reader:
        rows = reader.find(CaseRow, status=UNFINISHED, order="code")
    for row in (replace(row, policy=policy.as_text) for row in rows if row.process in engine.procedures):
        _ahead(ahead, engine.procedures[row.process], row, Opened(), found)
    return found.findings()


def _cases(engine: Engine, reader: Reader, rows: list[CaseRow], found: _Found, ahead: Ahead) -> None:
    codes = [row.code for row in rows]
    opened = opened_of(reader, codes)
    _without_time(engine, reader, opened, found)
    for row in rows:
        if row.status == "needs_attention":
            zh, en = "案件已停下，需要处理", "the case stands still and needs attention"
            found.add(row.code, "needs_attention", bilingual(zh, en), _remedy(GO_ON, row.code))
        made = ahead.procedure_of(row)
        if made is None:
            zh = f"流程 {row.process} 第 {row.version} 版的代码未安装"
            en = f"the code of version {row.version} of {row.process} is not installed"
            found.add(row.code, "no_version", bilingual(zh, en), _remedy(BRING_BACK, row.code))
            continue
        mine = opened.get(row.code, Opened())
        for request, people in mine.asked.items():
            _asked(engine, reader, row, request, people, found)
        _ahead(ahead, made, row, mine, found)


def _ahead(ahead: Ahead, made: Procedure, row: CaseRow, opened: Opened, found: _Found) -> None:
    for element, error, is_above in ahead.stuck(made, row, opened):
        zh, en = (f"{element.rule} {in_language(element.title, language)}" for language in ("zh", "en"))
        where = bilingual(f"{zh}（金额超过限额时）", f"{en} (above a limit)") if is_above else bilingual(zh, en)
        found.add(row.code, "nobody_ahead", said(error), NAME_SOMEBODY, where)


def opened_of(reader: Reader, codes: list[str]) -> dict[str, Opened]:
    """What each case has asked: the latest status by key, whom the open ones ask, and who has answered which."""
    found: dict[str, Opened] = {code: Opened() for code in codes}
    names: dict[str, str] = {}
    for code, key, status, request in sorted(
        reader.columns(Request, "case", "key", "status", "id", case=codes), key=lambda one: place_of(one[3])
    ):
        found[code].statuses[key] = status
        names[request] = key.partition(":")[2].partition("#")[0]
    for code, request, by in reader.columns(Decision, "case", "request", "by", case=codes, effective=True):
        found[code].did.setdefault(names.get(request, ""), set()).add(by)
    for code, request, person in reader.columns(
        Assignee, "case", "request", "person", case=codes, is_active=True, is_outside=False
    ):
        found[code].asked.setdefault(request, []).append(person)
    return found


def _asked(engine: Engine, reader: Reader, row: CaseRow, id_: str, people: list[str], found: _Found) -> None:
    """An open request, somebody of which has gone and nobody could take over from."""
    directory = engine.staff.directory()
    if all(getattr(directory.person(who), "active", False) for who in people):
        return
    request = reader.get(Request, id_)
    desk = desk_of(engine, row, engine.clock.now())
    for one in successions(desk, reader, request) if request else ():
        if not one.answer:
            gone = one.leaving.person
            zh = f"事项所请的 {gone} 已不在岗，没有人可以接手"
            en = f"{gone}, who is asked, has left, and there is nobody to take it over"
            command = f"crmw reassign {id_} --from {gone}"
            remedy = bilingual(
                f"{command} --to 接手人邮箱 --as 管理员邮箱 --reason 原因",
                f"{command} --to EMAIL --as EMAIL --reason TEXT",
            )
            found.add(row.code, "asked_nobody", bilingual(zh, en), remedy)


def _without_time(engine: Engine, reader: Reader, opened: Mapping[str, Opened], found: _Found) -> None:
    """Open requests to the staff that end at an instant before which the office is never open (G-4)."""
    calendar, now = engine.staff.calendar(), engine.clock.now()
    columns = ("case", "id", "rule", "title", "opened_at", "lapse_at")
    rows = sorted(reader.columns(Request, *columns, case=list(opened), status="open"), key=lambda row: row[:2])
    for code, request, rule, title, since, end in rows:
        is_asked = request in opened[code].asked and end is not None and end > now
        if is_asked and not calendar.working_time_between(since, end):
            zh, en = "从提出到截止没有任何上班时间", "no office hours lie between when it was asked and when it ends"
            where = bilingual(*(f"{rule} {in_language(title, language)}" for language in ("zh", "en")))
            found.add(code, "no_time", bilingual(zh, en), OPEN_THE_OFFICE, where)


def _booked(engine: Engine, booking: Booking, found: _Found) -> None:
    owner = booking.input.get("owner") if isinstance(booking.input, Mapping) else None
    if booking.process not in engine.procedures:
        zh, en = f"预约的流程 {booking.process} 未安装", f"the booked process {booking.process} is not installed"
        found.add(booking.case, "booked", bilingual(zh, en), _remedy(INSTALL, booking.process))
    elif isinstance(owner, str):
        try:
            opening.keeper(engine, owner)
        except CrmError as error:
            found.add(booking.case, "booked", said(error), NAME_SOMEBODY)


def _remedy(label: str, it: str) -> str:
    return label.replace("{it}", it)


def said(error: CrmError) -> str:
    """The cause alone: what to do stands beside it."""
    parts = [in_language(error.message, language) for language in ("zh", "en")]
    return bilingual(parts[0].partition("；")[0], parts[1].partition("; an admin")[0])


def as_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """For scripts."""
    return [
        {"kind": f.kind, "what": f.what, "where": f.where, "cases": list(f.cases), "remedy": f.remedy} for f in findings
    ]


def told(findings: Iterable[Finding], language: str, most: int = 5) -> Iterator[tuple[str, str, str]]:
    """What, in which cases, and the remedy, for one reader."""
    for finding in findings:
        where = in_language(finding.where, language)
        colon = "：" if language == "zh" else ": "
        codes = ", ".join(finding.cases[:most]) + (" …" if len(finding.cases) > most else "")
        yield (
            (f"{where}{colon}" if where else "") + in_language(finding.what, language),
            f"{len(finding.cases)} ({codes})",
            in_language(finding.remedy, language),
        )
