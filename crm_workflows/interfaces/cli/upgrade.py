"""The command that moves cases to another version of their procedure, and back. It holds no rules (see `upgrading`)."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from crm_workflows.domain.errors import CrmError, InvalidInput
from crm_workflows.domain.spellings import code_as_kept
from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli.failing import REFUSED
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import print_json, print_table, say, tell_failure
from crm_workflows.interfaces.cli.session import AsJson, Session, account, command

if TYPE_CHECKING:
    from crm_workflows.engine.context import Engine
    from crm_workflows.engine.record.upgrading import Code, Moved

What = Annotated[list[str], typer.Argument(metavar="PROCESS|CODE …", help="流程或案件编号 / A process, or cases")]
To = Annotated[int | None, typer.Option("--to", metavar="VERSION", min=1, help="默认最新 / Default the newest")]
Plan = Annotated[bool, typer.Option("--plan", help="只说明每个案件如何（默认） / Only say what would be (the default)")]
Apply = Annotated[bool, typer.Option("--apply", help="换版 / Move them")]
Undo = Annotated[bool, typer.Option("--undo", help="撤销上一次换版 / Take the last move back")]
PLANS = {"moves": "可以换版 / moves", "stays": "不变 / stays", "blocked": "不能换版 / blocked"}
DONE = {"moves": "已换版 / moved", "stays": "不变 / stays", "blocked": "未换版 / not moved"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "upgrade", "把案件移到流程的另一版本 / Move cases to another version of their procedure")(upgrade)


def upgrade(
    session: Session,
    what: What,
    plan: Plan = False,
    apply: Apply = False,
    undo: Undo = False,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Each case by itself, where the version fits what it went through; exit status 1 where one is blocked."""
    if plan + apply + undo > 1 or (undo and to is not None):
        zh = "--plan、--apply、--undo 只能选一个；--undo 回到原版，不带 --to"
        raise InvalidInput(bilingual(zh, "say one of --plan, --apply, --undo; an undo goes back and takes no --to"))
    with session.office(to_work=True) as office:
        found, refused = _done(office.engine, what, _verb(office.engine, to, apply=apply, undo=undo), moved=undo)
    if as_json:
        is_done = apply or undo
        print_json([asdict(one) | {"moved": is_done and one.plan == "moves"} for one in found])
    else:
        _show(found, DONE if apply or undo else PLANS)
    if refused or any(one.plan == "blocked" for one in found):
        raise typer.Exit(REFUSED)


def _verb(engine: "Engine", to: int | None, *, apply: bool, undo: bool) -> "Callable[[str], Moved]":
    from crm_workflows.engine.record import upgrading

    by = f"cli:{account()}"
    if undo:
        return lambda code: upgrading.undo(engine, code, by=by)
    if apply:
        return lambda code: upgrading.move(engine, code, to, by=by)
    return lambda code: upgrading.plan(engine, code, to)


def _done(
    engine: "Engine", what: list[str], do: "Callable[[str], Moved]", *, moved: bool
) -> "tuple[list[Moved], bool]":
    from crm_workflows.engine.record import upgrading

    found: list[Moved] = []
    refused = False
    for one in what:
        try:
            found.extend(map(do, upgrading.cases_of(engine, code_as_kept(one), moved=moved)))
        except CrmError as error:
            refused = True
            tell_failure(error.message)
    return found, refused


def _show(found: "list[Moved]", says: dict[str, str]) -> None:
    headings = ("案件 / Case", "结果 / Result", "自 / From", "到 / To", "原因 / Why")
    print_table(headings, (
        (one.case, told(says[one.plan]), _named(one.before), _named(one.after),
         told(one.why) or ", ".join(one.policy_added)) for one in found
    ))  # fmt: skip
    counts = {name: sum(one.plan == name for one in found) for name in says}
    zh = "，".join(f"{label.partition(' / ')[0]} {counts[name]}" for name, label in says.items())
    en = ", ".join(f"{label.partition(' / ')[2]} {counts[name]}" for name, label in says.items())
    say(bilingual(zh, en))


def _named(code: "Code") -> str:
    return f"{code.version} ({code.source_hash[:8]})"
