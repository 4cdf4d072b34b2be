"""Fills a database with waiting cases, by one INSERT … SELECT a table that copies the rows of a real one.

It must not leave out a table that the engine writes: a crowd without its journal, audit or mails would cost nothing.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Engine, Select, Table, Text, cast, func, insert, literal, select

from crm_workflows.adapters.database.columns import JSON_VALUE
from crm_workflows.adapters.database.opening import database_engine, database_url
from crm_workflows.adapters.database.tables import METADATA
from crm_workflows.adapters.database.tables_cases import assignees, audit, business_rows, cases, journal, requests
from crm_workflows.adapters.database.tables_mail import messages

COPIED: Final = {
    cases: "code",
    journal: "case",
    requests: "case",
    assignees: "case",
    audit: "case",
    business_rows: "case",
    messages: "case",
}
"""Each table with the column that holds the code of its case."""
UNIQUE: Final = {("assignees", "token_hash"), ("messages", "id"), ("messages", "message_id")}
"""Unique by themselves, not by the code inside them."""
NOT_OF_A_WAITING_CASE: Final = {
    "bookings",
    "clocks",
    "complaints",
    "contacts_made",
    "customers",
    "decisions",
    "due_callbacks",
    "documents",
    "inbound_mails",
    "links",
    "moves",
    "passes",
    "sign_in_codes",
    "suppliers",
    "survey_invitations",
}


def crowd(url: str, template: str, cases_wanted: int) -> None:
    """Copy the waiting case `template` so often; its mails are marked as sent, as those of a waiting case are."""
    engine = database_engine(database_url(url))
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        connection.execute(messages.update().where(messages.c.case == template).values(status="sent", next_at=None))
        for table, code in COPIED.items():
            copies = _copies(engine, table, code, template, cases_wanted)
            connection.execute(insert(table).from_select(list(table.c), copies))
        connection.exec_driver_sql("COMMIT")
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _copies(engine: Engine, table: Table, code: str, template: str, cases_wanted: int) -> Select[Any]:
    numbers = _numbers(engine, cases_wanted)
    n = cast(numbers.c.n, Text)
    columns = [_copied(column, template, n) for column in table.c]
    return select(*columns).select_from(table).join(numbers, literal(value=True)).where(table.c[code] == template)


def _copied(column: Any, template: str, n: ColumnElement[str]) -> Any:
    if (column.table.name, column.name) in UNIQUE:
        return column + "-" + n
    if column.type is JSON_VALUE:
        return cast(func.replace(cast(column, Text), template, template + "-" + n), column.type)
    if isinstance(column.type, Text):
        return func.replace(column, template, template + "-" + n)
    return column


def _numbers(engine: Engine, up_to: int) -> Any:
    if engine.dialect.name == "postgresql":
        return func.generate_series(1, up_to).table_valued("n", name="numbers").render_derived()
    first = select(literal(1, BigInteger).label("n")).cte("numbers", recursive=True)
    return first.union_all(select(first.c.n + 1).where(first.c.n < up_to))


def tables_left_out() -> set[str]:
    """Tables with rows of a case that a crowd does not have."""
    of_cases = {table.name for table in METADATA.sorted_tables if "case" in table.c}
    return of_cases - {table.name for table in COPIED} - NOT_OF_A_WAITING_CASE
