"""The ways in which a set of callbacks becomes due rows, one a customer. It must not say who is called.

PostgreSQL carries ON CONFLICT out row by row, and is a third faster with two statements; SQLite with one. Those two are
told which part of the due rows a piece of the register can meet: else each piece reads all that the pieces before it
have written, and a round over a million customers takes four times as long.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, exists, insert, not_, null, select, update
from sqlalchemy import false as no
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from crm_workflows.adapters.database.queries import Queries
from crm_workflows.adapters.database.queries_reading import Query
from crm_workflows.adapters.database.statements import Parameters
from crm_workflows.adapters.database.tables_customers import due_callbacks as due
from crm_workflows.engine.round_ports import Piece

KEY: Final = "customer"
CLEARED: Final[dict[str, Any]] = dict.fromkeys(("opens_at", "handed_at", "case", "problem"), null())
"""What a row of an earlier callback forgets."""
Made = tuple[dict[Any, ColumnElement[Any]], list[ColumnElement[bool]]]
"""What each column of a row is made of, and for whom."""
Make = Callable[[Parameters], Made]
Write = Callable[[Make, Piece, Parameters], Any]


def due_writes(
    queries: Queries, name: tuple[object, ...], make: Make, piece: Piece, values: Sequence[Any]
) -> list[Query]:
    """The statements, in order; a row that waits already, or is of the same occurrence, stays as it is.

    `name` is all that their text depends on, `values` what `make` needs.
    """
    writes: Sequence[Write] = [put] if queries.mapper.is_sqlite else [renew, add]
    given = [*values, *([] if queries.mapper.is_sqlite else ends(piece))]
    return [(queries.text((*name, write.__name__), partial(write, make, piece)), given) for write in writes]


def within(column: ColumnElement[Any], piece: Piece, parameters: Parameters) -> list[ColumnElement[bool]]:
    """That the code of a customer lies in this piece of the register."""
    found = [column > parameters.next(Text())]
    return [*found, *([] if piece.last is None else [column <= parameters.next(Text())])]


def ends(piece: Piece) -> list[Any]:
    """The values for `within`."""
    return [piece.after] if piece.last is None else [piece.after, piece.last]


def put(make: Make, _piece: Piece, parameters: Parameters) -> Any:
    columns, called = make(parameters)
    new = sqlite_insert(due).from_select(list(columns), select(*columns.values()).where(*called))
    others: dict[str, Any] = {column.name: new.excluded[column.name] for column in columns if column.name != KEY}
    renewed = and_(due.c.is_waiting == no(), due.c.occurrence != new.excluded.occurrence)
    return new.on_conflict_do_update(index_elements=[KEY], set_=others | CLEARED, where=renewed)


def renew(make: Make, piece: Piece, parameters: Parameters) -> Any:
    columns, called = make(parameters)
    new = select(*(value.label(column.name) for column, value in columns.items())).where(*called).subquery()
    others: dict[str, Any] = {column.name: new.c[column.name] for column in columns if column.name != KEY}
    renewed = and_(due.c.is_waiting == no(), due.c.occurrence != new.c.occurrence)
    here = within(due.c.customer, piece, parameters)
    return update(due).values(others | CLEARED).where(due.c.customer == new.c.customer, renewed, *here)


def add(make: Make, piece: Piece, parameters: Parameters) -> Any:
    columns, called = make(parameters)
    absent = not_(exists().where(due.c.customer == columns[due.c.customer], *within(due.c.customer, piece, parameters)))
    return insert(due).from_select(list(columns), select(*columns.values()).where(*called, absent))
