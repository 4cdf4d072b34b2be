"""One `crmw up` for one home: a lock that the system releases when its holder dies, however it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from crm_workflows.adapters.files import private_folder
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.text import bilingual

FILE: Final = "up.lock"


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the home; raises Refused naming the process that holds it already."""
    private_folder(home)
    descriptor = os.open(home / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken(home, descriptor) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def is_held(home: Path) -> bool:
    """Whether a `crmw up` runs on this home."""
    try:
        descriptor = os.open(home / FILE, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _taken(home: Path, descriptor: int) -> Refused:
    pid = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "?"
    return Refused(
        bilingual(
            f"{home} 上已有 crmw up 在运行（进程 {pid}），请先停止它，或用 --home 指定另一个目录",
            f"crmw up runs on {home} already (process {pid}); stop it first, or give another folder with --home",
        )
    )
