"""The command report: the key figures of a month, for people and for programs (RP-1, RP-2). It measures nothing."""

import sys
from codecs import BOM_UTF8
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.interfaces.cli.given import must_be_one_of
from crm_workflows.interfaces.cli.language import terminal_language, told
from crm_workflows.interfaces.cli.output import print_table, say
from crm_workflows.interfaces.cli.session import Session, command

if TYPE_CHECKING:
    from crm_workflows.bootstrap import Office
    from crm_workflows.business.figures.months import Month
    from crm_workflows.business.figures.reporting import Measured, ProcessReport
    from crm_workflows.engine.figure_ports import Aged

TEXT_IS_SHOWN = "文本只供终端阅读，写文件请加 --format / text is for the terminal; say --format for a file"
FORMATS = ("text", "html", "csv", "pdf")


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "report", "一个月、一季度或一年的关键指标 / The key figures of a month, quarter or year")(report)


def report(
    session: Session,
    month: Annotated[
        str | None,
        typer.Option(metavar="2026-10|2026-Q4|2026", help="月份、季度或年份，默认本月 / Default: this month"),
    ] = None,
    process: Annotated[str | None, typer.Option(help="只看这个流程 / Only this process")] = None,
    format_: Annotated[
        str, typer.Option("--format", help=f"格式：{'、'.join(FORMATS)} / Format: {', '.join(FORMATS)}")
    ] = "text",
    figure: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="这个指标统计了哪些，名称见 docs/figures.md / What this figure counts; docs/figures.md has the names",
        ),
    ] = None,
    to: Annotated[Path | None, typer.Option("--to", help="写入新文件 / Into a new file")] = None,
) -> None:
    """Every figure with its parts, people and target; `crmw policy` holds the targets."""
    must_be_one_of(format_, FORMATS, "--format")
    if to is not None and format_ == "text":
        raise typer.BadParameter(TEXT_IS_SHOWN, param_hint="--to")
    from crm_workflows.business.figures.months import Month, period

    with session.office(to_work=True) as office:
        wanted = period(month) if month else Month.of(office.engine.today(office.clock.now()))
        asked = office, wanted, process
        made = _figure(*asked, figure, format_) if figure else _report(*asked, format_)
    if made is None:
        return
    if to is None:
        sys.stdout.buffer.write(made.removeprefix(BOM_UTF8))  # the mark is for Excel, not for a pipe
    else:
        from crm_workflows.adapters.files import new_file

        with new_file(to) as unfinished:
            unfinished.write_bytes(made)


def _report(office: "Office", month: "Month", process: str | None, format_: str) -> bytes | None:
    """The file; printed as text, there is none."""
    from crm_workflows.business.figures import reporting

    found = reporting.reports(office.engine, month, process)
    if format_ == "text":
        _text(office, found)
        return None
    from crm_workflows.interfaces.report_files import content

    return content(office, found, format_, terminal_language())


def _figure(office: "Office", month: "Month", process: str | None, name: str, format_: str) -> bytes | None:
    """What a figure counts, of the process whose figure it is where none is named."""
    from crm_workflows.business.figures import said
    from crm_workflows.business.figures.behind import Slice, behind, process_of
    from crm_workflows.business.figures.said_lines import headings, lines
    from crm_workflows.interfaces.report_files import MOST_IN_FILE, lines_as_csv

    must_be_one_of(format_, ("text", "csv"), "--format")
    process, language = process or process_of(name), terminal_language()
    found = behind(office.engine, process, name, month, Slice(), MOST_IN_FILE)
    if format_ == "csv":
        return lines_as_csv(office, found, language)
    parts = (said.said(found.measured.kpi, found.value), said.beside(found.measured.kpi, found.value), found.listed)
    say(f"{told(found.measured.kpi.title)}: {' · '.join(told(part) for part in parts if part)}")
    print_table(headings(found), list(lines(found, office.staff.directory(), language, office.staff.calendar().zone)))
    return None


def _text(office: "Office", found: "list[ProcessReport]") -> None:
    from crm_workflows.business.figures import gates, said

    directory, language = office.staff.directory(), terminal_language()
    for one in found:
        title = bilingual(*(f"{in_language(one.title, lang)} · {one.month.shown(lang)}" for lang in ("zh", "en")))
        if one.is_empty:
            say(title)
            say(one.month.NOTHING)
            continue
        headings = ("指标 / Figure", "数值 / Value", "依据 / Basis", "目标 / Target", one.month.BEFORE)
        print_table(headings, [_cells(m) for m in one.figures if said.is_told(m.kpi, m.whole)], title)
        if silent := said.nothing_for(one.figures):
            say(silent)
        ages = said.age_labels()
        print_table(
            ("未结事项 / Open", *ages, "逾期 / Overdue"),
            [(told(aged.key), *_counts(aged)) for aged in one.open_steps],
        )
        people = ((directory.person(aged.key), aged) for aged in one.load)
        print_table(
            ("人员 / Person", *ages, "逾期 / Overdue"),
            [(who.shown_name(language) if who else aged.key, *_counts(aged)) for who, aged in people],
        )
        print_table(gates.HEADINGS, [line.cells(language) for line in gates.gates(one)], gates.TITLE)


def _cells(measured: "Measured") -> tuple[str, ...]:
    from crm_workflows.business.figures import said

    last = measured.last
    return (
        told(measured.kpi.title), told(said.said(measured.kpi, measured.whole)), told(said.basis(measured)),
        _aim(measured), told(said.said(measured.kpi, last)) if last and last.count else "",
    )  # fmt: skip


def _aim(measured: "Measured") -> str:
    """The target, and whether it is met where there is something to judge."""
    from crm_workflows.business.figures import said

    met = "" if measured.meets is None else "达标 / met" if measured.meets else "未达标 / not met"
    return " · ".join(filter(None, (told(said.aim(measured)), told(met))))


def _counts(aged: "Aged") -> tuple[str, ...]:
    """Nothing for none, so that what is there stands out."""
    return tuple(str(count) if count else "" for count in (*aged.counts, aged.late))
