"""`python -m tests.simulator`: worlds one after the other, each from a seed; what breaks is shown from its seed."""

import argparse
import random
import re
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.simulator.run import CASES, Result, shortest, simulate

CASE = re.compile(r"S[MA]-\d{4}-\d{5}")
LAST_LINES, MOST_FAULTS = 60, 10


def main() -> int:
    """Print figures; status 1 when something broke, with the seed and the way to it."""
    given = _arguments()
    seeds = range(given.seed, given.seed + -(-given.cases // given.size))
    began, worked = time.perf_counter(), time.process_time()
    results = []
    for result in _worlds(seeds, given.size, given.jobs):
        results.append(result)
        if given.trace:
            Path(given.trace).write_text("\n".join(result.trace) + "\n", encoding="utf-8")
        if result.broken or time.process_time() - worked > given.seconds:
            break
    _say_figures(results, time.perf_counter() - began)
    broken = [result for result in results if result.broken]
    if broken:
        _say_broken(broken[0], is_short=given.short)
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**9), help="of the first world (default: drawn)")
    parser.add_argument("--cases", type=int, default=200, help="in all worlds together (default: 200)")
    parser.add_argument("--size", type=int, default=CASES, help=f"cases in one world (default: {CASES})")
    parser.add_argument(
        "--seconds",
        type=float,
        default=float("inf"),
        help="begin no further world after so many seconds of its own processor time",
    )
    parser.add_argument("--jobs", type=int, default=1, help="worlds side by side, each in a process of its own")
    parser.add_argument("--trace", help="write the trace of the last world to this file")
    parser.add_argument("--short", action="store_true", help="do not look for the shortest way to what broke")
    return parser.parse_args()


def _worlds(seeds: range, size: int, jobs: int) -> Iterable[Result]:
    if jobs == 1:
        yield from (simulate(seed, size) for seed in seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        try:
            yield from pool.map(simulate, seeds, [size] * len(seeds))
        finally:
            pool.shutdown(cancel_futures=True)


def _say_figures(results: list[Result], seconds: float) -> None:
    cases, events, commits, mails, kills, stops = (
        sum(getattr(result, name) for result in results)
        for name in ("cases", "events", "commits", "mails", "kills", "stops")
    )
    first, last = results[0].seed, results[-1].seed
    print(
        f"seeds {first} to {last}: {cases} cases, {events} events, {commits} commits, {mails} mails, "
        f"{kills} killed and {stops} stopped processes in {seconds:.1f} s: {cases / seconds * 60:.0f} cases a minute"
    )


def _say_broken(result: Result, *, is_short: bool) -> None:
    print(f"seed {result.seed}, {result.cases} cases, event {result.events}:", *result.broken[:MOST_FAULTS], sep="\n  ")
    if is_short:
        return
    least, event = shortest(result)
    codes = {code for fault in least.broken for code in CASE.findall(fault)}
    lines = [line for line in least.trace if not codes or any(code in line for code in codes)]
    print(f"the shortest way there: --seed {least.seed} --cases {least.cases} --size {least.cases}, event {event}:")
    print(*least.broken[:MOST_FAULTS], sep="\n  ")
    print(f"the last of it that concerns {', '.join(sorted(codes)) or 'it'}:", *lines[-LAST_LINES:], sep="\n")


if __name__ == "__main__":
    sys.exit(main())
