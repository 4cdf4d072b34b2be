"""What `crmw up` says when it is up: where everything is. It must not wait for anything."""

import sys

from rich.table import Table
from rich.text import Text

from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import console
from crm_workflows.interfaces.up.everything import Running


def show_running(running: Running) -> None:
    """A short table of addresses."""
    own = f"http://127.0.0.1:{running.ports.web}"
    table = Table.grid(padding=(0, 2))
    table.add_row(Text(told("页面 / Pages"), style="bold"), own)
    if running.public_url != own:
        table.add_row(told("邮件中的链接 / Links in mails"), running.public_url)
    if running.settings.is_local_mail:
        table.add_row(told("邮箱 / Mailbox"), f"{own}/mailbox")
    if running.ports.smtp is not None:
        table.add_row(told("本机邮件服务 / Local mail server"), f"127.0.0.1:{running.ports.smtp}")
    table.add_row(told("投诉邮箱 / Complaints to"), running.settings.complaints_to)
    if running.prefect_page:
        table.add_row("Prefect", running.prefect_page)
    table.add_row(told("数据 / Data"), str(running.settings.home.resolve()))
    out = console()
    out.print(table)
    out.print(Text(told("按 Ctrl-C 停止 / Stop with Ctrl-C"), style="dim"))
    sys.stdout.flush()
