"""A process that really dies: forked, it lives one life of a role, and kills itself -9 at a commit.

A fork costs milliseconds where a new interpreter costs seconds, so that every commit of a case can have its kill. The
parent must hold no open store: a connection does not survive being in two processes.
"""

import json
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from tests.engine.databases import Databases
from tests.engine.dying_story import Death, Deed, live
from tests.invariants import broken, suite


@dataclass(frozen=True)
class End:
    """How a life ended: the time, where it was killed if it was, and what did not hold when it began or ended."""

    at: datetime
    death: Death | None
    faults: list[str]


def forked(databases: Databases, deed: Deed, at: datetime, home: Path, is_time: Callable[[Death], bool]) -> End:
    """Live in a process of its own. Fails the test when it ends neither well nor by its own kill."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _live(databases, deed, at, home, is_time, writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    exit_code = os.waitstatus_to_exitcode(status)
    assert exit_code in (0, -signal.SIGKILL), said
    told = json.loads(said)
    died = told["death"]
    assert (exit_code == 0) == (died is None), said
    death = died and Death(**died | {"commit": tuple(died["commit"]), "at": datetime.fromisoformat(died["at"])})
    return End(datetime.fromisoformat(told["at"]), death, told["faults"])


def _live(
    databases: Databases, deed: Deed, at: datetime, home: Path, is_time: Callable[[Death], bool], pipe: int
) -> NoReturn:
    faults: list[str] = []

    def tell(now: datetime, death: dict[str, Any] | None) -> None:
        said = {"at": now.isoformat(), "death": death, "faults": [*faults, *suite.SUITE.faults]}
        os.write(pipe, json.dumps(said, default=str).encode())

    def die(death: Death) -> NoReturn:
        tell(death.at, asdict(death))
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("alive after kill -9")

    status = 1
    try:
        with databases.opened() as store:
            faults += broken(store)
            now = live(store, deed, at, home, is_time, die)
        tell(now, None)
        status = 0
    except BaseException:  # noqa: BLE001 - the parent shows it, whatever it is
        os.write(pipe, traceback.format_exc().encode())
    finally:
        os._exit(status)
