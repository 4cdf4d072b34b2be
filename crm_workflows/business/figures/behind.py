"""What a key figure counts, line by line (RP-2): from each number to its cases, customers, suppliers or receipts.

It lists exactly what `reporting` has measured; it must not measure anything itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from crm_workflows.business.callbacks import silence_of
from crm_workflows.business.figures.kpi import Kind, Kpi
from crm_workflows.business.figures.kpis import KPIS, kpis_of
from crm_workflows.business.figures.measuring import TIERS, Value, days_between, in_currency, is_hit, parts_of, per_cent
from crm_workflows.business.figures.months import Month
from crm_workflows.business.figures.parts import RESULTS
from crm_workflows.business.figures.reporting import Measured, Rules, between, measured, rules_of
from crm_workflows.business.figures.said import length
from crm_workflows.domain.errors import InvalidInput, NotFound
from crm_workflows.domain.money import Money
from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import CaseRow, Customer, Supplier
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import LANGUAGES, bilingual, day_in
from crm_workflows.engine.context import Engine
from crm_workflows.engine.figure_ports import Narrowed, Observed
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests.request_order import place_of

Of = Literal["case", "customer", "supplier", ""]
"""What a line leads to; nothing where it is in no register."""
WHEN: Final = "日期 / Date"
WHENS: Final = {
    Kind.COVERED_NOW: "上次联系 / Last contact",
    Kind.WAITING_NOW: "自 / Since",
    Kind.SHARE_NOW: "登记 / Entered",
    Kind.OVERDUE_NOW: "登记 / Entered",
    Kind.PART_NOW: "下次回访 / Next callback",
}
FROM_BEGINNING: Final = (Kind.COVERED_NOW, Kind.WAITING_NOW)
"""Whose lines tell since when."""
LISTED: Final = {
    Kind.COVERED_NOW: "列出的是超过允许天数未联系的客户 / Listed are those silent for longer than their tier allows",
    Kind.CHURN: "列出的是流失的客户 / Listed are those who were lost",
    Kind.GROWN: "列出的是本期的订单 / Listed are the orders of the period",
}
"""Where only some of what is counted is listed: what."""
ONE_SLICE: Final = bilingual("part、person、department 只能选一个", "of part, person and department one can be chosen")
LAST_ORDER: Final = "最近订单 / Last order"
OPEN_NOW: Final = (
    Kpi(
        "open_steps", "RP-2", "未结事项 / Open",
        "目前等待答复的审批、任务和资料 / Approvals, tasks and papers that wait for an answer now", Kind.WAITING_NOW,
    ),
    Kpi(
        "load", "RP-2", "每人待办 / Load per person",
        "目前每人待办的事项 / What each person has been asked and has not answered", Kind.WAITING_NOW,
    ),
)  # fmt: skip
"""The two tables of a dashboard that are no key figures, listed in the same way."""


@dataclass(frozen=True)
class Slice:
    """Of a figure one part, person or department; all of it where nothing is named."""

    part: str = ""
    person: str = ""
    department: str = ""

    def holds(self, one: Observed, people: Directory) -> bool:
        """Whether an observation is somebody's of them; parts are told apart by `parts_of`."""
        person = people.person(one.person)
        of_department = person is not None and person.department == self.department
        return self.person in ("", one.person) and (not self.department or of_department)


@dataclass(frozen=True)
class Line:
    """One thing that is counted."""

    code: str
    """Of case, customer or supplier; the name of a supplier that has none."""
    of: Of
    title: str
    """As people wrote it, no label: `海蓝 / Hailan` is one name. Empty where it is in no register."""
    about: str
    """Number and goods, where a code holds many."""
    part: str
    person: str
    at: datetime | None
    said: str
    """Its own value, a label: days, an amount, a grade; empty where it is only counted."""
    counts: bool | None
    """Of a share: whether it is counted in; None where all are."""
    is_bad: bool


@dataclass(frozen=True)
class Behind:
    """A figure, or a slice of it, with what it counts: first what is not as it should be, then the latest."""

    measured: Measured
    value: Value
    lines: tuple[Line, ...]
    is_cut: bool
    """Whether there are more than were asked for."""
    when: str
    """What the instants of its lines are, a label."""
    listed: str
    """What is listed where that is not all, a label."""


def process_of(name: str) -> str:
    """The process whose figure it is; raises InvalidInput where every process has it, NotFound where none has."""
    kpi = next((one for one in (*KPIS, *OPEN_NOW) if one.name == name), None)
    if kpi is None:
        raise _no_figure(name)
    if kpi.process is None:
        zh, en = (
            f"每个流程都有指标 {name}，请用 --process 指明流程",
            f"every process has the figure {name}; say by --process which one is meant",
        )
        raise InvalidInput(bilingual(zh, en))
    return kpi.process


def _no_figure(name: str) -> NotFound:
    zh, en = f"没有指标 {name}；名称见 docs/figures.md", f"there is no figure {name}; docs/figures.md has the names"
    return NotFound(bilingual(zh, en))


@carries_out("RP-2")
def behind(engine: Engine, process: str, name: str, month: Month, of: Slice, most: int) -> Behind:
    """At most so many lines; raises NotFound for a process or figure that there is not, InvalidInput for two slices."""
    made = engine.procedures.get(process)
    if made is None:
        raise NotFound(bilingual(f"没有流程 {process}", f"there is no process {process}"))
    kpi = next((one for one in (*kpis_of(process), *OPEN_NOW) if one.name == name), None)
    if kpi is None or kpi.kind is Kind.LACKING:
        raise _no_figure(name)
    if sum(map(bool, (of.part, of.person, of.department))) > 1:
        raise InvalidInput(ONE_SLICE)
    rules = rules_of(engine)
    today = rules.calendar.local_date(rules.now)
    with engine.store.read() as reader:
        whole = measured(reader, kpi, process, month, rules)
        rows = _rows(reader, kpi, process, month, rules, of, most + 1)
        shown = _in_order(kpi, rows, rules, today)[:most]
        known = _Known(reader, shown)
    lines = [_line(kpi, one, known, rules, today) for one in shown]
    return Behind(whole, _value(whole, of), tuple(lines), len(rows) > most, _when(kpi), LISTED.get(kpi.kind, ""))


def _value(whole: Measured, of: Slice) -> Value:
    """That of the slice, as the report tells it."""
    for key, told in ((of.part, whole.parts), (of.person, whole.people), (of.department, whole.departments)):
        if key:
            return dict(told).get(key, Value(0))
    return whole.whole


def _rows(
    reader: Reader, kpi: Kpi, process: str, month: Month, rules: Rules, of: Slice, many: int
) -> Sequence[Observed]:
    """What the figure has counted; of what may be the whole register at most so many."""
    if kpi.kind is Kind.COVERED_NOW:
        return [one for tier in TIERS if of.part in ("", tier) for one in _silent(reader, kpi, tier, rules, many)]
    if kpi.kind is Kind.PART_NOW:
        return reader.observed(kpi.view, narrowed=Narrowed(kpi.of_part, limit=many))
    if kpi.kind is Kind.WAITING_NOW:
        wanted = Narrowed(of.part or None, of.person or None, limit=many)
        return reader.observed(kpi.view, process=process, narrowed=wanted)
    if kpi.is_of_now:
        rows = reader.observed(kpi.view, process=process)
    else:
        begin, end = (edge - kpi.later for edge in month.span(rules.calendar))
        rows = between(reader, kpi, process, begin, end, rules.now)
    rows = list(dict(parts_of(kpi, rows)).get(of.part, ())) if of.part else rows
    return [one for one in rows if of.holds(one, rules.people) and _is_listed(kpi, one, rules)]


def _silent(reader: Reader, kpi: Kpi, tier: str, rules: Rules, many: int) -> Sequence[Observed]:
    """Those of a tier that were silent for longer than it allows (CB-1)."""
    before = rules.now - silence_of(tier, rules.policy)
    return reader.observed(kpi.view, narrowed=Narrowed(tier, began_before=before, limit=many))


def _is_listed(kpi: Kpi, one: Observed, rules: Rules) -> bool:
    """Whether the figure reads an observation at all."""
    if kpi.kind is Kind.DAYS:
        return one.began_at is not None and one.ended_at is not None
    if kpi.kind is Kind.GROWN:
        return bool(in_currency([one], rules.policy))
    return not (kpi.amiss_only and is_hit(kpi, one, rules.policy))


def _counts(kpi: Kpi, one: Observed, rules: Rules, today: date) -> bool | None:
    """Whether it is counted in, where the figure tells some of many."""
    if kpi.kind in (Kind.SHARE, Kind.SHARE_NOW):
        return is_hit(kpi, one, rules.policy)
    if kpi.kind is Kind.AMISS:
        return not is_hit(kpi, one, rules.policy)
    if kpi.kind is Kind.OVERDUE_NOW:
        return one.until_on is not None and one.until_on < today.isoformat()
    return None


def _is_bad(kpi: Kpi, counts: bool | None) -> bool:
    return counts is kpi.less_is_better and not (kpi.of_part or kpi.is_neutral)


def _in_order(kpi: Kpi, rows: Sequence[Observed], rules: Rules, today: date) -> list[Observed]:
    """First what is not as it should be, or is counted in where neither is better, then the latest; of what waits, the
    longest first."""
    latest = 1 if kpi.kind in FROM_BEGINNING else -1

    def place(one: Observed) -> tuple[bool, float]:
        at = one.began_at if kpi.kind in FROM_BEGINNING else one.at
        counts = _counts(kpi, one, rules, today)
        is_first = counts is True if kpi.is_neutral else _is_bad(kpi, counts)
        return not is_first, latest * (at.timestamp() if at else 0)

    return sorted(rows, key=place)


def _line(kpi: Kpi, one: Observed, known: "_Known", rules: Rules, today: date) -> Line:
    counts = _counts(kpi, one, rules, today)
    at = one.began_at if kpi.kind in FROM_BEGINNING else one.at
    code, of, title = known.told(one.what)
    about = " · ".join(words for words in (one.reference, one.product) if words and words not in title)
    said = _said(kpi, one)
    return Line(code, of, title, about, one.part or "", one.person or "", at, said, counts, _is_bad(kpi, counts))


def _said(kpi: Kpi, one: Observed) -> str:
    """The value of one observation, a label."""
    if kpi.kind is Kind.DAYS and one.began_at and one.ended_at:
        return length(days_between(one.began_at, one.ended_at))
    if one.until_on is not None:
        until = date.fromisoformat(one.until_on)
        return bilingual(f"有效期至 {day_in(until, 'zh')}", f"valid until {day_in(until, 'en')}")
    if one.amount is not None:
        return bilingual(*(Money.model_validate(one.amount).shown(language) for language in LANGUAGES))
    if kpi.kind is Kind.PAUSED and one.began_at and one.ended_at:
        lasted = int((one.ended_at - one.began_at).total_seconds())
        return f"{per_cent(one.number or 0, lasted)}%" if lasted else ""
    if one.result is not None:
        return RESULTS.get(one.result, one.result)
    # Clocks keep their pauses there, which say nothing of whether they were in time.
    return str(one.number) if one.number is not None and one.began_at is None else ""


class _Known:
    """What codes stand for, looked up at once."""

    def __init__(self, reader: Reader, rows: Sequence[Observed]) -> None:
        codes = sorted({_code(one.what) for one in rows})
        self._found: dict[str, tuple[Of, str]] = {}
        self._found |= {one.code: ("supplier", one.name) for one in reader.find(Supplier, code=codes)}
        self._found |= {one.code: ("customer", one.name) for one in reader.find(Customer, code=codes)}
        self._found |= {one.code: ("case", one.title) for one in reader.find(CaseRow, code=codes)}

    def told(self, what: str) -> tuple[str, Of, str]:
        """Code, what it is of, and title."""
        return _code(what), *self._found.get(_code(what), ("", ""))


def _code(what: str) -> str:
    """A request stands for its case."""
    case, number = place_of(what)
    return case if number else what


def _when(kpi: Kpi) -> str:
    return LAST_ORDER if kpi.view == "last_orders" else WHENS.get(kpi.kind, WHEN)
