"""`make bench`: measures, prints the machine and the table, writes the figures. It must not fail because of a time."""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

# Before anything imports Prefect, which reads its settings at import.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
os.environ.setdefault("DO_NOT_TRACK", "1")

from benchmarks.beside import beside_each_other, installed
from benchmarks.databases import DATABASES, NewDatabase, version_of
from benchmarks.figures import FULL, QUICK, Effort, Figure, decision_latency_tracked, decisions, of_database
from benchmarks.machine import described
from benchmarks.rounds import round_rows_per_second
from benchmarks.startup import startup_seconds
from benchmarks.statements import statements_alone
from benchmarks.store_alone import store_alone
from benchmarks.table import lines
from benchmarks.workers import by_workers

SHARED = "postgresql"
"""The database for several machines."""


def main(arguments: list[str] | None = None, quick: Effort = QUICK) -> None:
    """Exit status 0 whatever the figures are; `quick` is how long `--quick` measures."""
    options = _options(arguments)
    effort = quick if options.quick else FULL
    for line in described(options.folder):
        print(line, flush=True)
    if options.peers:
        _peers(options.database or list(DATABASES), options.folder)
        return
    databases = options.database or list(DATABASES)
    if options.waiting:
        measured = _each(databases, options.folder, replace(effort, waiting=options.waiting), decisions)
    elif options.customers:
        measured = _each(databases, options.folder, replace(effort, customers=options.customers), _round)
    else:
        measured = _all(databases, options.folder, effort)
    found: list[Figure] = []
    for figure in measured:
        found.append(figure)
        print("\n".join(lines([figure])[0 if len(found) == 1 else 1 :]), flush=True)
    if options.json:
        text = json.dumps([asdict(figure) for figure in found], indent=2, ensure_ascii=False)
        options.json.write_text(text + "\n", encoding="utf-8")


def _peers(databases: list[str], folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        environment = installed(Path(place) / "peers")
        for name in databases:
            with DATABASES[name](folder) as new:
                print(f"\n{version_of(new())}, every commit synced", flush=True)
                for line in beside_each_other(environment, name, new):
                    print(line, flush=True)


def _all(databases: list[str], folder: Path, effort: Effort) -> Iterator[Figure]:
    for name in databases:
        with DATABASES[name](folder) as new:
            print(f"\n{version_of(new())}, every commit synced", flush=True)
            yield from of_database(name, new, effort)
            yield round_rows_per_second(name, new, effort)
            if effort.tracked:
                yield decision_latency_tracked(name, new, effort)
            yield from statements_alone(name, new, effort)
            yield from store_alone(name, new, effort)
            if name == SHARED:
                yield from by_workers(name, new, effort)
    if effort.starts:
        yield startup_seconds(effort.starts)


def _each(
    databases: list[str], folder: Path, effort: Effort, measure: Callable[[str, NewDatabase, Effort], Iterator[Figure]]
) -> Iterator[Figure]:
    """One kind of figure on every database."""
    for name in databases:
        with DATABASES[name](folder) as new:
            print(f"\n{version_of(new())}, every commit synced", flush=True)
            yield from measure(name, new, effort)


def _round(name: str, new: NewDatabase, effort: Effort) -> Iterator[Figure]:
    yield round_rows_per_second(name, new, effort)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Figures, each beside its hand-written ceiling.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--quick", action="store_true", help="a minute instead of several: rough figures, small crowd")
    parser.add_argument("--database", action="append", choices=list(DATABASES), help="only this one (may be repeated)")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the databases lie")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--customers", type=int, metavar="N", help="only the round, through a register of so many")
    only.add_argument("--waiting", type=int, metavar="N", help="only decisions, beside so many cases that wait")
    parser.add_argument("--peers", action="store_true", help="other engines on the same case, installed for the run")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
