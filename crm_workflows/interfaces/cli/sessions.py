"""Commands about who is signed in: sessions and tokens listed, ended, tokens made. They hold no rules."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli.commands import Commands
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import local, name_zone, print_json, print_table, say
from crm_workflows.interfaces.cli.session import (
    AsJson,
    Session,
    account,
    as_address,
    command,
    company_zone,
    must_be_known,
)

if TYPE_CHECKING:
    from crm_workflows.domain.records import Pass

Of = Annotated[str | None, typer.Option("--of", metavar="EMAIL", help="只看此人的 / Only of this person")]
HEADINGS = (
    "编号 / Id", "谁 / Who", "种类 / Kind", "名称 / Name", "开始 / Since", "最近使用 / Last used", "最晚结束 / Ends by",
)  # fmt: skip
KINDS = {"session": "登录 / session", "token": "令牌 / token"}


def register(app: typer.Typer) -> None:
    """Add the family."""
    family = typer.Typer(cls=Commands, help="登录与访问令牌 / Who is signed in, and tokens", no_args_is_help=True)
    app.add_typer(family, name="session")
    command(family, "list", "现有的登录与令牌 / Sessions and tokens in force")(list_)
    command(family, "end", "结束一个登录或令牌，或某人的全部 / End one, or all of a person")(end)
    command(family, "token", "为某人的程序新建令牌，只显示一次 / Make a token for a program; shown once")(token)


def list_(session: Session, of: Of = None, as_json: AsJson = False) -> None:
    """Latest first; what has ended is not listed."""
    from crm_workflows.engine.access import passes

    with session.office() as office:
        of = as_address(office, of) if of else None
        person = office.staff.directory().identity(of) if of else None
        with office.store.read() as reader:
            held = passes.of_person(reader, person, office.clock.now())
        if of and not held:
            must_be_known(office, of)
        zone = company_zone(office)
    if as_json:
        print_json([_plain(one) for one in held])
        return
    if not held:
        say("无人登录，也没有令牌 / nobody is signed in, and there are no tokens")
        return
    rows = [
        (o.id, o.person, told(KINDS[o.kind]), o.label, local(o.opened_at, zone), local(o.seen_at, zone),
         local(o.ends_at, zone))
        for o in held
    ]  # fmt: skip
    print_table(HEADINGS, rows)
    name_zone(zone)


def end(
    session: Session,
    identity: Annotated[str | None, typer.Argument(metavar="[ID]", help="编号 / Id", show_default=False)] = None,
    of: Annotated[str | None, typer.Option("--of", metavar="EMAIL", help="此人的全部 / All of this person")] = None,
    as_json: AsJson = False,
) -> None:
    """One by its id, or all of a person."""
    from crm_workflows.engine.access import passes

    if (identity is None) == (of is None):
        raise typer.BadParameter(
            "请给出登录或令牌的编号，或 --of 邮箱 / give the id of a session or token, or --of EMAIL", param_hint="ID"
        )
    with session.office() as office:
        by = account()
        if identity is not None:
            passes.end_one(office.engine, identity, by)
            ended = 1
        else:
            person = office.staff.directory().identity(as_address(office, str(of)))
            ended = passes.end_all(office.engine, person, by)
    if as_json:
        print_json({"ended": ended})
    else:
        say(bilingual(f"已结束 {ended} 个", f"{ended} ended"))


def token(
    session: Session,
    by: Annotated[str, typer.Option("--as", metavar="EMAIL", help="以谁的名义 / In whose name", show_default=False)],
    label: Annotated[str, typer.Option("--for", help="用途 / What it is for", show_default=False)],
    days: Annotated[int, typer.Option(min=1, max=366, help="有效天数 / Days it lasts")] = 90,
    as_json: AsJson = False,
) -> None:
    """Print the token on standard output, and never again."""
    from crm_workflows.engine.access import passes

    with session.office() as office:
        identity, secret = passes.open_token(office.engine, as_address(office, by), label, days)
    if as_json:
        print_json({"id": identity, "token": secret})
    else:
        say(bilingual(f"{identity}：请现在保存，以后不再显示", f"{identity}: keep it now, it is not shown again"))
        typer.echo(secret)


def _plain(one: "Pass") -> dict[str, Any]:
    instants = {name: getattr(one, name).isoformat() for name in ("opened_at", "seen_at", "ends_at")}
    return {"id": one.id, "person": one.person, "kind": one.kind, "label": one.label} | instants
