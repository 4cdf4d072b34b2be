"""The command amend: changes what a running case is about. The engine says who may, and who is asked again."""

import json
from typing import Annotated, Any

import typer

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.shown import Fact
from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli.cases import By, Code
from crm_workflows.interfaces.cli.language import terminal_language, told
from crm_workflows.interfaces.cli.output import print_json, print_table, say
from crm_workflows.interfaces.cli.session import AsJson, Session, account, as_address, command


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "amend", "更改案件内容，已同意的人就新内容重新答复 / Amend a case; who approved it is asked again")(
        amend
    )


def amend(
    session: Session,
    code: Code,
    by: By,
    changed: Annotated[
        list[str],
        typer.Option("--set", metavar="FIELD=VALUE", help="字段=新值，可重复 / A field and its new value; repeatable"),
    ],
    reason: Annotated[str, typer.Option("--reason", help="原因 / Why", show_default=False)],
    only_try: Annotated[bool, typer.Option("--try", help="只说明会怎样 / Only say what it would do")] = False,
    as_json: AsJson = False,
) -> None:
    """Amend the subject; `--set contact.email=…` for a field within another, JSON for what is no text."""
    from crm_workflows.engine.decisions import amending

    values = dict(_pair(one) for one in changed)
    with session.office(to_work=True) as office:
        wanted = amending.Amendment(values, as_address(office, by), reason, "cli", account())
        done = amending.amend(office.engine, code, wanted, only_try=only_try)
    if as_json:
        changes = [
            {"label": change.label, "before": _said(change.before, "zh"), "after": _said(change.after, "zh")}
            for change in done.changes
        ]
        print_json({"case": code, "changes": changes, "asked_again": list(done.asked_again), "sentence": done.sentence})
        return
    headings = ("字段 / Field", "原为 / Was", "现为 / Is now")
    language = terminal_language()
    rows = [(told(c.label), _said(c.before, language), _said(c.after, language)) for c in done.changes]
    print_table(headings, rows)
    say(bilingual("试行，未作更改：", "only tried, nothing was changed: ") if only_try else "")
    say(done.sentence)


def _said(fact: Fact | None, language: str) -> str:
    return fact.said(language) if fact else ""


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        zh = f"“{text}”须写成 字段=新值"
        raise InvalidInput(bilingual(zh, f"{text!r} must read FIELD=VALUE"))
    return name.strip(), _value(value)


def _value(text: str) -> Any:
    """Objects, lists, yes and no, nothing, as JSON; a number stays the text that it is: the form reads it."""
    if text[:1] in ("{", "[", '"') or text in ("true", "false", "null"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
