"""The command `crmw`: one file for each family of commands. It must not do their work."""

import typer

from crm_workflows.interfaces.cli import answers, audit, cases, export, mail, serving, staff, upkeep
from crm_workflows.interfaces.cli.commands import Commands
from crm_workflows.interfaces.cli.session import before_the_command

HELP = "客户与供应商流程：立案、征询、决定、归档 / Customer and supplier procedures: start, ask, decide, keep"


def build() -> typer.Typer:
    """The whole command line, freshly made."""
    app = typer.Typer(
        cls=Commands, help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
        pretty_exceptions_show_locals=False, rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )  # fmt: skip
    app.callback()(before_the_command)
    for family in (serving, cases, answers, staff, mail, upkeep, audit, export):
        family.register(app)
    return app


def main() -> None:
    """Run the command that the words of this process name."""
    build()()
