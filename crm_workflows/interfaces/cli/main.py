"""The command `crmw`: one file for each family of commands. It must not do their work."""

import atexit
import logging
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final, NoReturn

from crm_workflows.interfaces.cli import INTERRUPTED

if TYPE_CHECKING:
    import typer

FAMILIES: Final = (
    "serving", "cases", "amending", "answers", "digest", "schedules", "staff", "sessions", "mail", "report", "upkeep",
    "upgrade", "audit", "erasing", "export", "simulate", "catalogue", "tables", "doctor",
)  # fmt: skip
"""In the order of the help. Imported by `build`: Ctrl-C while that takes its time is to be answered by `main`."""
HELP = "客户与供应商流程：立案、征询、决定、归档 / Customer and supplier procedures: start, ask, decide, keep"


def build() -> "typer.Typer":
    """The whole command line, freshly made."""
    import typer

    from crm_workflows.interfaces.cli.commands import Commands
    from crm_workflows.interfaces.cli.session import before_the_command

    app = typer.Typer(
        cls=Commands, help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
        pretty_exceptions_show_locals=False, rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )  # fmt: skip
    app.callback()(before_the_command)
    for family in FAMILIES:
        import_module(f"crm_workflows.interfaces.cli.{family}").register(app)
    return app


def main() -> NoReturn:
    """Run the command that the words of this process name, and end the process with its status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal in GBK or ASCII lacks characters that names have: shown as their number, they stop nothing.
            stream.reconfigure(errors="backslashreplace")
    try:
        build()()
    except SystemExit as ended:
        _leave(ended.code if isinstance(ended.code, int) else int(ended.code is not None))
    except KeyboardInterrupt:
        _leave(INTERRUPTED)
    _leave(0)


def _leave(status: int) -> NoReturn:
    """End without taking the interpreter down under the threads that may still talk to Prefect.

    Python ends such a thread wherever it is; inside compiled code that aborts the process, after its work was done.
    """
    atexit._run_exitfuncs()
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            # Whoever read it has gone.
            status = status or 1
    os._exit(status)
