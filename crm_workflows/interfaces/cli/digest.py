"""Commands about the digest of the morning (G-10): who gets one, and what it lists. They hold no rules."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.interfaces.cli.commands import Commands
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import local, name_zone, print_json, print_table, say
from crm_workflows.interfaces.cli.session import AsJson, Session, as_address, command, company_zone

Who = Annotated[str, typer.Argument(metavar="EMAIL", help="谁的每日待办 / Whose digest")]
WAYS = {
    "off": '不发每日待办（政策或人员文件中 digest: "off"） / gets no digest (digest: "off" in policy or people file)',
    "also": "每日待办与单独邮件并用 / gets a digest beside the single mails",
    "instead": "以每日待办代替单独邮件 / gets a digest in the place of single mails",
}
NEVER = bilingual(
    "不发每日待办（政策没有写 digest_at，或近期没有工作日）",
    "gets no digest (the policy has no digest_at, or no working day is near)",
)
STOPPED = "已退订，不发每日待办；恢复用 crmw digest resume / has stopped digests; crmw digest resume brings them back"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    digest = typer.Typer(cls=Commands, help="每日待办 / The morning digest", no_args_is_help=True)
    app.add_typer(digest, name="digest")
    command(digest, "show", "某人的每日待办会列出什么 / What somebody's digest would list now")(show)
    command(digest, "resume", "给退订的人恢复每日待办 / Send digests again to somebody who had stopped them")(resume)


def show(session: Session, who: Who, as_json: AsJson = False) -> None:
    """How somebody gets digests, and what waits, numbered as the next one would have it."""
    from crm_workflows.engine.digests.view_digests import digest_view

    with session.office() as office:
        found = digest_view(office.engine, as_address(office, who))
        zone = company_zone(office)
    if as_json:
        print_json(found)
        return
    zh, en = _way(found)
    say(bilingual(f"{found['person']}：{zh}", f"{found['person']} {en}") + _next(found, zone))
    rows = [
        (str(i["number"]), i["case"], i["case_title"], told(i["title"]), local(i["due_at"], zone), told(i["held"]))
        for i in found["waiting"]
    ]
    if rows:
        headings = ("编号 / No.", "案件 / Case", "名称 / Title", "事项 / What", "截止 / Due", "须单独办理 / Held out")
        print_table(headings, rows)
        name_zone(zone)
    else:
        say("没有待办事项 / nothing waits")


def resume(session: Session, who: Who) -> None:
    """From the next morning on, as policy and people file say; single mails as these say, too."""
    from crm_workflows.engine.digests import digests
    from crm_workflows.engine.digests.view_digests import digest_view

    with session.office() as office:
        address = as_address(office, who)
        digests.resume(office.engine, address)
        found = digest_view(office.engine, address)
        zone = company_zone(office)
    zh, en = _way(found)
    say(bilingual(f"{who} 的退订已取消：{zh}", f"{who} has not stopped digests any more and {en}") + _next(found, zone))


def _way(found: dict[str, Any]) -> tuple[str, str]:
    """How somebody gets digests, in both languages."""
    if found["has_stopped"] and found["given"] != "off":
        way = STOPPED
    else:
        way = WAYS[found["digest"]] if found["next_at"] or found["digest"] == "off" else NEVER
    return in_language(way, "zh"), in_language(way, "en")


def _next(found: dict[str, Any], zone: ZoneInfo) -> str:
    at = local(found["next_at"], zone)
    return f"  {at}" if at else ""
