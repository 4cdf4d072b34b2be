"""Turns whatever went wrong into one sentence and an exit status. It must not print a traceback."""

import logging
from typing import Final

import typer

from crm_workflows.domain.errors import ConfigurationError, CrmError
from crm_workflows.domain.text import bilingual, in_language

REFUSED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130
UsageError: Final[type[Exception]] = typer.BadParameter.__bases__[0]
"""Typer keeps its parser's errors private in newer versions; this is their common class in all of them."""

log = logging.getLogger(__name__)


def sentence_for(error: BaseException) -> str:
    """One sentence ("中文 / English"): what happened and what to do."""
    if isinstance(error, ConfigurationError):
        return first_of(error.findings)
    if isinstance(error, CrmError):
        return error.message
    if isinstance(error, OSError) and error.strerror:
        named = f" {error.filename}" if error.filename else ""
        return bilingual(
            f"无法读写{named}（{error.strerror}），请检查路径和权限",
            f"cannot read or write{named} ({error.strerror}); check the path and its permissions",
        )
    said = f"{type(error).__name__}: {error}"
    return bilingual(
        f"程序内部出错（{said}），请加 -v 重试并把日志交给管理员",
        f"the program failed inside ({said}); run it again with -v and hand the log to an admin",
    )


def usage_sentence(error: Exception) -> str:
    """What is wrong with the words of a command, and where they are explained.

    Empty when there were no words: the help has been printed and says it all.
    """
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "crmw"
    said = " ".join(str(getattr(error, "format_message", lambda: error)()).split()).rstrip(".")
    if not said:
        return ""
    return bilingual(f"命令用法有误：{said}；请看 {path} --help", f"{said}; see {path} --help")


def first_of(findings: list[str], lister: str | None = None) -> str:
    """One finding, and how many more there are; `lister` is the command that lists them all."""
    first, more = findings[0], len(findings) - 1
    if not more:
        return first
    zh, en = in_language(first, "zh"), in_language(first, "en")
    listed_zh, listed_en = (f"；全部列出：{lister}", f"; for all of them: {lister}") if lister else ("", "")
    return bilingual(f"{zh}（另有 {more} 处{listed_zh}）", f"{en} (and {more} more{listed_en})")
