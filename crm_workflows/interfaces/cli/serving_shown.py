"""What `crmw up` says when it is up: where everything is. It must not wait for anything."""

import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import console, say

if TYPE_CHECKING:
    from crm_workflows.interfaces.up.everything import Running
    from crm_workflows.settings import Settings

ANYBODY: Final = bilingual(
    "注意：未启用登录，能使用这台机器的任何人（不论账号）都可在页面上以任何人的名义办理；"
    "正式使用请设置 CRMW_SIGN_IN=on",
    "Note: nobody signs in, so whoever uses this machine, under any account, acts as anybody on its pages; for real "
    "use set CRMW_SIGN_IN=on",
)


BEGIN: Final = bilingual(
    "第一步：在“发起案件”页立一案，再到“邮箱”看它问了谁；用命令行：crmw start --help",
    "First step: start a case on its page, then see in the mailbox whom it asks; by command: crmw start --help",
)


def say_who_acts(settings: "Settings") -> None:
    """Where whoever uses this machine may act as anybody who is asked by real mail."""
    if settings.lets_anybody_act:
        say(ANYBODY)


def say_who_reads(home: Path) -> None:
    """Where every account of this machine may look into the home; we change nobody's folder."""
    path = home.resolve()
    if path.stat().st_mode & stat.S_IRWXO:
        zh = f"注意：本机其他账号可以读取 {path}，其中有密钥和个人信息；请运行 chmod o-rwx {path}"
        en = f"Note: other accounts of this machine may look into {path}, which holds keys and personal data; run "
        say(bilingual(zh, f"{en}chmod o-rwx {path}"))


def show_running(running: "Running") -> None:
    """A short table of addresses."""
    own = f"http://127.0.0.1:{running.ports.web}"
    table = Table.grid(padding=(0, 2))
    table.add_row(Text(told("页面 / Pages"), style="bold"), own)
    table.add_row(told("发起案件 / Start a case"), f"{own}/start")
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
    say_who_acts(running.settings)
    say_who_reads(running.settings.home)
    if running.settings.is_local_mail:
        say(BEGIN)
    out.print(Text(told("按 Ctrl-C 停止 / Stop with Ctrl-C"), style="dim"))
    sys.stdout.flush()
