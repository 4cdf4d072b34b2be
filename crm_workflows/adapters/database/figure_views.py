"""The views behind the key figures: one definition for both databases (docs/decisions/0023). No queries here.

Each gives one row for each thing that a figure counts, in the columns of `Observed`. A view knows no period, no present
instant and no policy: those come from whoever asks. Both databases take `->` and `->>` with a name.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, event

from crm_workflows.adapters.database.columns import METADATA
from crm_workflows.adapters.database.figure_sources import SOURCES
from crm_workflows.adapters.database.figure_sources_of_approvals import Source

PREFIX: Final = "kpi_"
TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)", "whole": "BIGINT"},
    "postgresql": {"text": "TEXT", "instant": "TIMESTAMP WITH TIME ZONE", "whole": "BIGINT"},
}
COLUMNS: Final = {
    "process": "text",
    "what": "text",
    "person": "text",
    "part": "text",
    "at": "instant",
    "began_at": "instant",
    "ended_at": "instant",
    "until_on": "text",
    "hit": "whole",
    "number": "whole",
    "amount": "text",
    "product": "text",
    "department": "text",
    "reference": "text",
    "result": "text",
}
"""In the order of `Observed`, with their kinds."""


def definitions(dialect: str) -> Iterator[tuple[str, str]]:
    """Name and `CREATE VIEW` of each."""
    for name, source in SOURCES.items():
        yield f"{PREFIX}{name}", f"CREATE VIEW {PREFIX}{name} AS\n{_select(source, TYPES[dialect])}"


def create(connection: Connection) -> None:
    """Make all views anew as this program knows them."""
    drop(connection)
    for _, statement in definitions(connection.dialect.name):
        connection.exec_driver_sql(statement)


def drop(connection: Connection) -> None:
    """Take the views away, also those of another version: a table cannot be changed while one reads it."""
    if connection.dialect.name == "sqlite":
        known = "SELECT name FROM sqlite_master WHERE type = 'view'"
    else:
        known = "SELECT viewname FROM pg_views WHERE schemaname = current_schema()"
    for (name,) in connection.exec_driver_sql(known).fetchall():
        if name.startswith(PREFIX):
            connection.exec_driver_sql(f"DROP VIEW {name}")


def _select(source: Source, types: dict[str, str]) -> str:
    return "\nUNION ALL\n".join(_part(part, types) for part in source)


def _part(columns: dict[str, str], types: dict[str, str]) -> str:
    given = (f"{_value(name, columns, types)} AS {name}" for name in COLUMNS)
    return f"SELECT {', '.join(given)}\nFROM {columns['from']}"


def _value(name: str, columns: dict[str, str], types: dict[str, str]) -> str:
    kind = types[COLUMNS[name]]
    return f"CAST({columns[name]} AS {kind})" if name in columns else f"CAST(NULL AS {kind})"


@event.listens_for(METADATA, "after_create")
def _with_the_tables(_target: object, connection: Connection, **_options: object) -> None:
    """Whenever the tables are created from their declaration."""
    create(connection)
