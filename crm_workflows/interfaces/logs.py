"""Sets up the logs of a process: structured lines for an administrator, or none at all. It must not log by itself.

A line carries case, process and step where the code gave them (`extra=`), never personal data or tokens: the modules
that log see to that, and addresses of pages, which hold tokens, are not logged.
"""

import logging
import logging.handlers
import sys
from pathlib import Path
from typing import Final

NOISY: Final = ("uvicorn", "uvicorn.error", "mail.log", "asyncio", "httpx", "httpcore", "alembic", "prefect")
"""Libraries whose ordinary lines help nobody here; their warnings are kept."""
UNLOGGED: Final = "uvicorn.access"
LOG_BYTES: Final = 10_000_000


def quiet() -> None:
    """No logs anywhere: a failing command says its one sentence, and nothing else reaches standard error."""
    logging.captureWarnings(capture=True)
    _put(logging.NullHandler())


def to_stderr() -> None:
    """Logs on standard error (`-v`)."""
    logging.captureWarnings(capture=True)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(colors=sys.stderr.isatty()))
    _put(handler)


def to_file(path: Path) -> None:
    """Logs in a file that is turned over at 10 MB and kept five times; beside whatever is set up already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=5, encoding="utf-8")
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
        structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback),
    ]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last)
