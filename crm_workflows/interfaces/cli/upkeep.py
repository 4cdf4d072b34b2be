"""Commands that look after an installation: migrate, backup, restore, audit verify, rules. They hold no rules."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli.commands import Commands
from crm_workflows.interfaces.cli.failing import REFUSED
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import print_json, print_table, progress, say, tell_failure
from crm_workflows.interfaces.cli.session import AsJson, Session, command

SHOWN_FILE = "rules_shown.json"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "migrate", "更新数据库结构 / Bring the database's tables up to date")(migrate)
    command(app, "rules", "规则在何处执行、由何测试证明 / Where each rule is carried out and shown")(rules)
    audit = typer.Typer(cls=Commands, help="审计记录 / The audit record", no_args_is_help=True)
    app.add_typer(audit, name="audit")
    command(audit, "verify", "核验审计链 / Check the audit chain of every case")(verify)


def migrate(session: Session, as_json: AsJson = False) -> None:
    """Bring the tables up to date; safe to run twice, and while others start."""
    from crm_workflows.adapters import schema

    session.settings.home.mkdir(parents=True, exist_ok=True)
    applied = schema.migrate(session.settings.url_of_database)
    if as_json:
        print_json({"applied": applied})
    elif applied:
        say(bilingual(f"已更新：{', '.join(applied)}", f"applied: {', '.join(applied)}"))
    else:
        say("数据库已是最新 / the database is up to date")


def verify(session: Session, as_json: AsJson = False) -> None:
    """Check every chain; exit status 1 and one sentence for each case whose chain does not hold."""
    from crm_workflows.engine import auditing

    with session.office() as office:
        cases = auditing.count_cases(office.engine)
        with progress("核验 / Checking", cases, shown=not as_json) as step:
            faults = auditing.verify(office.engine, step)
    if as_json:
        print_json({"cases": cases, "faults": faults})
    for fault in faults:
        sys.stderr.write(told(fault) + "\n")
    if faults:
        raise typer.Exit(REFUSED)
    if not as_json:
        say(bilingual(f"{cases} 个案件的审计链完好", f"the audit chains of {cases} cases hold"))


def rules(
    session: Session,
    part: Annotated[str | None, typer.Option(metavar="SV", help="只看这一部分 / Only this part")] = None,
    as_json: AsJson = False,
) -> None:
    """Each rule with its places and tests; exit status 1 if one of the asked part lacks either."""
    import flows
    from crm_workflows.engine import rulebook

    with session.office() as office:
        lines = rulebook.coverage(office.engine.versions, Path(flows.__path__[0]) / SHOWN_FILE, part)
    if as_json:
        print_json(lines)
    else:
        rows = [
            (line["rule"], told(line["title"]), "\n".join(line["where"]), "\n".join(line["shown_by"])) for line in lines
        ]
        print_table(("规则 / Rule", "标题 / Title", "执行 / Where", "证明 / Shown by"), rows)
    lacking = [line["rule"] for line in lines if not (line["where"] and line["shown_by"])]
    if lacking or not lines:
        missing = ", ".join(lacking)
        tell_failure(
            bilingual(f"尚未执行或证明：{missing}", f"not carried out or not shown: {missing}")
            if lines
            else bilingual(f"没有规则部分“{part}”", f"there is no part {part!r} of the rule book")
        )
        raise typer.Exit(REFUSED)
