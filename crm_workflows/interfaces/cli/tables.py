"""`crmw import` and `crmw export`: tables of customers and what belongs to them, in and out. They hold no rules."""

from dataclasses import asdict
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.interfaces.cli.language import terminal_language, told
from crm_workflows.interfaces.cli.output import local, name_zone, print_json, print_table, progress, say
from crm_workflows.interfaces.cli.session import AsJson, Session, administrator, command, company_zone

if TYPE_CHECKING:
    from crm_workflows.business.imports import Result
    from crm_workflows.business.imports.table import Kind, Problem
    from crm_workflows.domain.records import ImportRun

What = Annotated[
    str,
    typer.Argument(
        metavar="KIND",
        help="customers, contacts, contracts, orders, payments, contacts-made, complaints, suppliers, receipts",
        show_default=False,
    ),
]
Table = Annotated[Path, typer.Argument(metavar="FILE.xlsx|csv", help="表格 / The table", show_default=False)]
To = Annotated[Path, typer.Option("--to", metavar="FILE.xlsx", help="新文件 / A new file", show_default=False)]
Preview = Annotated[bool, typer.Option("--dry-run", "--preview", help="只检查，不写入 / Look only; write nothing")]
GoodRows = Annotated[bool, typer.Option("--good-rows", help="跳过有问题的行 / Leave out the rows with problems")]
Report = Annotated[Path | None, typer.Option(help="问题清单，.xlsx 或 .csv / The report of problems, .xlsx or .csv")]

By = Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="由哪位管理员导入 / Which administrator imports")]
MAY_NOT = "不能导入表格 / may not import tables"
LISTED = 50
IMPORTED = (
    "编号 / No.", "内容 / What", "文件 / File", "SHA-256", "何时 / When", "何人 / By", "结果 / What came of it",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add `import` and `imports`."""
    command(
        app,
        "import",
        "导入客户及其往来、供应商、收货 / Import customers and what belongs to them, suppliers, goods received",
    )(import_)
    command(
        app, "imports", "列出导入记录：何人、哪个文件、结果 / What was imported: by whom, which file, with what result"
    )(imported)


def imported(session: Session, as_json: AsJson = False) -> None:
    """The latest first, refused ones and such as did not come to their end too; previews leave nothing."""
    from crm_workflows.business import imports

    with session.office() as office:
        with office.store.read() as reader:
            found = imports.latest(reader, LISTED)
        said = [imports.said_of(one, office.engine) for one in found]
        zone = company_zone(office)
    if as_json:
        print_json([_as_json(one) | {"said": line} for one, line in zip(found, said, strict=True)])
        return
    rows = [
        (
            one.code,
            told(imports.KINDS[one.kind].title) if one.kind in imports.KINDS else one.kind,
            one.file,
            one.sha256[:12],
            local(one.began_at, zone),
            one.by,
            told(line),
        )
        for one, line in zip(found, said, strict=True)
    ]
    print_table(IMPORTED, rows)
    if rows:
        name_zone(zone)
    else:
        say(bilingual("还没有导入过表格", "no table has been imported yet"))


def _as_json(one: "ImportRun") -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(one).items()}


def _digest(file: Path) -> str:
    with file.open("rb") as opened_file:
        return file_digest(opened_file, "sha256").hexdigest()


def register_exports(family: typer.Typer) -> None:
    """Add to `export` what `import` takes."""
    command(family, "table", "导出为可再次导入的表格 / Take a table out as it can be imported again")(table)


def import_(
    session: Session,
    what: What,
    file: Table,
    preview: Preview = False,
    good_rows: GoodRows = False,
    report: Report = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """All rows or none, unless told otherwise; the same file again changes nothing. Status 1 if it was not written."""
    from crm_workflows.adapters.documents.spreadsheets import opened
    from crm_workflows.business import imports
    from crm_workflows.interfaces import problem_report

    kind = _kind(what)
    target = report or file.with_name(f"{file.stem}-problems.xlsx")
    mode: imports.Mode = "preview" if preview else "good" if good_rows else "all"
    with (
        session.office(to_work=True) as office,
        problem_report.problem_report(target, terminal_language()) as told_problems,
        progress("导入 / Importing", shown=not as_json) as bar,
    ):
        table = opened(file, file.name)
        source = imports.Source(file.name, _digest(file), administrator(office, by, MAY_NOT), "cli")
        done = imports.take_in(office.engine, kind, table, source, mode, told_problems, bar)
    named = str(target) if told_problems.count else None
    if as_json:
        problems = [problem_report.as_json(problem) for problem in told_problems.first]
        print_json({"kind": what, "file": str(file), **asdict(done), "problems": problems, "report": named})
    else:
        _show(done, told_problems.first, named)
    if done.bad and mode != "good":
        zh = f"{done.bad} 行有问题，没有写入任何内容；请按清单改正，或加 --good-rows 只导入其余的行"
        which = "One row has a problem" if done.bad == 1 else f"{done.bad} rows have problems"
        en = f"{which} and nothing was written; correct what the report names, or leave it out with --good-rows"
        raise InvalidInput(bilingual(zh, en))


def table(session: Session, what: What, to: To, as_json: AsJson = False) -> None:
    """With an empty register, an empty table with its headings."""
    from crm_workflows.adapters.documents.spreadsheets import new_xlsx
    from crm_workflows.adapters.files import new_file
    from crm_workflows.business.imports.leaving import leaving

    kind = _kind(what)
    rows = 0
    headings = [told(column.label) for column in kind.columns]
    with (
        new_file(to) as unfinished,
        session.office() as office,
        office.store.read() as reader,
        new_xlsx(unfinished, headings) as write,
    ):
        for row in leaving(reader, kind, office.staff.calendar().zone):
            write(row)
            rows += 1
    if as_json:
        print_json({"kind": what, "file": str(to), "rows": rows})
    else:
        say(bilingual(f"{rows} 行已存入 {to}", f"{rows} rows are in {to}"))


def _kind(what: str) -> "Kind":
    from crm_workflows.business.imports import KINDS

    if what not in KINDS:
        known = ", ".join(KINDS)
        raise InvalidInput(
            bilingual(f"没有表格“{what}”，可用：{known}", f"there is no table {what!r}; there are {known}")
        )
    return KINDS[what]


def _show(done: "Result", problems: "list[Problem]", report: str | None) -> None:
    from crm_workflows.business import imports
    from crm_workflows.interfaces.problem_report import HEADINGS

    figures = (done.rows, done.added, done.changed, done.unchanged, done.bad)
    zh, en = (
        "{} 行：新增 {}，更改 {}，未变 {}，有问题 {}",
        "{} rows: {} new, {} changed, {} unchanged, {} with problems",
    )
    written = bilingual("，已写入", "; written") if done.is_written else bilingual("，没有写入", "; nothing written")
    say(bilingual(zh.format(*figures) + in_language(written, "zh"), en.format(*figures) + in_language(written, "en")))
    follows = imports.said_of_work(done.cases, done.looks, is_written=done.is_written)
    if follows:
        say(follows)
    if done.not_compared:
        n = done.not_compared
        say(
            bilingual(
                f"其中 {n} 家新客户因数量太多，没有与名册比对近似名称",
                f"{n} new companies were too many to be compared by name",
            )
        )
    print_table(HEADINGS, [(p.row, told(p.column), p.value, told(p.what), told(p.remedy)) for p in problems])
    if report:
        say(bilingual(f"全部问题见 {report}", f"all problems are in {report}"))
