"""Measures contenders in turn, A B C A B C …, so that a machine that slows down does so for all of them."""

import statistics
import time
from collections.abc import Callable, Mapping

Work = Callable[[], int]
"""Does some cases and returns how many."""
Timed = Callable[[], Callable[[], object]]
"""Prepares without being timed and returns what is timed."""


def rates(work: Mapping[str, Work], *, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Cases per second of every contender, one figure per round; each slice lasts `seconds`. A first round is lost."""
    found: dict[str, list[float]] = {name: [] for name in work}
    for n in range(rounds + 1):
        for name, some in work.items():
            rate = rate_of(some, seconds)
            if n:
                found[name].append(rate)
    return found


def rate_of(some: Work, seconds: float) -> float:
    """Of one slice, which may last longer than told: what is begun is done."""
    done, start = 0, time.perf_counter()
    while True:
        done += some()
        taken = time.perf_counter() - start
        if taken >= seconds:
            return done / taken


def milliseconds(timed: Mapping[str, Timed], times: int) -> dict[str, list[float]]:
    """How long each contender takes, so many times; the first tenth is lost."""
    found: dict[str, list[float]] = {name: [] for name in timed}
    for n in range(times + times // 10):
        for name, prepare in timed.items():
            act = prepare()
            start = time.perf_counter()
            act()
            if n >= times // 10:
                found[name].append((time.perf_counter() - start) * 1_000)
    return found


def percentile(values: list[float], per_cent: int) -> float:
    """The value below which so many per cent lie."""
    return statistics.quantiles(values, n=100, method="inclusive")[per_cent - 1]


def paired_ratio(ours: list[float], ceiling: list[float]) -> float:
    """The median of the ratios of neighbouring slices, which saw the same machine."""
    return statistics.median(a / b for a, b in zip(ours, ceiling, strict=True))
