"""Cases that a real Prefect server shows, in a process of its own, since Prefect's client takes two seconds to import.

It must not be imported by what measures without Prefect.
"""

import json
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.ceiling import by_hand
from benchmarks.ours import at_work
from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress
from crm_workflows.adapters.orchestration.prefect_server import PrefectServer
from crm_workflows.adapters.orchestration.prefect_tracking import Tracking
from crm_workflows.engine.context import by_a_worker
from crm_workflows.engine.running import worker

UP_SECONDS: Final = 120.0
SHOWN_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 0.001


def measured(address: PrefectAddress, url: str, ceiling_url: str, cases: int) -> dict[str, list[float]]:
    """Milliseconds of each of so many cases, beside those of a decision by hand.

    `decided` is from a decision to its stretch done and its mails queued, `shown` to Prefect having its run, and
    `begun` from a new case to its first stretch done and its mails queued, by a worker inside a run of its own.
    """
    found: dict[str, list[float]] = {"ceiling": [], "begun": [], "decided": [], "shown": []}
    tracking = Tracking(address)
    with ExitStack() as parts:
        parts.callback(tracking.close, SHOWN_SECONDS)
        ours = parts.enter_context(at_work(url, tracking, by_a_worker))
        ceiling = parts.enter_context(by_hand(ceiling_url))
        for n in range(cases + 1):
            by_others = ceiling.open()
            start = time.perf_counter()
            ceiling.decide(by_others)
            opened = time.perf_counter()
            code = ours.open()
            worker.one_pass(ours.engine, tracking.run_tracked)
            begun = time.perf_counter()
            ours.decide(code)
            decided = time.perf_counter()
            _wait_until_shown(tracking, n + 1)
            shown = time.perf_counter()
            taken = {
                "ceiling": opened - start,
                "begun": begun - opened,
                "decided": decided - begun,
                "shown": shown - begun,
            }
            if n:  # The first one asks the server for the ids of the process.
                for who, seconds in taken.items():
                    found[who].append(1_000 * seconds)
    return found


def _wait_until_shown(tracking: Tracking, runs: int) -> None:
    """Until Prefect has taken so many finished runs."""
    pause, until = threading.Event(), time.monotonic() + SHOWN_SECONDS
    while tracking.mirror is not None and tracking.mirror.shown < runs:
        if time.monotonic() > until:
            raise SystemExit("Prefect's server did not show a run that was over")
        pause.wait(LOOK_SECONDS)


def _main(home: str, url: str, ceiling_url: str, cases: str) -> None:
    server = PrefectServer(Path(home))
    server.start()
    try:
        server.wait_ready(UP_SECONDS)
        print(json.dumps(measured(server.address, url, ceiling_url, int(cases))))
    finally:
        server.stop()


if __name__ == "__main__":
    _main(*sys.argv[1:])
