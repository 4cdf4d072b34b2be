"""The report of a month as a document and as drawings (RP-1), for page, mail, HTML and PDF. It sends nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from crm_workflows.business.figures.approvals import APPROVALS
from crm_workflows.business.figures.gates import TITLE as OF_GATES
from crm_workflows.business.figures.gates import told
from crm_workflows.business.figures.kpi import Kind
from crm_workflows.business.figures.measuring import HUNDRED
from crm_workflows.business.figures.plots import Series, bars, captioned
from crm_workflows.business.figures.reporting import Measured, ProcessReport
from crm_workflows.business.figures.said import HOURS, aim, beside, is_told, nothing_for, said
from crm_workflows.domain.report import Report, Section
from crm_workflows.domain.shown import Fact
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language

CODE: Final = "CRM"
TITLE: Final = "客户关系月报 / Monthly report"
NOTHING_FOR: Final = "没有可统计的 / Nothing to count for"
LEAST: Final = 2
"""Months with something to tell from which a drawing says more than the number."""


@dataclass(frozen=True)
class Drawing:
    """A drawing under a heading; `legend` names its series, each by its place."""

    title: str
    svg: str
    legend: tuple[str, ...] = ()


def drawings(report: ProcessReport, language: str) -> list[Drawing]:
    """Cases opened and closed, lead time, and every share that has been measured for some months but of approvals."""
    made = [*_flow_of_cases(report, language), *(_single(one, language) for one in _worth_drawing(report))]
    return made if not report.is_empty else []


def _flow_of_cases(report: ProcessReport, language: str) -> Iterator[Drawing]:
    opened, closed = report.figure("opened").before, report.figure("lead_time").before
    names = tuple(in_language(name, language) for name in ("立案 / opened", "结案 / closed"))
    series = [
        Series(name, tuple(Decimal(value.count) for _, value in each))
        for name, each in zip(names, (opened, closed), strict=True)
    ]
    title = "立案与结案 / Cases opened and closed"
    if any(value for one in series for value in one.values):
        yield Drawing(title, bars(in_language(title, language), _months(report.figure("opened")), series), names)


def _worth_drawing(report: ProcessReport) -> Iterator[Measured]:
    for one in report.figures:
        told = [value for _, value in one.before if value.count]
        if one.kpi.kind in (Kind.DAYS, Kind.SHARE) and len(told) >= LEAST and one.kpi not in APPROVALS:
            yield one


def _single(one: Measured, language: str) -> Drawing:
    unit = "（天） /  (days)" if one.kpi.kind is Kind.DAYS else "（%） /  (%)"
    values = tuple(value.value for _, value in one.before)
    if one.kpi.kind is Kind.DAYS and one.target is None and all(value < 1 for value in values if value is not None):
        unit, values = "（小时） /  (hours)", tuple(value if value is None else value * HOURS for value in values)
    title = in_language(one.kpi.title, language)
    top = Decimal(HUNDRED) if one.kpi.kind is Kind.SHARE else None
    svg = bars(title, _months(one), [Series(title, values)], one.target, top)
    return Drawing(bilingual(*(in_language(one.kpi.title, each) + in_language(unit, each) for each in LANGUAGES)), svg)


def _months(one: Measured) -> list[str]:
    return [month.short for month, _ in one.before]


def document(reports: Sequence[ProcessReport], company: str) -> Report:
    """Both languages in one document, a section for each process."""
    month = reports[0].month
    title = bilingual(*(f"{in_language(TITLE, each)} · {month.shown(each)}" for each in LANGUAGES))
    sections = tuple(Section(one.title, tuple(_facts(one)), _captioned(one)) for one in reports)
    return Report(title, company, f"{CODE}-{month}", sections)


def _captioned(report: ProcessReport) -> tuple[str, ...]:
    """Drawings that carry their own heading, in both languages."""
    return tuple(captioned(d.svg, d.title.replace(" / ", " "), d.legend) for d in drawings(report, "zh"))


def _facts(report: ProcessReport) -> Iterator[Fact]:
    if report.is_empty:
        yield Fact.named("指标 / Figures", report.month.NOTHING)
        return
    for one in report.figures:
        if is_told(one.kpi, one.whole):
            lines = {each: list(_lines(one, each)) for each in LANGUAGES}
            yield Fact(one.kpi.title, "\n".join(lines["zh"]), " · ".join(lines["en"]))
    zh, en = (in_language(nothing_for(report.figures), each) for each in LANGUAGES)
    if zh:
        yield Fact(NOTHING_FOR, zh.partition("：")[2], en.partition(": ")[2])
    of_gates = told(report)
    if all(of_gates):
        yield Fact(OF_GATES, *of_gates)


def _lines(one: Measured, language: str) -> Iterator[str]:
    value = in_language(said(one.kpi, one.whole), language)
    rest = in_language(beside(one.kpi, one.whole), language)
    yield f"{value} ({rest})" if rest else value
    if one.target is not None:
        yield f"{in_language('目标 / target', language)} {in_language(aim(one), language)}"
    if one.last is not None and one.last.count:
        before = in_language(one.before[-1][0].BEFORE, language)
        yield f"{before} {in_language(said(one.kpi, one.last), language)}"
