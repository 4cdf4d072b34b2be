"""Sets up the logs of a process: structured lines for an administrator, or none at all. It must not log by itself.

A line carries case, process and step where the code gave them (`extra=`), never personal data or tokens: the modules
that log see to that, and addresses of pages, which hold tokens, are not logged. Logs are not looked through when
somebody is erased, so an error stands there by its kind and place: what it quotes is on the page of its case.
"""

import contextlib
import logging
import logging.handlers
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from crm_workflows.domain.errors import quotable
from crm_workflows.domain.text import bilingual

if TYPE_CHECKING:
    import structlog

NOISY: Final = ("uvicorn", "uvicorn.error", "mail.log", "asyncio", "httpx", "httpcore", "alembic", "prefect")
"""Libraries whose ordinary lines help nobody here; their warnings are kept."""
UNLOGGED: Final = "uvicorn.access"
LOG_BYTES: Final = 10_000_000
UNWRITABLE: Final = bilingual(
    "日志无法写入（{why}），业务照常进行；请检查磁盘空间和权限",
    "the log cannot be written ({why}), work goes on; check the disk's space and permissions",
)


class _SaysSo:
    """A handler that says in one sentence, once for each trouble, that it cannot write; Python would print tracebacks
    for every line that is lost."""

    _why: str | None = None

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - the library's name
        error = sys.exc_info()[1]
        why = getattr(error, "strerror", None) or type(error).__name__
        if why != self._why and sys.stderr is not None:
            self._why = why
            with contextlib.suppress(OSError, ValueError):  # what cannot be said on stderr either is lost
                sys.stderr.write(f"crmw: {UNWRITABLE.replace('{why}', why)}\n")


class ToStream(_SaysSo, logging.StreamHandler[TextIO]):
    """Lines to standard error. Prefect, when imported, throws out handlers whose class begins with an underscore."""


class ToFile(_SaysSo, logging.handlers.RotatingFileHandler):
    """Lines to a file; without an underscore for the same reason."""


def quiet() -> None:
    """No logs anywhere: a failing command says its one sentence, and nothing else reaches standard error."""
    logging.captureWarnings(capture=True)
    _put(logging.NullHandler())


def to_stderr() -> None:
    """Logs on standard error (`-v`)."""
    logging.captureWarnings(capture=True)
    handler = ToStream(sys.stderr)
    handler.setFormatter(_formatter(colors=sys.stderr.isatty()))
    _put(handler)


def to_file(path: Path) -> None:
    """Logs in a file that is turned over at 10 MB and kept five times; beside whatever is set up already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = ToFile(path, maxBytes=LOG_BYTES, backupCount=5, encoding="utf-8")
    handler.setFormatter(_formatter(colors=False))
    _put(handler, beside=True)


def _put(handler: logging.Handler, *, beside: bool = False) -> None:
    root = logging.getLogger()
    handler.set_name("crm-file" if beside else "crm")
    for old in [h for h in root.handlers if h.get_name() == handler.get_name()]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(UNLOGGED).disabled = True


def _formatter(*, colors: bool) -> logging.Formatter:
    import structlog

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=_where_it_arose),
    ]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last)


def _where_it_arose(stream: TextIO, exc_info: "structlog.typing.ExcInfo") -> None:
    """Where an error arose, and what it was raised from, each by its kind; in words only if they are our own."""
    error: BaseException | None = exc_info[1]
    told: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:  # two that are each other's cause would never end
        seen.add(id(error))
        lines = traceback.format_tb(error.__traceback__)
        told.insert(0, f"Traceback (most recent call last):\n{''.join(lines)}{quotable(error)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    stream.write("\n" + "\n\n".join(told))
