"""Commands that erase somebody by law, and list whom (G-7, docs/erasure.md). They hold no rules."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from crm_workflows.adapters.files import must_be_file
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.text import bilingual, counted
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import local, print_json, print_table, say, tell_failure
from crm_workflows.interfaces.cli.session import AsJson, Session, account, command, company_zone

if TYPE_CHECKING:
    from crm_workflows.bootstrap import Office
    from crm_workflows.domain.records import Document
    from crm_workflows.engine.erasing.finding import Found
    from crm_workflows.engine.erasing.repeating import Erasure
    from crm_workflows.settings import Settings

Who = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS", help="对方邮箱，或记录中的编号 sha256:… / Mail address, or the id on record (sha256:…)",
        show_default=False,
    ),
]  # fmt: skip
Also = Annotated[list[str] | None, typer.Option(metavar="ADDRESS", help="此人的其他邮箱 / Further addresses")]
Names = Annotated[
    list[str] | None, typer.Option("--name", metavar="TEXT", help="其他称呼或电话 / Further names and numbers")
]
ON_DISK: Final = bilingual(
    "数据库文件的空闲部分还留有痕迹，今夜由 crmw up 整理时清除",
    "free parts of the database's file still hold traces; crmw up clears them tonight",
)
ON_SERVER: Final = bilingual(
    "PostgreSQL 中还留有痕迹：尚有旧事务未结束，或此角色无权 VACUUM"
    "（见 docs/deploy/postgresql.zh.md）；crmw up 今夜再试",
    "PostgreSQL still holds traces: somebody reads on what was there before, or this role may not VACUUM"
    " (docs/deploy/postgresql.md); crmw up tries again tonight",
)
Reason = Annotated[str, typer.Option(metavar="TEXT", help="依据，例如来函日期 / On what ground; names nobody")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "erase", "依法删除某人的个人信息 / Erase somebody's personal data by law")(erase)
    command(app, "erasures", "已删除和待删除的人 / Whom one has erased, and who is still to be")(erasures)


def erase(
    session: Session,
    address: Who,
    also: Also = None,
    name: Names = None,
    reason: Reason = "",
    files_of_others: Annotated[
        bool, typer.Option("--files-of-others", help="一并删除提到此人的他人文件 / Also files of others that name them")
    ] = False,
    keep_files: Annotated[
        bool, typer.Option("--keep-files", help="保留其交来的文件（法定保存） / Keep the files that they handed in")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看，不删除 / Only look")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="不询问 / Do not ask")] = False,
    as_json: AsJson = False,
) -> None:
    """Show where they stand, ask where there is a terminal to ask at, then erase; a case that is open follows later."""
    from crm_workflows.engine.erasing import clearing, erasure, finding, noting
    from crm_workflows.engine.erasing.files import of_others
    from crm_workflows.interfaces import erasure_list

    is_cleared = True
    with session.office() as office:
        found = finding.find(office.engine, address, also or (), name or ())
        others, closed = ([], []) if found.staff else of_others(office.engine, found)
        if not as_json:
            _show(found, address, office.titles(), others, closed)
        if sys.stdin.isatty() and not (as_json or dry_run or yes or found.is_nothing):
            _agree(address)
        if not (dry_run or found.is_nothing):
            before = erasure_list.kept(office.settings.home)
            erasure_list.keep(office, before)  # where it cannot be written nobody is erased who would come back unseen
            files = tuple(one.sha256 for one in others if files_of_others)
            order = noting.Order(
                f"cli:{account()}", reason, address, tuple(also or ()), tuple(name or ()), keep_files, files
            )
            found = erasure.erase(office.engine, order)
            erasure_list.keep(office, before)
            is_cleared = clearing.clear(office.engine, by_night=False)
        still = why_traces_stay(office.settings)
    if as_json:
        named = {"files_of_others": _by_case(others), "files_not_looked_into": _by_case(closed)}
        print_json(_as_json(found) | named | {"erased": not dry_run, "cleared": is_cleared})
    elif not dry_run and not found.is_nothing:
        _tell(found)
        if not is_cleared:
            say(still)


def why_traces_stay(settings: "Settings") -> str:
    """What a database that could not be cleared at once has of them, and what comes of it, as a label."""
    return ON_SERVER if settings.is_shared else ON_DISK


def _agree(address: str) -> None:
    """Ask at the terminal, raising Refused for a no."""
    if not typer.confirm(told("删除后无法恢复，确定删除？ / This cannot be taken back. Erase?")):
        raise Refused(bilingual(f"未删除 {address}，一切照旧", f"{address} was not erased; nothing was changed"))


def _by_case(files: "Sequence[Document]") -> list[str]:
    return [f"{one.case} {one.filename}" for one in files]


def _show(
    found: "Found",
    address: str,
    titles: Mapping[str, str],
    others: "Sequence[Document]",
    closed: "Sequence[Document]",
) -> None:
    if found.is_nothing:
        say(bilingual(f"没有（或不再有）关于 {address} 的记录", f"nothing is kept of {address}, or not any more"))
        return
    known = found.traces
    own = known.names | known.phones
    lines = [
        ("记录中的编号 / On record as", ", ".join(found.people)),
        ("已结案件 / Cases that are over", ", ".join(found.cases)),
        ("未结案件，结案后删除 / Open cases; erased once they are over", ", ".join(found.held)),
        (
            "已预约的案件，请另指定联系人 / Booked cases; give them another contact",
            ", ".join(_booked(one, titles) for one in found.booked),
        ),
        ("往来邮件 / Mails to and from them", str(found.mails or "")),
        ("交来的文件 / Files that they handed in", "" if found.staff else str(found.files or "")),
        ("提到此人的他人文件（--files-of-others） / Files of others that name them", ", ".join(_by_case(others))),
        ("无法查看的他人文件，请自行核对 / Files of others to look into yourself", ", ".join(_by_case(closed))),
        ("登记册 / Registers", ", ".join(found.registers)),
        ("一并删除的称呼和电话 / Names and numbers", "" if found.staff else ", ".join(sorted(own))),
        ("与他人同名，只在其邮箱旁删除 / Borne by others, too", "" if found.staff else ", ".join(sorted(known.shared))),
    ]
    print_table(("内容 / What", "所在 / Where"), [(told(label), where) for label, where in lines if where])
    if found.staff:
        zh = "此人曾是同事：只删除往来邮件的原文，审批记录保留其邮箱和姓名"
        say(bilingual(zh, "they worked here: only the bytes of mails go; approvals keep their address and name"))


def _booked(one: str, titles: Mapping[str, str]) -> str:
    """The process by its title, and the day on which its case is opened."""
    process, _, day = one.rpartition(" ")
    return f"{told(titles.get(process, process))} {day}"


def _tell(found: "Found") -> None:
    zh = f"已删除，涉及 {len(found.cases)} 个案件；请把数据目录中的 erasures.json 与备份一同留存"
    en = f"erased from {counted(len(found.cases), 'case', 'cases')}; keep erasures.json of the home with the backups"
    say(bilingual(zh, en))
    if found.held:
        zh, en = (
            f"{len(found.held)} 个案件结束后自动删除",
            f"{len(found.held)} cases follow by night once they are over",
        )
        say(bilingual(zh, en))


def _as_json(found: "Found") -> dict[str, Any]:
    return {
        "people": list(found.people), "staff": found.staff, "cases": list(found.cases), "held": list(found.held),
        "booked": list(found.booked), "mails": found.mails, "files": found.files, "registers": list(found.registers),
        "names": sorted(found.traces.names), "phones": sorted(found.traces.phones),
        "shared": sorted(found.traces.shared),
    }  # fmt: skip


def erasures(
    session: Session,
    repeat: Annotated[
        Path | None,
        typer.Option(
            "--repeat", metavar="LIST", help="恢复备份后按名单重新删除 / After a restore: erase whom the list names"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """All of them, the first one first; of whom is done only the id on record is kept."""
    from crm_workflows.engine.erasing import noting, repeating

    with session.office() as office:
        if repeat is not None:
            must_be_file(repeat)
            again(office, repeating.read(repeat.read_bytes(), str(repeat)), as_json=as_json)
        kept = noting.noted(office.engine)
        zone = company_zone(office)
    found = [{name: value for name, value in one.items() if name != "order"} for one in kept]
    if as_json:
        print_json(found)
        return
    rows = [
        (", ".join(one["people"]), local(one["at"], zone), local(one["done_at"], zone), one["by"], one["reason"],
         len(one["cases"]), ", ".join(one["held"]))
        for one in found
    ]  # fmt: skip
    headings = ("编号 / Id", "要求 / Asked", "完成 / Done", "由谁 / By", "依据 / Ground", "案件 / Cases", "未结 / Open")
    print_table(headings, rows)


def again(office: "Office", kept: "Sequence[Erasure]", *, as_json: bool) -> None:
    """Erase who came back with a backup, and say of how many that is done, and of whom it is not and why."""
    from crm_workflows.engine.erasing import clearing, repeating
    from crm_workflows.interfaces import erasure_list

    done = list(repeating.repeat(office.engine, kept))
    erasure_list.keep(office, kept)
    clearing.clear(office.engine, by_night=False)
    for one in done:
        if isinstance(one, Refused):
            tell_failure(one.message)
    count = sum(not isinstance(one, Refused) for one in done)
    if count and not as_json:
        zh = f"备份之后删除的人中，有 {count} 人已随备份恢复，现已再次删除"
        say(bilingual(zh, f"of those erased after the backup {counted(count, 'was', 'were')} back, and erased again"))
    elif not (done or as_json):
        say("名单中没有随备份恢复的人 / nobody of the list was back with the backup")
