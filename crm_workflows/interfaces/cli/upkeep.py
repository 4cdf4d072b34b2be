"""Commands that look after an installation: migrate, backup, restore, rules. They hold no rules."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_workflows.adapters.files import must_be_file
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.text import bilingual, shown_in
from crm_workflows.interfaces.cli.failing import REFUSED
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import print_json, print_table, progress, say, tell_failure
from crm_workflows.interfaces.cli.session import AsJson, Session, command, company_zone, tell_of_left

if TYPE_CHECKING:
    from crm_workflows.adapters.backups.backup import Restored

SHOWN_FILE = "rules_shown.json"
To = Annotated[Path, typer.Argument(metavar="FILE", help="新文件 / A new file", show_default=False)]
From = Annotated[Path, typer.Argument(metavar="FILE", help="备份文件 / The backup", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "migrate", "更新数据库结构 / Bring the database's tables up to date")(migrate)
    command(app, "backup", "备份到一个文件 / Back everything up into one file")(backup)
    command(app, "restore", "从备份恢复到空的数据目录 / Restore a backup into an empty home")(restore)
    command(app, "rules", "规则在何处执行、由何测试证明 / Where each rule is carried out and shown")(rules)


def migrate(session: Session, as_json: AsJson = False) -> None:
    """Bring the tables up to date; safe to run twice, and while others start."""
    from crm_workflows.adapters.database import schema
    from crm_workflows.adapters.files import private_folder

    private_folder(session.settings.home)
    applied = schema.migrate(session.settings.url_of_database)
    if as_json:
        print_json({"applied": applied})
    elif applied:
        say(bilingual(f"已更新：{', '.join(applied)}", f"applied: {', '.join(applied)}"))
    else:
        say("数据库已是最新 / the database is up to date")


def backup(session: Session, file: To, as_json: AsJson = False) -> None:
    """Rows, documents and the server key, as of one moment; nobody is stopped."""
    from crm_workflows.adapters.backups import backup as archive

    with session.office() as office:
        url, at = office.settings.url_of_database, office.clock.now()
        with progress("备份 / Backing up", shown=not as_json) as told_of:
            counts = archive.backup(url, file, made_at=at, extra_files=_key_of(session), progress=told_of)
    if as_json:
        print_json({"file": str(file), "rows": counts})
    else:
        say(bilingual(f"已备份 {sum(counts.values())} 行到 {file}", f"{sum(counts.values())} rows are in {file}"))


def restore(
    session: Session,
    file: From,
    nothing_sent_since: Annotated[
        bool,
        typer.Option(
            "--nothing-sent-since",
            help="备份后原系统未再运行，待发邮件照发 / The old system has not run since: send what waited",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """All or nothing, into a home and a database that hold nothing yet."""
    from crm_workflows.adapters.backups import backup as archive
    from crm_workflows.adapters.clock import real_now
    from crm_workflows.interfaces import erasure_list
    from crm_workflows.interfaces.cli.erasing import again
    from crm_workflows.interfaces.up.lock import only_one

    must_be_file(file)
    settings = session.settings
    kept, is_listed = erasure_list.kept(settings.home), (settings.home / erasure_list.FILE).is_file()
    try:
        with only_one(settings.home), progress("恢复 / Restoring", shown=not as_json) as told_of:
            done = archive.restore(
                settings.url_of_database, file, restored_at=real_now(), hold=not nothing_sent_since,
                extra_files=_key_of(session, needed=False), progress=told_of,
            )  # fmt: skip
    except Refused:
        tell_of_left(session)
        raise
    with session.office() as office:
        if kept:
            again(office, kept, as_json=as_json)
        made = done.made_at.astimezone(company_zone(office))
    if as_json:
        print_json({"file": str(file), "rows": done.rows, "made_at": done.made_at.isoformat(), "held": done.held})
        return
    _say_restored(done, made)
    if not (is_listed or nothing_sent_since):
        _ask_for_list(settings.home, made)


def _say_restored(done: "Restored", made: datetime) -> None:
    zh, en = (shown_in(made, language) for language in ("zh", "en"))
    total = sum(done.rows.values())
    say(bilingual(f"已恢复 {total} 行，备份时间 {zh}", f"{total} rows are restored, as they were at {en}"))
    if done.held:
        zh = f"{done.held} 封待发邮件之后可能已发出，现已暂停：用 crmw mail dead 查看，用 crmw mail resend 发出"
        en = f"{done.held} mails were waiting and may have been sent since; they are held: crmw mail dead lists them, "
        say(bilingual(zh, f"{en}crmw mail resend sends them"))


def _ask_for_list(home: Path, made: datetime) -> None:
    """Whom one has erased since, neither the backup knows nor a home without the list (G-7)."""
    from crm_workflows.interfaces.erasure_list import FILE

    zh, en = (shown_in(made, language) for language in ("zh", "en"))
    say(
        bilingual(
            f"{home} 中没有依法删除名单 {FILE}：{zh}之后没有删除过任何人的，不必处理；"
            f"删除过的，请用留存的 {FILE} 运行 crmw erasures --repeat",
            f"{home} has no list of erasures ({FILE}): nothing is to be done unless somebody was erased by law after "
            f"{en}; then run crmw erasures --repeat with the {FILE} that was kept",
        )
    )


def _key_of(session: Session, *, needed: bool = True) -> dict[str, Path]:
    """The server key belongs to the backup, unless it stands in the settings."""
    from crm_workflows.adapters.keys import KEY_FILE

    path = session.settings.home / KEY_FILE
    return {} if session.settings.secret_key or (needed and not path.is_file()) else {KEY_FILE: path}


def rules(
    session: Session,
    part: Annotated[str | None, typer.Option(metavar="SV", help="只看这一部分 / Only this part")] = None,
    as_json: AsJson = False,
) -> None:
    """Each rule with its files; of one part with lines, with -v also tests; exit status 1 if a rule lacks either."""
    import flows
    from crm_workflows.engine import rulebook

    with session.office() as office:
        lines = rulebook.coverage(office.engine.versions, Path(flows.__file__).parent / SHOWN_FILE, part)
    if as_json:
        print_json(lines)
    else:
        _show_rules(lines, with_lines=part is not None, with_tests=session.verbose)
    ours = [line for line in lines if line["rule"] in rulebook.RULES]
    lacking = [line["rule"] for line in ours if not (line["where"] and line["shown_by"])]
    if lacking or not lines:
        missing = ", ".join(lacking)
        tell_failure(
            bilingual(f"尚未执行或证明：{missing}", f"not carried out or not shown: {missing}")
            if lines
            else bilingual(f"没有规则部分“{part}”", f"there is no part {part!r} of the rule book")
        )
        raise typer.Exit(REFUSED)


def _show_rules(lines: list[dict[str, Any]], *, with_lines: bool, with_tests: bool) -> None:
    """Rule, title and files; where asked, each place with its line, and the tests."""
    headings = ["规则 / Rule", "标题 / Title", "执行 / Where"]
    rows = []
    for line in lines:
        files = dict.fromkeys(place.rpartition(":")[0] for place in line["where"])
        where = line["where"] if with_lines or with_tests else files
        rows.append([line["rule"], told(line["title"]), "\n".join(where)])
    if with_tests:
        headings.append("证明 / Shown by")
        rows = [[*row, "\n".join(line["shown_by"])] for row, line in zip(rows, lines, strict=True)]
    print_table(headings, rows)
    if not with_tests:
        say("加 -v 显示证明它的测试 / with -v: the tests that show each rule")
