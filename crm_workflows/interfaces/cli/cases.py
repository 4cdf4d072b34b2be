"""Commands about cases: start, cases, case, cancel, retry. They must not hold rules: the engine decides."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from crm_workflows.domain.spellings import code_as_kept
from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli.given import must_be_one_of
from crm_workflows.interfaces.cli.output import print_json, say
from crm_workflows.interfaces.cli.session import (
    AsJson,
    Session,
    account,
    as_address,
    command,
    company_zone,
    must_be_known,
    staff_names,
)
from crm_workflows.interfaces.cli.words import STATUSES

Code = Annotated[
    str,
    typer.Argument(metavar="CODE", help="案件编号 / Code of the case", show_default=False, callback=code_as_kept),
]
Day = partial(typer.Option, metavar="DATE", formats=["%Y-%m-%d"])
By = Annotated[str, typer.Option("--as", metavar="EMAIL", help="代表谁办理 / On whose behalf", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "start", "立案 / Start a case")(start)
    command(app, "cases", "案件列表 / List cases, latest first")(cases)
    command(app, "case", "查看一个案件 / Show one case")(case)
    command(app, "cancel", "取消案件 / Cancel a case")(cancel)
    command(app, "retry", "让需要处理的案件继续 / Let a case that needs attention go on")(retry)


def start(
    session: Session,
    process: Annotated[
        str, typer.Argument(metavar="PROCESS", help="流程，如 supplier-vetting / Such as supplier-vetting")
    ],
    input_: Annotated[
        Path, typer.Option("--input", metavar="FILE", help="申请表，JSON 或 YAML / The application, JSON or YAML")
    ],
    more: Annotated[list[Path] | None, typer.Argument(hidden=True)] = None,
    requester: Annotated[
        str | None, typer.Option("--as", metavar="EMAIL", help="申请人，默认负责人 / Requester; default the owner")
    ] = None,
    attach: Annotated[
        list[Path] | None, typer.Option("--attach", metavar="FILE …", help="随申请提交的文件 / Files that go with it")
    ] = None,
    idempotency_key: Annotated[
        str | None, typer.Option(help="同一键同一申请只立一案 / The same key and input give the same case")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open a case; its first stretch is run by a worker."""
    if more and not attach:
        word = str(more[0])
        raise typer.BadParameter(bilingual(f"后面多出 {word!r}", f"unexpected word {word!r}"), param_hint="PROCESS")
    from crm_workflows.engine.running import opening
    from crm_workflows.interfaces.addresses import public_url
    from crm_workflows.interfaces.cli.inputs import read_document, read_files

    document = read_document(input_)
    files = read_files([*(attach or []), *(more or [])])
    with session.office(to_work=True) as office:
        requester = as_address(office, requester) if requester else None
        started = opening.start(
            office.engine, process, document, requester=requester, origin="cli", idempotency_key=idempotency_key,
            attachments=files, evidence=account(),
        )  # fmt: skip
        url = f"{public_url(office.settings)}/cases/{started.code}"
    if as_json:
        print_json({"case": started.code, "status": started.status, "url": url, "created": started.created})
        return
    zh, en = ("已立案", "started") if started.created else ("此前已立案", "was started before as")
    say(bilingual(f"{zh}：{started.code}  {url}", f"{en} {started.code}  {url}"))
    _tell_of_idleness(session)


def _tell_of_idleness(session: Session) -> None:
    """Says so where nothing would take the case further. With a database server somebody elsewhere may do it."""
    from crm_workflows.interfaces.up.lock import is_held

    if not session.settings.database_url and not is_held(session.settings.home):
        say(
            bilingual(
                "现在没有运行中的 crmw up，案件暂不办理，也不发邮件；请运行 crmw up",
                "nothing runs here now: the case goes on and its mails are sent once crmw up runs",
            )
        )


def cases(
    session: Session,
    process: Annotated[str | None, typer.Option(help="只看这个流程 / Only this process")] = None,
    status: Annotated[str | None, typer.Option(help="只看这个状态 / Only this status")] = None,
    owner: Annotated[str | None, typer.Option(metavar="EMAIL", help="只看此人负责的 / Only this owner's")] = None,
    text: Annotated[str | None, typer.Option(help="按编号、名称、内容查找 / Search code, title and content")] = None,
    first: Annotated[datetime | None, Day("--from", help="此日及以后立案的 / Opened on this day or later")] = None,
    last: Annotated[datetime | None, Day("--to", help="此日及以前立案的 / Opened on this day or earlier")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只看已逾期的 / Only what is overdue")] = False,
    limit: Annotated[int, typer.Option(min=1, help="最多显示几件 / At most so many")] = 200,
    as_json: AsJson = False,
) -> None:
    """List cases (G-9)."""
    must_be_one_of(status, STATUSES, "--status")
    from crm_workflows.engine.ports import CaseFilter
    from crm_workflows.engine.views import view_lists

    with session.office() as office:
        owner = as_address(office, owner) if owner else None
        person = office.staff.directory().person(owner) if owner else None
        days = (at.date() if at else None for at in (first, last))
        opened = office.staff.calendar().instants_of(*days)
        late = office.clock.now() if overdue else None
        wanted = CaseFilter(process, status, person.email if person else owner, text, limit, 0, *opened, late)
        found = view_lists.cases(office.engine, wanted)
        if process and not found:
            office.engine.procedure(process)
        if owner and not found:
            must_be_known(office, owner)
        zone, names = company_zone(office), staff_names(office)
    if as_json:
        print_json(found)
        return
    from crm_workflows.interfaces.cli.case_tables import show_cases

    show_cases(found, zone, names)


def case(session: Session, code: Code, as_json: AsJson = False) -> None:
    """Show a case with all that belongs to it."""
    from crm_workflows.engine.views import views

    with session.office() as office:
        found = views.case_view(office.engine, code)
        zone, names = company_zone(office), staff_names(office)
        made = office.engine.versions.get((found["process"], found["version"]))
        labels = made.labels() if made else {}
    if as_json:
        print_json(found)
        return
    from crm_workflows.interfaces.cli.case_tables import show_case

    show_case(found, zone, names, labels)


def cancel(
    session: Session,
    code: Code,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="原因 / Why", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """End a case without an outcome of its procedure."""
    from crm_workflows.engine.running import opening
    from crm_workflows.engine.views import views

    with session.office(to_work=True) as office:
        opening.cancel(office.engine, code, by=as_address(office, by), reason=reason, channel="cli", evidence=account())
        found = views.case_view(office.engine, code)
    _tell(found, bilingual(f"已取消 {code}", f"cancelled {code}"), as_json=as_json)


def retry(session: Session, code: Code, as_json: AsJson = False) -> None:
    """Let a case that needed attention go on."""
    from crm_workflows.engine.running import attention
    from crm_workflows.engine.views import views

    with session.office(to_work=True) as office:
        attention.retry(office.engine, code, f"cli:{account()}")
        found = views.case_view(office.engine, code)
    _tell(found, bilingual(f"{code} 将继续办理", f"{code} goes on"), as_json=as_json)


def _tell(found: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"case": found["case"], "status": found["status"], "outcome": found["outcome"]})
    else:
        say(sentence)
