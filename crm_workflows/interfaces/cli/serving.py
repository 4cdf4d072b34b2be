"""Commands that keep the product running, or let it run once: up, worker, work. The roles are in `interfaces/up`."""

from typing import Annotated

import typer

from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli.output import print_json, say
from crm_workflows.interfaces.cli.session import AsJson, Session, command, tell_of_left

Port = Annotated[
    int, typer.Option(min=0, max=65535, help="页面端口，0 为任意空闲端口 / Port of the pages, 0: any free one")
]
SmtpPort = Annotated[
    int,
    typer.Option(
        min=0, max=65535, help="本机邮件端口，0 为任意空闲端口 / Port of the local mail server, 0: any free one"
    ),
]

MetricsPort = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=65535,
        show_default=False,
        help="本机 /metrics 与 /health 的端口，默认不提供 / Port for /metrics and /health; default: none",
    ),
]

UNTIL_IDLE = "请加 --until-idle；一直运行的是 crmw worker / say --until-idle; crmw worker keeps running"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "up", "启动全部：页面、邮件、工作进程、Prefect / Everything in one command")(up)
    command(app, "worker", "再加一个工作进程 / One more worker on the same database")(worker)
    command(app, "work", "办完现在能办的，然后退出 / Do all that is ready now, then exit")(work)


def up(
    session: Session,
    port: Port = 8000,
    smtp_port: SmtpPort = 0,
    no_prefect: Annotated[bool, typer.Option("--no-prefect", help="不启动 Prefect / Without a Prefect server")] = False,
) -> None:
    """Serve until Ctrl-C; refuses a home on which another one runs."""
    from crm_workflows.interfaces.cli.serving_shown import show_running
    from crm_workflows.interfaces.up.everything import Wanted, serve

    tell_of_left(session)
    serve(session.settings, Wanted(port, smtp_port, not no_prefect), show_running)


def worker(session: Session, metrics_port: MetricsPort = None) -> None:
    """Run stretches, sweeps and the sending of mail until Ctrl-C."""
    from crm_workflows.interfaces.up.everything import serve_worker

    def announce() -> None:
        say("工作进程已启动，Ctrl-C 停止 / the worker runs; stop it with Ctrl-C")

    serve_worker(session.settings, announce, metrics_port)


def work(
    session: Session,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="办完就退出 / Exit when nothing is ready")],
    track: Annotated[bool, typer.Option("--track", help="在 Prefect 中显示 / Show in Prefect")] = False,
    as_json: AsJson = False,
) -> None:
    """Do all that is ready now: what time brought, stretches, answers taken in, and mails."""
    from crm_workflows.interfaces.up.once import work_once

    if not until_idle:
        raise typer.BadParameter(UNTIL_IDLE, param_hint="--until-idle")
    done = work_once(session.settings, track=track)
    if as_json:
        print_json({"stretches": done.stretches, "mails": done.mails})
    else:
        zh = f"办理了 {done.stretches} 步，发出 {done.mails} 封邮件"
        say(bilingual(zh, f"{done.stretches} stretches run, {done.mails} mails sent"))
