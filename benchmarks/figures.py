"""The figures of one database, each with its ceiling from the same run. It must not print and must not judge a time."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.alternating import milliseconds, paired_ratio, percentile, rates
from benchmarks.ceiling import Ceiling, by_hand
from benchmarks.crowd import crowd
from benchmarks.databases import NewDatabase
from benchmarks.machine import most_memory
from benchmarks.ours import GROUP, Ours, at_work
from crm_workflows.engine.context import by_a_worker

CEILING: Final = "ceiling"


@dataclass(frozen=True)
class Figure:
    """One line of the table; `ratio` is ours divided by the ceiling, whichever of the two is better when larger."""

    bench: str
    database: str
    ours: float
    ceiling: float | None
    ratio: float | None
    unit: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int
    seconds: float
    decisions: int
    waiting: int
    starts: int
    workers: int
    """Most processes side by side."""
    customers: int = 2_000
    """In the register that a round goes through."""
    recorded: int = 100
    """Cases a slice whose statements are said again."""
    tracked: int = 0
    """Cases that a Prefect server of the run shows."""


FULL: Final = Effort(
    rounds=15, seconds=0.5, decisions=400, waiting=100_000, starts=5, workers=4, customers=100_000, tracked=40
)
QUICK: Final = Effort(rounds=5, seconds=0.2, decisions=60, waiting=2_000, starts=1, workers=2)


def of_database(name: str, new: NewDatabase, effort: Effort) -> Iterator[Figure]:
    """Every figure of one kind of database."""
    yield cases_per_second(name, new, effort)
    yield ready_cases_per_second(name, new, effort)
    yield from decisions(name, new, effort)


def cases_per_second(name: str, new: NewDatabase, effort: Effort) -> Figure:
    """Whole cases, one at a time (`ours`) and in groups of ready cases (`detail`)."""
    with ExitStack() as parts:
        ours = parts.enter_context(at_work(new()))
        ceiling = parts.enter_context(by_hand(new()))
        work = {CEILING: ceiling.singly, "singly": ours.singly, "grouped": ours.grouped}
        found = rates(work, rounds=effort.rounds, seconds=effort.seconds)
    rate = {who: statistics.median(values) for who, values in found.items()}
    ratio = {who: paired_ratio(values, found[CEILING]) for who, values in found.items()}
    detail = {
        "singly": {"ours": rate["singly"], "ratio": ratio["singly"]},
        "grouped": {"ours": rate["grouped"], "ratio": ratio["grouped"], "group": GROUP},
        "best_slice": {who: max(values) for who, values in found.items()},
    }
    return Figure("cases_per_second", name, rate["singly"], rate[CEILING], ratio["singly"], "cases/s", detail)


def ready_cases_per_second(name: str, new: NewDatabase, effort: Effort) -> Figure:
    """First stretches of twenty ready cases in one commit of a worker, beside as many cases opened by hand."""
    with ExitStack() as parts:
        ours = parts.enter_context(at_work(new(), begins_at_once=by_a_worker))
        ceiling = parts.enter_context(by_hand(new()))
        timed = {
            "ours": _of_ready(ours, ours.begin_together),
            CEILING: lambda: lambda: [ceiling.open() for _ in range(GROUP)],
            "singly": _of_ready(ours, ours.begin_singly),
        }
        found = milliseconds(timed, max(2, effort.decisions // GROUP))
    rate = {who: GROUP * 1_000 / statistics.median(values) for who, values in found.items()}
    ratio = paired_ratio(found[CEILING], found["ours"])
    detail = {"singly": {"ours": rate["singly"], "ratio": paired_ratio(found[CEILING], found["singly"])}}
    return Figure("ready_cases_per_second", name, rate["ours"], rate[CEILING], ratio, "cases/s", detail)


def _of_ready(ours: Ours, begin: Callable[[], None]) -> Callable[[], Callable[[], object]]:
    def prepare() -> Callable[[], object]:
        ours.ready()
        return begin

    return prepare


def decisions(name: str, new: NewDatabase, effort: Effort) -> Iterator[Figure]:
    """From the decision to its stretch done and its mails queued, with nobody waiting and beside a crowd that waits."""
    with ExitStack() as parts:
        empty_url, crowded_url = new(), new()
        empty, crowded = parts.enter_context(at_work(empty_url)), parts.enter_context(at_work(crowded_url))
        by_hand_empty, by_hand_crowded = parts.enter_context(by_hand(new())), parts.enter_context(by_hand(new()))
        crowd(crowded_url, crowded.until_decision(), effort.waiting)
        by_hand_crowded.crowd(effort.waiting)
        timed = {
            "ours": _deciding(empty),
            CEILING: _deciding(by_hand_empty),
            "crowded": _deciding(crowded),
            "ceiling crowded": _deciding(by_hand_crowded),
        }
        found = milliseconds(timed, effort.decisions)
        memory = memory_per_waiting_case(name, empty_url, crowded_url, effort.waiting)
    p95 = {who: percentile(values, 95) for who, values in found.items()}
    p50 = {who: percentile(values, 50) for who, values in found.items()}
    yield Figure(
        "decision_latency_p95", name, p95["ours"], p95[CEILING], p95["ours"] / p95[CEILING], "ms",
        {"p50": p50["ours"], "ceiling_p50": p50[CEILING], "decisions": effort.decisions},
    )  # fmt: skip
    yield Figure(
        "decision_latency_waiting", name, p95["crowded"], p95["ceiling crowded"],
        p95["crowded"] / p95["ceiling crowded"], "ms",
        {
            "waiting": effort.waiting,
            "with_none_waiting": p95["ours"],
            "of_the_empty_figure": p95["crowded"] / p95["ours"],
            "p50": p50["crowded"],
            "p50_of_the_empty_figure": p50["crowded"] / p50["ours"],
        },
    )  # fmt: skip
    yield memory


def decision_latency_tracked(name: str, new: NewDatabase, effort: Effort) -> Figure:
    """p50 from the decision to its stretch done and its mails queued, while a Prefect server shows every stretch."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "benchmarks.tracked", home, new(), new(), str(effort.tracked)]
        environment = os.environ | {"PREFECT_HOME": home}
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    found = json.loads(done.stdout.splitlines()[-1])
    p50 = {who: statistics.median(values) for who, values in found.items()}
    detail = {
        "p95": percentile(found["decided"], 95),
        "until_prefect_shows_it_p50": p50["shown"],
        "first_stretch_in_a_run_of_its_own_p50": p50["begun"],
        "decisions": effort.tracked,
    }
    ours, ceiling = p50["decided"], p50[CEILING]
    return Figure("decision_latency_tracked", name, ours, ceiling, ours / ceiling, "ms", detail)


def _deciding(contender: Ours | Ceiling) -> Callable[[], Callable[[], object]]:
    def prepare() -> Callable[[], object]:
        code = contender.until_decision()
        return lambda: contender.decide(code)

    return prepare


def memory_per_waiting_case(name: str, empty_url: str, crowded_url: str, waiting: int) -> Figure:
    """Bytes by which a worker's process is larger when so many cases wait; a new process for each database."""
    empty, crowded = _worker_memory(empty_url), _worker_memory(crowded_url)
    detail = {"waiting": waiting, "worker_with_none_bytes": empty, "worker_with_all_bytes": crowded}
    return Figure("memory_per_waiting_case", name, (crowded - empty) / waiting, 0.0, None, "bytes", detail)


def _worker_memory(url: str) -> int:
    command = [sys.executable, "-m", "benchmarks.figures", url]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def _work_and_tell_memory(url: str) -> None:
    """Work until nothing is ready and take a case through; print the most memory this process ever held, in bytes."""
    with at_work(url) as ours:
        for _ in range(20):
            ours.singly()
        ours.pass_over()
    print(most_memory())


if __name__ == "__main__":
    _work_and_tell_memory(sys.argv[1])
