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
from crm_workflows.engine.ports import Reader, Staff
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.record.doctor_ahead import Ahead, Opened
from crm_workflows.engine.requests.request_order import place_of
from crm_workflows.engine.running import opening

MANY: Final = 500
"""Cases whose requests are read by one query."""
NAME_SOMEBODY: Final = "crmw people show > people.yaml && crmw people apply people.yaml"
"""The remedy where somebody is to be named: between the two commands an administrator edits the file."""

OPEN_THE_OFFICE: Final = "crmw calendar show > calendar.yaml && crmw calendar apply calendar.yaml"
"""The remedy where the calendar leaves no time, in the same way."""


@dataclass(frozen=True)
class Finding:
    """One cause for which cases would get stuck, or have: what, since where, which cases, and a command to copy."""

    kind: str
    what: str
    """A label of one sentence."""
    cases: tuple[str, ...]
    remedy: str
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
    return [finding for finding in fresh if finding.cases]


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
            found.add(row.code, "needs_attention", bilingual(zh, en), f"crmw retry {row.code}")
        made = ahead.procedure_of(row)
        if made is None:
            zh = f"流程 {row.process} 第 {row.version} 版的代码未安装"
            en = f"the code of version {row.version} of {row.process} is not installed"
            found.add(row.code, "no_version", bilingual(zh, en), f"crmw upgrade {row.code}")
            continue
        mine = opened.get(row.code, Opened())
        for request, people in mine.asked.items():
            _asked(engine, ahead, row, request, people, found)
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


def _asked(engine: Engine, ahead: Ahead, row: CaseRow, request: str, people: list[str], found: _Found) -> None:
    """An open request whose people have all gone and whom nobody could take over from."""
    directory = engine.staff.directory()
    gone = [who for who in people if not getattr(directory.person(who), "active", False)]
    if gone and len(gone) == len(people) and not ahead.has_successor(row, gone[0]):
        zh = f"事项所请的 {gone[0]} 已不在岗，也没有代理人或上级可以接手"
        en = f"{gone[0]}, who is asked, has left, and there is no deputy or manager to take over"
        remedy = f"crmw reassign {request} --from {gone[0]} --to EMAIL --as EMAIL --reason TEXT"
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
        found.add(booking.case, "booked", bilingual(zh, en), "crmw cases")
    elif isinstance(owner, str):
        try:
            opening.keeper(engine, owner)
        except CrmError as error:
            found.add(booking.case, "booked", said(error), NAME_SOMEBODY)


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
            finding.remedy,
        )
