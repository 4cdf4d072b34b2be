"""Commands about mail: whether servers answer, how replies are read, what was sent or given up. They decide nothing."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from crm_workflows.domain.spellings import code_as_kept
from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli import mail_held
from crm_workflows.interfaces.cli.commands import Commands
from crm_workflows.interfaces.cli.given import must_be_one_of
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import local, print_json, print_table, say
from crm_workflows.interfaces.cli.session import AsJson, Session, command, company_zone
from crm_workflows.interfaces.cli.words import MAIL_STATUSES, READINGS

if TYPE_CHECKING:
    from crm_workflows.domain.records import InboundMail

OUT, IN = list(MAIL_STATUSES)[:5], list(MAIL_STATUSES)[5:]
ONLY_STATUS: Final = bilingual(
    f"只看此状态的：{', '.join(OUT)}； 收到的：{', '.join(IN)}",
    f"Only with this status: {', '.join(OUT)}; of those that came in: {', '.join(IN)}",
)


def register(app: typer.Typer) -> None:
    """Add the family."""
    family = typer.Typer(cls=Commands, help="邮件 / Mail", no_args_is_help=True)
    app.add_typer(family, name="mail")
    command(family, "check", "检查邮件服务器是否可用 / Whether the mail servers answer")(check)
    command(family, "read", "试读回复，不作任何更改 / How replies would be read; changes nothing")(read)
    command(family, "list", "发出的邮件；--received 为收到的 / Mails sent; with --received those that came in")(list_)
    command(family, "dead", "无法投递的邮件 / Mails that were given up")(dead)
    command(family, "addresses", "收不到邮件的地址 / Addresses that mail comes back from")(addresses_)
    command(family, "resend", "重新发送 / Send a mail again")(resend)
    mail_held.register(family)


def check(
    session: Session,
    wait: Annotated[
        float, typer.Option(min=0, help="等测试邮件几秒，0 为不发 / Seconds to wait for the test mail; 0 sends none")
    ] = 60,
    as_json: AsJson = False,
) -> None:
    """Log in to the servers of the settings, send one mail to ourselves and find it; exit status 1 if anything fails.

    Each line that is wrong says below what to change.
    """
    from crm_workflows.interfaces.mail_check import findings_of

    found = findings_of(session.settings, wait)
    if as_json:
        print_json([one.as_json() for one in found])
    else:
        for one in found:
            say(f"{'✓' if one.ok else '✗'} {one.what}: {told(one.says)}")
            if one.remedy:
                say(f"→ {told(one.remedy)}", indent="  ")
    if not all(one.ok for one in found):
        raise typer.Exit(1)


def read(
    session: Session,  # noqa: ARG001 - as every command; this one needs no home
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE …", help="回复：.eml 或正文 / Replies: .eml, or text of the body")
    ],
    as_json: AsJson = False,
) -> None:
    """How each file would be read as a reply."""
    from crm_workflows.interfaces.cli.mail_reading import reading_of

    found = [reading_of(file) for file in files]
    if as_json:
        print_json(found)
        return
    rows = [
        (item["file"], told(READINGS.get(item["reading"], item["reading"])), item["first_line"], item["comment"],
         told(item["why"]))
        for item in found
    ]  # fmt: skip
    print_table(("文件 / File", "读作 / Reading", "首行 / First line", "说明 / Comment", "依据 / Why"), rows)


def list_(
    session: Session,
    received: Annotated[
        bool, typer.Option("--received", help="列出收到的，而不是发出的 / Those that came in, not those sent")
    ] = False,
    case: Annotated[str | None, typer.Option(metavar="CODE", help="只看此案件的 / Only those of this case")] = None,
    status: Annotated[str | None, typer.Option(metavar="STATUS", help=ONLY_STATUS)] = None,
    limit: Annotated[int, typer.Option(min=1, help="最多显示几封 / At most so many")] = 100,
    as_json: AsJson = False,
) -> None:
    """The mails that were sent or wait to be, or with --received those that came in; the latest first."""
    must_be_one_of(status, IN if received else OUT, "--status")
    case = case and code_as_kept(case)
    wanted = {name: value for name, value in (("case", case), ("status", status)) if value is not None}
    with session.office() as office:
        zone = company_zone(office)
        found = _received(office, wanted, limit) if received else _sent(office, wanted, limit)
        if case and not found:
            _must_be_case(office, case)
    if as_json:
        print_json(found)
        return
    if not found:
        say("没有邮件 / no mails")
    headings = ("编号 / Id", "时间 / At", "案件 / Case", "主题 / Subject", "往来 / With", "状态 / Status", "说明 / Why")
    rows = [
        (
            m["id"], local(m["at"], zone), m["case"], m["subject"] or m.get("template"), m.get("to") or m.get("from"),
            told(MAIL_STATUSES.get(m["status"], m["status"])), told(m["error"] or ""),
        )
        for m in found
    ]  # fmt: skip
    print_table(headings, rows)


def dead(session: Session, as_json: AsJson = False) -> None:
    """Mails that could not be delivered, oldest first."""
    from crm_workflows.domain.messages import TITLES
    from crm_workflows.engine.mail_out import outbox_desk

    with session.office() as office, office.store.read() as reader:
        found = outbox_desk.dead(reader)
        zone = company_zone(office)
    if as_json:
        print_json(
            [
                {"id": m.id, "case": m.case, "template": m.template, "to": m.to, "why": m.why, "at": m.at.isoformat()}
                for m in found
            ]
        )
        return
    if not found:
        say("没有无法投递的邮件 / no mail was given up")
    rows = [
        (m.id, local(m.at, zone), m.case, told(TITLES.get(m.template, m.template)), m.to, told(m.why)) for m in found
    ]
    print_table(("编号 / Id", "时间 / At", "案件 / Case", "邮件 / Mail", "收件人 / To", "原因 / Why"), rows)


def addresses_(session: Session, as_json: AsJson = False) -> None:
    """The addresses at which nobody takes mail, latest first, until somebody writes from there or mail is resent."""
    from crm_workflows.engine.mail_out import addresses

    with session.office() as office, office.store.read() as reader:
        found = [(one.address, one.since, one.why, one.mail) for one in addresses.marked(reader)]
        zone = company_zone(office)
    if as_json:
        said = [(address, since.isoformat() if since else None, why, mail) for address, since, why, mail in found]
        print_json([dict(zip(("address", "since", "why", "mail"), one, strict=True)) for one in said])
        return
    if not found:
        say("没有 / none")
    rows = [(address, local(since, zone), told(why), mail) for address, since, why, mail in found]
    print_table(("地址 / Address", "退回 / Came back", "原因 / Why", "邮件编号 / Mail"), rows)


def resend(
    session: Session,
    mails: Annotated[list[str], typer.Argument(metavar="ID …", help="邮件编号 / Ids of the mails", show_default=False)],
    to: Annotated[str | None, typer.Option("--to", metavar="ADDRESS", help="改发到 / To another address")] = None,
    as_json: AsJson = False,
) -> None:
    """Queue mails again, to another address if given: all of them, or none where one cannot be."""
    from crm_workflows.engine.mail_out import outbox_desk

    with session.office() as office:
        with office.store.write() as tx:
            again = [outbox_desk.resend(tx, mail, office.clock.now(), to) for mail in mails]
        office.store.wake()
    if as_json:
        queued = [{"id": m.id, "case": m.case, "to": m.recipient, "status": m.status} for m in again]
        print_json(queued if len(queued) > 1 else queued[0])
        return
    for mail in again:
        say(bilingual(f"邮件 {mail.id} 将发往 {mail.recipient}", f"mail {mail.id} goes to {mail.recipient}"))


def _sent(office: Any, wanted: dict[str, str], limit: int) -> list[dict[str, Any]]:
    from crm_workflows.domain.records import Message
    from crm_workflows.engine.views.views import mail_view

    with office.store.read() as reader:
        found = reader.find(Message, order="queued_at", descending=True, limit=limit, **wanted)
        return [mail_view(office.engine, reader, message) | {"case": message.case} for message in found]


def _received(office: Any, wanted: dict[str, str], limit: int) -> list[dict[str, Any]]:
    from crm_workflows.domain.records import InboundMail

    with office.store.read() as reader:
        found = reader.find(InboundMail, order="received_at", descending=True, limit=limit, **wanted)
    return [_inbound(mail) for mail in found]


def _inbound(mail: "InboundMail") -> dict[str, Any]:
    return {
        "id": mail.id,
        "from": mail.sender,
        "subject": mail.subject,
        "message_id": mail.message_id,
        "status": mail.status,
        "case": mail.case,
        "request": mail.request,
        "reading": mail.reading,
        "error": mail.why,
        "at": _iso(mail.received_at),
    }


def _must_be_case(office: Any, code: str) -> None:
    from crm_workflows.domain.records import CaseRow
    from crm_workflows.engine.running.locking import no_case

    with office.store.read() as reader:
        if reader.get(CaseRow, code) is None:
            raise no_case(code)


def _iso(at: datetime) -> str:
    return at.isoformat()
