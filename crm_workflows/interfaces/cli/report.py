"""The command report: the key figures of a month, for people and for programs (RP-1, RP-2). It measures nothing."""

import sys
from codecs import BOM_UTF8
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.interfaces.cli.language import terminal_language, told
from crm_workflows.interfaces.cli.output import print_table, say
from crm_workflows.interfaces.cli.session import Session, command

if TYPE_CHECKING:
    from crm_workflows.bootstrap import Office
    from crm_workflows.business.figures.reporting import Measured, ProcessReport
    from crm_workflows.engine.figure_ports import Aged

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
    to: Annotated[Path | None, typer.Option("--to", help="写入新文件 / Into a new file")] = None,
) -> None:
    """Every figure with its parts, people and target; `crmw policy` holds the targets."""
    if format_ not in FORMATS:
        raise typer.BadParameter(f"{format_!r} is none of {', '.join(FORMATS)}", param_hint="--format")
    if to is not None and to.exists():
        raise InvalidInput(bilingual(f"文件 {to} 已存在，请换一个名称", f"{to} exists already; choose another name"))
    from crm_workflows.business.figures import reporting
    from crm_workflows.business.figures.months import Month, period

    with session.office(to_work=True) as office:
        wanted = period(month) if month else Month.of(office.engine.today(office.clock.now()))
        found = reporting.reports(office.engine, wanted, process)
        if format_ == "text":
            _text(office, found)
            return
        from crm_workflows.interfaces.report_files import content

        made = content(office, found, format_, terminal_language())
    if to is None:
        sys.stdout.buffer.write(made.removeprefix(BOM_UTF8))  # the mark is for Excel, not for a pipe
    else:
        to.write_bytes(made)


def _text(office: "Office", found: "list[ProcessReport]") -> None:
    from crm_workflows.business.figures import said

    directory, language = office.staff.directory(), terminal_language()
    for one in found:
        title = bilingual(*(f"{in_language(one.title, lang)} · {one.month.shown(lang)}" for lang in ("zh", "en")))
        if one.is_empty:
            say(title)
            say(one.month.NOTHING)
            continue
        print_table(
            ("指标 / Figure", "数值 / Value", "依据 / Basis", "目标 / Target", one.month.BEFORE),
            [
                (told(m.kpi.title), told(said.said(m.kpi, m.whole)), told(said.beside(m.kpi, m.whole)),
                 _aim(m), told(said.said(m.kpi, m.last)) if m.last and m.last.count else "")
                for m in one.figures
            ],
            title,
        )  # fmt: skip
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


def _aim(measured: "Measured") -> str:
    """The target, and whether it is met where there is something to judge."""
    from crm_workflows.business.figures import said

    met = "" if measured.meets is None else "达标 / met" if measured.meets else "未达标 / not met"
    return " · ".join(filter(None, (told(said.aim(measured)), told(met))))


def _counts(aged: "Aged") -> tuple[str, ...]:
    """Nothing for none, so that what is there stands out."""
    return tuple(str(count) if count else "" for count in (*aged.counts, aged.late))
