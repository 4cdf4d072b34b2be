"""The ways in which a set of callbacks becomes due rows, one a customer. It must not say who is called.

PostgreSQL carries ON CONFLICT out row by row, and is a third faster with two statements; SQLite with one.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, insert, not_, null, select, update
from sqlalchemy import false as no
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from crm_workflows.adapters.database.statements import Parameters
from crm_workflows.adapters.database.tables_customers import due_callbacks as due

KEY: Final = "customer"
CLEARED: Final[dict[str, Any]] = dict.fromkeys(("opens_at", "handed_at", "case", "problem"), null())
"""What a row of an earlier callback forgets."""
Made = tuple[dict[Any, ColumnElement[Any]], list[ColumnElement[bool]]]
"""What each column of a row is made of, and for whom."""
Write = Callable[[Callable[[Parameters], Made], Parameters], Any]


def due_writes(*, is_sqlite: bool) -> Sequence[Write]:
    """The statements, in order; a row that waits already, or is of the same occurrence, stays as it is."""
    return [put] if is_sqlite else [renew, add]


def put(made: Callable[[Parameters], Made], parameters: Parameters) -> Any:
    columns, called = made(parameters)
    new = sqlite_insert(due).from_select(list(columns), select(*columns.values()).where(*called))
    others: dict[str, Any] = {column.name: new.excluded[column.name] for column in columns if column.name != KEY}
    renewed = and_(due.c.is_waiting == no(), due.c.occurrence != new.excluded.occurrence)
    return new.on_conflict_do_update(index_elements=[KEY], set_=others | CLEARED, where=renewed)


def renew(made: Callable[[Parameters], Made], parameters: Parameters) -> Any:
    columns, called = made(parameters)
    new = select(*(value.label(column.name) for column, value in columns.items())).where(*called).subquery()
    others: dict[str, Any] = {column.name: new.c[column.name] for column in columns if column.name != KEY}
    renewed = and_(due.c.is_waiting == no(), due.c.occurrence != new.c.occurrence)
    return update(due).values(others | CLEARED).where(due.c.customer == new.c.customer, renewed)


def add(made: Callable[[Parameters], Made], parameters: Parameters) -> Any:
    columns, called = made(parameters)
    absent = not_(exists().where(due.c.customer == columns[due.c.customer]))
    return insert(due).from_select(list(columns), select(*columns.values()).where(*called, absent))
