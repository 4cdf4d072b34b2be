"""Several processes at work on one PostgreSQL: how much more two and four do than one. It must not judge a time.

Each takes groups of cases from beginning to end, as `grouped` does. Beside it stands the ceiling by as many processes:
what the machine allows, since the server needs its cores too.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from typing import Any, Final

from benchmarks.alternating import paired_ratio
from benchmarks.ceiling import by_hand
from benchmarks.crowd import crowd
from benchmarks.databases import NewDatabase
from benchmarks.figures import Effort, Figure
from benchmarks.ours import GROUP, Ours, at_work

COUNTS: Final = (1, 2, 4)
LONGER: Final = 4
"""Slices are so many times as long as those of one process, which need not agree on a beginning."""
DECIDED: Final = 300
"""Cases that wait for a process, for each second of its slices: more than it can decide."""


def by_workers(name: str, new: NewDatabase, effort: Effort) -> Iterator[Figure]:
    """Of one, two and four processes on one database: whole cases a second, and decisions on cases that wait."""
    rounds, seconds = max(1, effort.rounds // 3), effort.seconds * LONGER
    with ExitStack() as parts:
        shared, most = new(), max(COUNTS)
        with at_work(shared) as ours:
            code = ours.until_decision()
            crowd(shared, code, most * int(DECIDED * (rounds + 1) * len(COUNTS) * seconds + GROUP))
        words: dict[str, list[tuple[str, ...]]] = {
            "cases": [("cases", shared)] * most,
            "decisions": [("decisions", shared, code, str(n)) for n in range(most)],
            "by hand": [("by hand", new()) for _ in range(most)],
        }
        processes = {who: [parts.enter_context(_process(*one)) for one in some] for who, some in words.items()}
        found: dict[tuple[str, int], list[float]] = {(who, many): [] for who in words for many in COUNTS}
        for n in range(rounds + 1):
            for (who, many), rates in found.items():
                rate = _together(processes[who][:many], seconds)
                if n:
                    rates.append(rate)
    yield _figure("cases_per_second_workers", name, "cases", found)
    yield _figure("decisions_per_second_workers", name, "decisions", found)


def _figure(bench: str, name: str, who: str, found: dict[tuple[str, int], list[float]]) -> Figure:
    """Two processes (`ours`) beside one (`ceiling`), with all the others as detail."""
    one, two = found[who, 1], found[who, 2]
    detail: dict[str, Any] = {
        f"{n} {kind}": {"a second": statistics.median(rates), "of one": paired_ratio(rates, found[kind, 1])}
        for (kind, n), rates in found.items()
        if kind in (who, "by hand")
    }
    detail["cores"] = os.cpu_count()
    ratio = paired_ratio(two, one)
    return Figure(bench, name, statistics.median(two), statistics.median(one), ratio, f"{who}/s"[:8], detail)


def _together(processes: "list[subprocess.Popen[str]]", seconds: float) -> float:
    """Cases per second of all of them, side by side."""
    for process in processes:
        print(seconds, file=process.stdin, flush=True)
    return sum(float(process.stdout.readline()) for process in processes if process.stdout)


@contextmanager
def _process(*words: str) -> "Iterator[subprocess.Popen[str]]":
    """One that is ready."""
    command = [sys.executable, "-m", "benchmarks.workers", *words]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if process.stdout is None or process.stdout.readline() != "ready\n":
        raise SystemExit("a process of the benchmark did not start")
    try:
        yield process
    finally:
        process.communicate()


def _work(some: Callable[[], int]) -> None:
    """Say ready; then, for every number of seconds that is read, work so long and say how many cases a second."""
    some()
    print("ready", flush=True)
    for line in sys.stdin:
        done, start = 0, time.perf_counter()
        while (taken := time.perf_counter() - start) < float(line):
            done += some()
        print(done / taken, flush=True)


def _deciding(ours: Ours, code: str, share: int) -> Callable[[], int]:
    """Decides this process's share of the crowd, a group at a time."""
    numbers = count(share + 1, max(COUNTS))

    def some() -> int:
        for n in islice(numbers, GROUP):
            ours.decide(f"{code}-{n}")
        return GROUP

    return some


def _main(who: str, url: str, *more: str) -> None:
    if who == "by hand":
        with by_hand(url) as ceiling:
            _work(ceiling.singly)
    else:
        with at_work(url) as ours:
            _work(ours.grouped if who == "cases" else _deciding(ours, more[0], int(more[1])))


if __name__ == "__main__":
    _main(*sys.argv[1:])
