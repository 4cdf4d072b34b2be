"""`make demo`: a scene of each process on this machine, with real mails, told as it happens.

    python -m crm_workflows.interfaces.demo [--once]

It must not reach into the product: everything goes through commands, SMTP and HTTP (`demo_company`).
"""

import argparse
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crm_workflows.domain.errors import CrmError
from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces import demo_scenes, demo_story
from crm_workflows.interfaces.cli import INTERRUPTED
from crm_workflows.interfaces.cli.failing import REFUSED, sentence_for
from crm_workflows.interfaces.cli.language import terminal_language, told
from crm_workflows.interfaces.demo_company import SPEED, Company
from crm_workflows.interfaces.demo_story import Story

HOME: Final = Path(".crmw") / "demo"
ONCE: Final = "讲完即退出，一切正常时退出码为 0 / End by itself after the story, with status 0 if everything happened"


class Screen:
    """Tells the story on standard output, each line with the company's time where it has one."""

    def __init__(self) -> None:
        width = None if sys.stdout.isatty() else 120
        self.console = Console(highlight=False, emoji=False, markup=False, width=width)

    def title(self, label: str) -> None:
        """A heading."""
        self.console.print()
        self.console.print(Text(told(label), style="bold"))

    def line(self, at: str | None, who: str, chinese: str, english: str) -> None:
        """What somebody did."""
        clock = datetime.fromisoformat(at).astimezone(demo_story.ZONE).strftime("%m-%d %H:%M") if at else ""
        said = chinese if terminal_language() == "zh" else english
        row = Table.grid(padding=(0, 1))
        row.add_column(width=len("03-02 09:00"), style="dim")
        row.add_column(ratio=1)
        row.add_row(clock, Text.assemble((who, "cyan"), "  ", said, overflow="fold"))
        self.console.print(row)


def main() -> None:
    """Run the demonstration; leaves by SystemExit: 0, or 1 with one sentence when something did not happen."""
    parser = argparse.ArgumentParser(prog="make demo", description=told(_HEAD))
    parser.add_argument("--once", action="store_true", help=told(ONCE))
    once = parser.parse_args().once
    screen = Screen()
    company = Company(HOME.absolute())
    for ends in (signal.SIGINT, signal.SIGTERM):  # a shell begins what runs beside its script with SIGINT ignored
        signal.signal(ends, signal.default_int_handler)
    told_all = False
    try:
        _play(company, screen, once=once)
        told_all = True
        if not once:
            screen.title("按 Ctrl-C 停止 / Stop with Ctrl-C")
            company.stay()
    except KeyboardInterrupt:
        sys.exit(0 if told_all else INTERRUPTED)
    except (CrmError, OSError) as error:
        sys.stderr.write(told(sentence_for(error)) + "\n")
        sys.exit(REFUSED)
    finally:
        company.down()


def _play(company: Company, screen: Screen, *, once: bool) -> None:
    screen.title(_HEAD)
    screen.console.print(Text(told(_STARTING), style="dim"))
    company.up()
    zh = f"时钟从 2026 年 3 月 2 日 9:00 开始，每秒走 {SPEED // 60} 分钟"
    en = f"the clock begins on 2 March 2026 at 9:00 and runs {SPEED // 60} minutes a second"
    screen.console.print(Text(told(bilingual(zh, en)), style="dim"))
    good = demo_scenes.recognised(company, screen)
    customer = demo_scenes.taken_on(company, screen)
    others = [
        customer, demo_scenes.called(company, screen, customer), demo_scenes.complained(company, screen),
        demo_scenes.missing_papers(company, screen),
    ]  # fmt: skip
    runs = good.shown_in_prefect()
    screen.line(None, "Prefect", f"{good.code} 有 {runs} 次运行", f"shows {runs} runs of {good.code}")
    if once:
        _left_behind(company, screen)
    else:
        _addresses(company, screen, [good, *others])


def _left_behind(company: Company, screen: Screen) -> None:
    """What is still there when all that ran has ended."""
    screen.title("演示结束，数据留在 / The story is told; its data is left in")
    screen.console.print(Text(str(company.home)), soft_wrap=True)
    en = "to look at its pages, play it by make demo, which stays up afterwards"
    again = bilingual("想看各页面，请用 make demo，演完后保持打开", en)
    screen.console.print(Text(told(again), style="dim"))


def _addresses(company: Company, screen: Screen, stories: list[Story]) -> None:
    screen.title("去看看 / Where to look")
    rows = [(told("案件 / Cases"), f"{company.url}/cases")]
    rows += [(story.code, f"{company.url}/cases/{story.code}") for story in stories]
    rows += [
        (told("邮箱（可代收件人回信） / Mailbox (answer as the recipient)"), f"{company.url}/mailbox"),
        (told("立案 / Start a case"), f"{company.url}/start/{demo_scenes.SUPPLIER}"),
        ("Prefect", f"{company.prefect}/runs"),
        (told("数据 / Data"), str(company.home)),
    ]
    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*row)
    screen.console.print(table)


_HEAD: Final = (
    "四个流程各一幕：供应商认定、新客户建档、客户回访、投诉处理 / "
    "A scene of each process: supplier vetting, customer onboarding, callback, complaint"
)
_STARTING: Final = (
    "正在启动 crmw up（页面、邮件、工作进程、Prefect）… / starting crmw up (pages, mail, worker, Prefect) …"
)

if __name__ == "__main__":
    main()
