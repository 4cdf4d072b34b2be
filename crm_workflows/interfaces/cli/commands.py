"""The group of commands: chooses the language of the help, and ends every failure with one sentence and a status."""

import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

import typer
from typer.core import TyperGroup

from crm_workflows.domain.errors import CrmError
from crm_workflows.interfaces.cli import INTERRUPTED
from crm_workflows.interfaces.cli.failing import (
    REFUSED,
    WRONG_USAGE,
    UsageError,
    sentence_for,
    usage_sentence,
)
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.metavars import name_values
from crm_workflows.interfaces.cli.output import tell_failure

FRAME: Final = {
    "ARGUMENTS_PANEL_TITLE": "参数 / Arguments",
    "OPTIONS_PANEL_TITLE": "选项 / Options",
    "COMMANDS_PANEL_TITLE": "命令 / Commands",
    "REQUIRED_LONG_STRING": "[必填] / [required]",
    "DEFAULT_STRING": "[默认：{}] / [default: {}]",
}
ABOUT_HELP: Final = "显示本说明 / Show this message and exit."
log = logging.getLogger(__name__)


class Commands(TyperGroup):
    """Exit status 0 done, 1 refused or failed, 2 wrong usage (contract)."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, *_: Any, **extra: Any) -> Any:
        """Run the command that the words name, and leave by SystemExit."""
        in_terminal_language(self)
        extra["standalone_mode"] = False
        run = super().main
        sys.exit(_status_of(lambda: run(args=args, prog_name=prog_name or "crmw", **extra)))


def _status_of(run: Any) -> int:
    try:
        status = run()
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except UsageError as error:
        sentence = usage_sentence(error)
        if sentence:
            tell_failure(sentence)
        return WRONG_USAGE
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; nothing more can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except Exception as error:
        log.debug("the command failed", exc_info=error)
        if not isinstance(error, CrmError | OSError):
            log.error("the command failed inside", exc_info=error)
        tell_failure(sentence_for(error))
        return REFUSED


def in_terminal_language(command: Any) -> None:
    """Put the help of a command and all below it into the language of the terminal."""
    for attribute in ("help", "short_help"):
        if getattr(command, attribute, None):
            setattr(command, attribute, told(getattr(command, attribute)))
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = told(parameter.help)
    name_values(command)
    _frame_in_terminal_language(command)
    for below in getattr(command, "commands", {}).values():
        in_terminal_language(below)


def _frame_in_terminal_language(command: Any) -> None:
    """What typer itself writes around our words; it has no other place where another language could be given.

    Once for each command, however often it is run in one process: a frame around a frame would ask itself without end.
    """
    if "format_help" in vars(command):
        return
    help_of, usage_of, option_of = command.format_help, command.get_usage, command.get_help_option

    def format_help(ctx: Any, formatter: Any) -> None:
        from typer import rich_utils  # takes as long to import as all else of a short command

        for name, label in FRAME.items():
            setattr(rich_utils, name, told(label))
        help_of(ctx, formatter)

    def get_help_option(ctx: Any) -> Any:
        option = option_of(ctx)
        if option is not None:
            option.help, option.metavar = told(ABOUT_HELP), ""
        return option

    command.format_help, command.get_help_option = format_help, get_help_option
    command.get_usage = lambda ctx: usage_of(ctx).replace("Usage:", told("用法： / Usage:"), 1)
