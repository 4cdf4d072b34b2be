"""A process that really dies: forked, it does something and kills itself -9 at a chosen commit, before or behind it.

A fork costs milliseconds where a new interpreter costs seconds, so that every commit of a story can have its kill. The
parent must hold no open store: a connection does not survive being in two processes.
"""

import os
import signal
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import NoReturn

from tests.engine.breaking import BreakingStore
from tests.engine.databases import Databases
from tests.engine.stories import at_work
from tests.office import Office


def really_killed(
    databases: Databases, do: Callable[[Office], None], began: datetime, commit: int, *, after: bool
) -> datetime | None:
    """Do it in a process of its own that dies at that commit; returns the time of its clock then.

    None when there was no such commit: it ended well, and nobody was killed. Fails the test for any other end.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _live(databases, do, began, commit, writing, after=after)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) == 0:
        return None
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, said
    return datetime.fromisoformat(said)


def _live(
    databases: Databases, do: Callable[[Office], None], began: datetime, commit: int, pipe: int, *, after: bool
) -> NoReturn:
    def die() -> NoReturn:
        os.write(pipe, office.clock.now().isoformat().encode())
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("alive after kill -9")

    status = 1
    try:
        with databases.opened() as store:
            breaking = BreakingStore(store)
            office = at_work(breaking, began)
            breaking.fail_at(commit, after=after, failure=die)
            do(office)
        status = 0
    except BaseException:  # noqa: BLE001 - the parent shows it, whatever it is
        os.write(pipe, traceback.format_exc().encode())
    finally:
        os._exit(status)
