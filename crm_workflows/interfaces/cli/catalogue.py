"""The command that describes processes: their drawing and every mail that they may send. It holds no rules."""

from typing import Annotated

import typer

from crm_workflows.interfaces.cli.session import Session, command

Processes = Annotated[
    list[str] | None, typer.Argument(metavar="PROCESS …", help="流程，默认全部 / Processes; default all")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "catalogue", "流程图和邮件目录（Markdown） / Drawing and mails of a process, as Markdown")(catalogue)


def catalogue(session: Session, processes: Processes = None) -> None:
    """With the people and the policy in force."""
    from crm_workflows.interfaces import catalogue as pages

    with session.office() as office:
        directory, policy = office.staff.directory(), office.staff.policy()
        made = [office.engine.procedure(name) for name in processes or office.titles()]
        sections = [pages.page_of(one, directory, policy) for one in made]
    typer.echo("\n\n".join(sections if processes else [*sections, pages.everywhere()]))
