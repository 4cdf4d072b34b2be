"""Reads what strangers wrote where it can be killed: a child process with limits of time and memory (mail.md, limits).

A small text is read here, since none takes long (tests/adapters/test_apart.py); what unpacks, such as a workbook, is
not small at any size. It must not know what it reads: it is handed a pure function and its arguments.
"""

import logging
import os
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Final, TypeVar, cast

from crm_workflows.adapters import apart_child
from crm_workflows.domain.mail.incoming import UnreadableMail
from crm_workflows.domain.text import bilingual

log = logging.getLogger(__name__)
R = TypeVar("R")
SMALL: Final = 64 * 1024
"""Bytes and characters of all arguments together up to which a function that reads text is called here."""
TEXTS: Final = "crm_workflows.domain.mail."
SECONDS: Final = 20.0
MEGABYTES: Final = 1024
_START: Final = 60.0
"""Seconds until the child must be ready, on whatever machine."""
TOO_HEAVY: Final = bilingual(
    "读取邮件用时过长或占用内存过多，已停止", "the mail took too long or too much memory to read and was given up"
)


class InAChild:
    """Calls functions in one child process after the other; safe between threads, which wait for each other."""

    def __init__(self, seconds: float = SECONDS, megabytes: int = MEGABYTES, small: int = SMALL) -> None:
        self._seconds, self._megabytes, self._small = seconds, megabytes, small
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def __call__(self, work: Callable[..., R], *args: object) -> R:
        """What `work` returns or raises; UnreadableMail when it had to be killed. It must be known by its name."""
        if _reads_text(work) and sum(len(arg) for arg in args if isinstance(arg, bytes | str)) <= self._small:
            return work(*args)
        with self._lock:
            answer = self._answer(pickle.dumps((work, args)))
        if answer is None:
            raise UnreadableMail(TOO_HEAVY)
        came_to: R | Exception = pickle.loads(answer)  # noqa: S301 - written by our own code in the child
        if isinstance(came_to, Exception):
            raise came_to
        return came_to

    def close(self) -> None:
        """End the child; the next call starts another."""
        with self._lock:
            self._end()

    def _answer(self, asked: bytes) -> bytes | None:
        """What the child answers; None when it had to be killed or died."""
        try:
            child = self._child or self._start()
            with _killed_after(self._seconds, child):
                apart_child.send(cast("IO[bytes]", child.stdin), asked)
                return apart_child.receive(cast("IO[bytes]", child.stdout))
        except (BrokenPipeError, EOFError):
            self._end()
            log.warning("reading a mail was given up", extra={"bytes": len(asked)})
            return None

    def _start(self) -> subprocess.Popen[bytes]:
        known = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        # Nothing secret of our environment; a group of its own, so that Ctrl-C reaches only us.
        child = self._child = subprocess.Popen(
            [sys.executable, "-m", apart_child.__name__, str(self._megabytes), str(self._seconds)],
            env=known | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        weakref.finalize(self, child.kill)
        with _killed_after(_START, child):
            apart_child.receive(cast("IO[bytes]", child.stdout))
        return child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


def _reads_text(work: Callable[..., object]) -> bool:
    return getattr(work, "__module__", "").startswith(TEXTS)


@contextmanager
def _killed_after(seconds: float, child: subprocess.Popen[bytes]) -> Iterator[None]:
    kill = threading.Timer(seconds, child.kill)
    kill.start()
    try:
        yield
    finally:
        kill.cancel()
