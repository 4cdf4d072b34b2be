"""Carries out an import: looks through the whole table first, then writes it by the chunk. It knows no kind of table.

Looking through costs no memory but the keys of the rows; so does writing. A chunk is written or not; a file that died
in the middle goes on when it is imported again, since what is there already counts as unchanged.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal

from crm_workflows.business.imports import following
from crm_workflows.business.imports.opening import open_cases, refuse_unfit
from crm_workflows.business.imports.table import (
    Entry,
    FileRead,
    Kind,
    Plan,
    Problem,
    Surroundings,
    Table,
    is_empty,
    plain,
    read_row,
)
from crm_workflows.domain.cells import Raw
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Duplicate, Reader

log = logging.getLogger(__name__)
Mode = Literal["preview", "all", "good"]
"""Look only; write all rows or none; write the good ones."""
CHUNK: Final = 1000
SEARCHED_FOR_HEADINGS: Final = 10
TRIES: Final = 3
Tell = Callable[[Problem], None]
Progress = Callable[[int, int], None]


@dataclass
class Result:
    """How many rows there were, and what became of them."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    """Rows with a problem; there may be several problems in one."""
    not_compared: int = 0
    """New companies that were not looked for under nearly the same name."""
    is_written: bool = False
    cases: int = 0
    """That begin with it, within minutes where they are not open at once."""
    looks: int = 0
    """Customers who are looked at whether they are to be reviewed."""


def run(
    engine: Engine,
    kind: Kind,
    table: Table,
    file: str,
    mode: Mode,
    tell: Tell,
    progress: Progress = lambda _d, _t: None,
) -> Result:
    """Import a table; `tell` hears each problem by its row. Raises InvalidInput for a table without headings.

    `all` writes nothing as soon as one row is bad.
    """
    kept: dict[str, Any] = {}
    if mode == "good":
        return _pass(engine, kind, table, FileRead(file, kept), tell, progress, is_written=True)
    looked = _pass(engine, kind, table, FileRead(file, kept), tell, progress, is_written=False)
    if mode == "preview" or looked.bad:
        return looked

    def of_all(done: int, _: int) -> None:
        progress(done, looked.rows)

    return _pass(engine, kind, table, FileRead(file, kept), tell, of_all, is_written=True)


def _pass(
    engine: Engine, kind: Kind, table: Table, read: FileRead, tell: Tell, progress: Progress, *, is_written: bool
) -> Result:
    result = Result(is_written=is_written)
    rows = _rows(kind, table)
    while chunk := list(islice(rows, CHUNK)):
        entries: list[Entry] = []
        problems: list[Problem] = []
        for row in chunk:
            if isinstance(row, list):
                problems += row
            elif twice := read.once(kind.columns[0], row, kind.key(row.values)):
                problems.append(twice)
            else:
                entries.append(row)
        plan = _write(engine, kind, entries, read) if is_written else _look(engine, kind, entries, read)
        for problem in sorted([*problems, *plan.problems], key=lambda one: one.row):
            tell(problem)
        result.rows += len(chunk)
        result.added += plan.added
        result.changed += plan.changed
        result.unchanged += plan.unchanged
        result.not_compared += plan.not_compared
        result.cases += following.cases_of(plan, engine.clock.now())
        result.looks += following.looks_of(plan)
        result.bad += len({one.row for one in [*problems, *plan.problems]})
        progress(result.rows, result.rows)
    log.info("table looked through", extra={"kind": kind.name, "rows": result.rows, "written": is_written})
    return result


def _look(engine: Engine, kind: Kind, entries: list[Entry], file: FileRead) -> Plan:
    with engine.store.read() as reader:
        around = _around(engine, reader, file, lambda _series: 0)
        kind.prepare(entries, around)
        plan = kind.plan(entries, around)
        refuse_unfit(engine, reader, kind, plan)
        return plan


def _write(engine: Engine, kind: Kind, entries: list[Entry], file: FileRead) -> Plan:
    """One chunk in one transaction, looked at again where somebody else has just written a row of it."""
    with engine.store.read() as reader:
        kind.prepare(entries, _around(engine, reader, file, lambda _series: 0))
    for left in reversed(range(TRIES)):
        try:
            with engine.store.write() as tx:
                plan = kind.plan(entries, _around(engine, tx, file, tx.next_number))
                refuse_unfit(engine, tx, kind, plan)
                tx.insert(*plan.new)
                for record in {record for record, _, _ in plan.changes}:
                    tx.update_each(record, [(where, values) for of, where, values in plan.changes if of is record])
            open_cases(engine, plan)
            return plan
        except Duplicate:
            if not left:
                raise
    raise AssertionError("unreachable")


def _around(engine: Engine, reader: Reader, file: FileRead, number: Callable[[str], int]) -> Surroundings:
    staff = engine.staff
    zone = staff.calendar().zone
    return Surroundings(reader, staff.directory(), staff.policy(), engine.clock.now(), zone, file, number)


def _rows(kind: Kind, table: Table) -> Iterator[Entry | list[Problem]]:
    rows = table.rows()
    places = _places(kind, islice(rows, SEARCHED_FOR_HEADINGS))
    first, columns = places
    for number, cells in table.rows():
        if number > first and not is_empty(cells):
            yield read_row(kind, columns, table, number, cells)


def _places(kind: Kind, rows: Iterator[tuple[int, Sequence[Raw]]]) -> tuple[int, dict[str, int]]:
    """The row of the headings, which may stand below a title, and where each column is."""
    required = {column.name for column in kind.columns if column.required}
    best: dict[str, int] = {}
    for number, cells in rows:
        found: dict[str, int] = {}
        for at, cell in enumerate(cells):
            known = next((c.name for c in kind.columns if plain(cell) in c.headings), None)
            if known:
                found.setdefault(known, at)
        if required <= set(found):
            return number, found
        best = max(best, found, key=len)
    missing = [column.label for column in kind.columns if column.required and column.name not in best]
    zh, en = (
        "、".join(in_language(label, "zh") for label in missing),
        ", ".join(in_language(label, "en") for label in missing),
    )
    raise InvalidInput(
        bilingual(
            f"前 {SEARCHED_FOR_HEADINGS} 行中没有表头“{zh}”，请补上这些列",
            f"the first {SEARCHED_FOR_HEADINGS} rows have no heading {en}; add these columns",
        )
    )
