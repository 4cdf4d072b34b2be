"""Turns whatever went wrong into one sentence and an exit status. It must not print a traceback."""

import logging
import re
from typing import Final

import typer

from crm_workflows.adapters.files import said_with_reason
from crm_workflows.domain.errors import ConfigurationError, CrmError, NothingInForce, StoreBusy
from crm_workflows.domain.text import bilingual, in_language

REFUSED: Final = 1
WRONG_USAGE: Final = 2
UsageError: Final[type[Exception]] = typer.BadParameter.__bases__[0]
"""Typer keeps its parser's errors private in newer versions; this is their common class in all of them."""

_SAID: Final = tuple(
    (re.compile(pattern), told)
    for pattern, *told in (
        (
            r"No such command ('.*')\. Did you mean (.*)\?",
            r"没有命令 \1，是否指 \2",
            r"No such command \1; did you mean \2",
        ),
        (r"No such command ('.*')", r"没有命令 \1"),
        (r"No such option: (\S+)\.? Did you mean (.*)\?", r"没有选项 \1，是否指 \2"),
        # Its own list holds what is like the slip only by chance too, such as --json for --as.
        (
            r"No such option: (--(\w)\S*) \(Possible options: (?:.*?, )?(--\2.*)\)",
            r"没有选项 \1，是否指 \3",
            r"No such option \1; did you mean \3",
        ),
        (r"No such option: (\S+)\.? \(Possible options: .*\)", r"没有选项 \1", r"No such option \1"),
        (r"No such option: (\S+)", r"没有选项 \1"),
        (r"Missing option (.*)", r"缺少选项 \1"),
        (r"Missing argument (.*)", r"缺少参数 \1"),
        (r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", r"多出参数 \1"),
        (r"Option ('.*') requires an argument", r"选项 \1 后面缺少内容"),
        (r"Invalid value for (\S+): (.*) is none of (.*)", r"\1 的值 \2 不在其中：\3"),
        (r"Invalid value for (\S+): .*valid integer.*", r"\1 须为整数", r"\1 must be a whole number"),
        (r"Invalid value for (\S+): .*valid number.*", r"\1 须为数字", r"\1 must be a number"),
        (r"Invalid value for (\S+): .*greater than or equal to (\S+)", r"\1 不得小于 \2", r"\1 must be at least \2"),
        (r"Invalid value for (\S+): .*less than or equal to (\S+)", r"\1 不得大于 \2", r"\1 must be at most \2"),
        (
            r"Invalid value for (\S+): .*('.*') does not match the formats '%Y-%m-%d'",
            r"\1 的值 \2 不是日期，请写成 2026-03-02 这样",
            r"Invalid value for \1: \2 is no date; write it as 2026-03-02",
        ),
        (r"Invalid value for (\S+): (.*) / (.*)", r"\1 的值不可用（\2）", r"Invalid value for \1: \3"),
        (r"Invalid value for (\S+): (.*)", r"\1 的值不可用（\2）"),
    )
)
log = logging.getLogger(__name__)


def sentence_for(error: BaseException) -> str:
    """One sentence ("中文 / English"): what happened and what to do."""
    if isinstance(error, ConfigurationError):
        return first_of(error.findings, error.lister if isinstance(error, NothingInForce) else None)
    if isinstance(error, StoreBusy):
        return _with_setting(error)
    if isinstance(error, CrmError):
        return error.message
    if isinstance(error, OSError) and error.strerror:
        named = f" {error.filename}" if error.filename else ""
        en = f"cannot read or write{named} ({{}}); check the path and its permissions"
        return said_with_reason(f"无法读写{named}（{{}}），请检查路径和权限", en, error)
    said = f"{type(error).__name__}: {error}"
    return bilingual(
        f"程序内部出错（{said}），请加 -v 重试并把日志交给管理员",
        f"the program failed inside ({said}); run it again with -v and hand the log to an admin",
    )


def _with_setting(error: StoreBusy) -> str:
    """Pages tell the same to people who can set nothing; here it is the administrator who reads."""
    from crm_workflows.adapters.database.postgres_errors import GONE

    if error.message != GONE:
        return error.message
    zh, en = (in_language(GONE, language) for language in ("zh", "en"))
    return bilingual(f"{zh}；如地址有误，请改 CRMW_DATABASE_URL", f"{en}, or correct its address in CRMW_DATABASE_URL")


def usage_sentence(error: Exception) -> str:
    """What is wrong with the words of a command, and where they are explained.

    Empty when there were no words: the help has been printed and says it all.
    """
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "crmw"
    said = " ".join(str(getattr(error, "format_message", lambda: error)()).split()).rstrip(".")
    if not said:
        return ""
    chinese, english = _told(said)
    return bilingual(f"命令用法有误：{chinese}；请看 {path} --help", f"{english}; see {path} --help")


def _told(said: str) -> tuple[str, str]:
    """The parser speaks English only; what it says often is told here in both, anything else as it said it."""
    for pattern, told in _SAID:
        found = pattern.fullmatch(said)
        if found:
            return found.expand(told[0]), found.expand(told[1]) if told[1:] else said
    return said, said


def first_of(findings: list[str], lister: str | None = None) -> str:
    """One finding, and how many more there are; `lister` is the command that lists them all."""
    first, more = findings[0], len(findings) - 1
    if not more:
        return first
    zh, en = in_language(first, "zh"), in_language(first, "en")
    if zh == en:  # a finding that has no Chinese goes on in its own language
        listed = f"; for all of them: {lister}" if lister else ""
        return f"{first} (and {more} more{listed})"
    listed_zh, listed_en = (f"；全部列出：{lister}", f"; for all of them: {lister}") if lister else ("", "")
    return bilingual(f"{zh}（另有 {more} 处{listed_zh}）", f"{en} (and {more} more{listed_en})")
