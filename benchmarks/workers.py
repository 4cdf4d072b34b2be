"""Several processes at work on one PostgreSQL: how much more two and four do than one. It must not judge a time.

Each takes groups of cases from beginning to end, as `grouped` does; decides cases that wait; and begins ready ones,
twenty in a commit. Beside it stands the ceiling by as many processes: what the machine allows, since the server needs
its cores too.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from typing import Any, Final, NamedTuple

from benchmarks.alternating import Work, paired_ratio, rate_of
from benchmarks.ceiling import by_hand
from benchmarks.crowd import crowd
from benchmarks.databases import NewDatabase
from benchmarks.figures import Effort, Figure
from benchmarks.machine import processor_seconds
from benchmarks.ours import GROUP, Ours, at_work
from crm_workflows.engine.context import by_a_worker

BY_HAND: Final = "by hand"
READY: Final = "ready"
COUNTS: Final = (1, 2, 4)
"""Of these, those up to what the effort allows."""
LONGER: Final = 4
"""Slices are so many times as long as those of one process, which need not agree on a beginning."""
SPARE: Final = 2
"""Cases kept for each one that a process alone did in the same time: more than it will find time for."""


class Slice(NamedTuple):
    """What some processes did side by side."""

    rate: float
    """A second."""
    busy: float
    """Cores at work, the server's too: where all of them are, further processes cannot do more."""


def by_workers(name: str, new: NewDatabase, effort: Effort) -> Iterator[Figure]:
    """Of one, two and four processes on one database: whole cases, decisions on cases that wait, ready cases begun."""
    rounds, seconds = max(1, effort.rounds // 3), effort.seconds * LONGER
    counts = [many for many in COUNTS if many <= effort.workers]
    most, slices = effort.workers, len(counts) * (rounds + 1)
    # One after the other: a server has about a hundred connections, of which twenty clients in each process take most.
    with ExitStack() as parts:
        url, code = _waiting(new(), most, slices, seconds)
        by_us = _processes(parts, *((url, code, str(n), str(most)) for n in range(most)))
        by_others = _processes(parts, *((new(),) for _ in range(most)))
        all_kinds = {"cases": by_us, "decisions": by_us, BY_HAND: by_others}
        found = _measured(all_kinds, counts, rounds, seconds)
    yield _figure("cases_per_second_workers", name, "cases", found)
    yield _figure("decisions_per_second_workers", name, "decisions", found)
    with ExitStack() as parts:
        url = _ready(new(), most, slices, seconds)
        by_us = _processes(parts, *((url, READY) for _ in range(most)))
        by_others = _processes(parts, *((new(),) for _ in range(most)))
        found = _measured({READY: by_us, BY_HAND: by_others}, counts, rounds, seconds)
    yield _figure("ready_cases_per_second_workers", name, READY, found)


def _measured(
    processes: "dict[str, list[subprocess.Popen[str]]]", counts: list[int], rounds: int, seconds: float
) -> dict[tuple[str, int], list[Slice]]:
    """Of each kind and number of processes, what they did in each round; a first round is lost."""
    found: dict[tuple[str, int], list[Slice]] = {(who, many): [] for who in processes for many in counts}
    for n in range(rounds + 1):
        for (who, many), slices in found.items():
            done = _together(processes[who][:many], who, seconds)
            if n:
                slices.append(done)
    return found


def _waiting(url: str, most: int, slices: int, seconds: float) -> tuple[str, str]:
    """The address and the code of a case whose copies wait: enough for so many processes and slices."""
    with at_work(url) as ours:
        code = ours.until_decision()
        rate = _alone(lambda: [ours.until_decision() for _ in range(GROUP)], lambda those: [*map(ours.decide, those)])
        crowd(url, code, most * (GROUP + slices * (GROUP + int(SPARE * rate * seconds))))
    return url, code


def _ready(url: str, most: int, slices: int, seconds: float) -> str:
    """The address of a database with enough ready cases for so many processes and slices."""
    with at_work(url, begins_at_once=by_a_worker) as ours:
        rate = _alone(ours.ready, lambda _none: ours.begin_together())
        crowd(url, ours.open(), most * (GROUP + slices * (GROUP + int(SPARE * rate * seconds))))
    return url


def _alone(prepare: Callable[[], Any], act: Callable[[Any], object]) -> float:
    """How many cases one process alone does a second, of the second group: the first is not timed."""
    start = 0.0
    for _ in range(2):
        prepared = prepare()
        start = time.perf_counter()
        act(prepared)
    return GROUP / (time.perf_counter() - start)


def _figure(bench: str, name: str, who: str, found: dict[tuple[str, int], list[Slice]]) -> Figure:
    """Two processes (`ours`) beside one (`ceiling`), with all the others as detail."""
    rates = {of: [done.rate for done in slices] for of, slices in found.items()}
    detail: dict[str, Any] = {
        f"{n} {kind}": {
            "a second": statistics.median(rates[kind, n]),
            "of one": paired_ratio(rates[kind, n], rates[kind, 1]),
            "cores at work": statistics.median(done.busy for done in slices),
        }
        for (kind, n), slices in found.items()
        if kind in (who, BY_HAND)
    }
    detail["cores"] = os.cpu_count()
    one, two = rates[who, 1], rates[who, 2]
    ratio = paired_ratio(two, one)
    return Figure(bench, name, statistics.median(two), statistics.median(one), ratio, f"{who}/s"[:8], detail)


def _together(processes: "list[subprocess.Popen[str]]", who: str, seconds: float) -> Slice:
    """What they all do side by side."""
    used, start = processor_seconds(), time.perf_counter()
    for process in processes:
        print(seconds, who, file=process.stdin, flush=True)
    rate = sum(float(process.stdout.readline()) for process in processes if process.stdout)
    return Slice(rate, (processor_seconds() - used) / (time.perf_counter() - start))


def _processes(parts: ExitStack, *each: tuple[str, ...]) -> "list[subprocess.Popen[str]]":
    """One for the words of each, all ready; they start side by side."""
    started = [parts.enter_context(_process(*words)) for words in each]
    for process in started:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise SystemExit("a process of the benchmark did not start")
    return started


@contextmanager
def _process(*words: str) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-m", "benchmarks.workers", *words]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.communicate()


def _work(work: dict[str, Work]) -> None:
    """Say ready; then, for every number of seconds and kind of work read, work so long and say how many a second."""
    for some in work.values():
        some()
    print("ready", flush=True)
    for line in sys.stdin:
        seconds, _, who = line.strip().partition(" ")
        print(rate_of(work[who], float(seconds)), flush=True)


def _deciding(ours: Ours, code: str, share: int, of: int) -> Work:
    """Decides this process's share of the crowd, a group at a time."""
    numbers = count(share + 1, of)

    def some() -> int:
        for n in islice(numbers, GROUP):
            ours.decide(f"{code}-{n}")
        return GROUP

    return some


def _beginning(ours: Ours) -> Work:
    def some() -> int:
        ours.begin_together()
        return GROUP

    return some


def _main(url: str, *more: str) -> None:
    if not more:
        with by_hand(url) as ceiling:
            _work({BY_HAND: ceiling.singly})
    elif more == (READY,):
        with at_work(url, begins_at_once=by_a_worker) as ours:
            _work({READY: _beginning(ours)})
    else:
        code, share, of = more
        with at_work(url) as ours:
            _work({"cases": ours.grouped, "decisions": _deciding(ours, code, int(share), int(of))})


if __name__ == "__main__":
    _main(*sys.argv[1:])
