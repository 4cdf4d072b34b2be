"""Commands about mail that came in: taking out its bytes, another try, erasing. They must not read it."""

from pathlib import Path
from typing import Annotated

import typer

from crm_workflows.domain.text import bilingual, counted
from crm_workflows.interfaces.cli.output import print_json, say
from crm_workflows.interfaces.cli.session import AsJson, Session, account, command

Id = Annotated[str, typer.Argument(metavar="ID", help="来信编号 / Id of the mail that came in", show_default=False)]


def register(family: typer.Typer) -> None:
    """Add them to the family `mail`."""
    command(family, "raw", "取出收到的邮件原文 / A mail that came in, as it came")(raw)
    command(family, "retention", "按保存期限删除来信原文 / Erase mails whose time is over")(retention)
    command(
        family,
        "release",
        "重新处理被搁置或视为自动的来信 / Let a mail that was set aside or passed over try again",
    )(release)


def raw(
    session: Session,
    mail: Id,
    to: Annotated[Path, typer.Option("--to", metavar="FILE.eml", help="写到 / Where to", show_default=False)],
) -> None:
    """Write the bytes of a mail to a file that does not exist yet."""
    from crm_workflows.adapters.files import new_file
    from crm_workflows.engine.mail_in import quarantine

    with session.office() as office, office.store.read() as reader:
        _, content = quarantine.kept(reader, mail)
    with new_file(to) as unfinished:
        unfinished.write_bytes(content)
    say(bilingual(f"已写到 {to}，请用文本编辑器查看", f"written to {to}; look at it with a text editor"))


def retention(
    session: Session,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看，不删除 / Only look")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase the bytes of mails that came in, as `received_mail_days` of the policy says; what is decided stays."""
    from crm_workflows.engine.erasing import retention as keeping

    with session.office() as office:
        days = office.staff.policy().number_or(keeping.DAYS, 0)
        many = len(keeping.due(office.engine)) if dry_run else keeping.erase(office.engine)
    if as_json:
        print_json({"days": days or None, "mails": many, "erased": not dry_run})
    elif not days:
        zh = f"政策没有 {keeping.DAYS}，来信原文一直保留"
        say(bilingual(zh, f"the policy has no {keeping.DAYS}: mails that came in are kept for ever"))
    else:
        zh, en = ("待删除", "to be erased") if dry_run else ("已删除", "erased")
        say(
            bilingual(f"{zh}：{many} 封，保存期 {days} 天", f"{en}: {counted(many, 'mail', 'mails')} after {days} days")
        )


def release(session: Session, mail: Id, as_json: AsJson = False) -> None:
    """Let it try again; what becomes of it shows `crmw mail list --received`."""
    from crm_workflows.engine.mail_in import quarantine

    with session.office() as office:
        with office.store.write() as tx:
            released = quarantine.release(tx, mail, f"cli:{account()}")
        office.store.wake()
    if as_json:
        print_json({"id": released.id, "status": released.status})
        return
    say(bilingual(f"来信 {mail} 将重新处理", f"mail {mail} will be processed again"))
