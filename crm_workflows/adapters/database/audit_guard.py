"""Triggers that forbid changing the record (G-7) on both databases. Whoever may drop a trigger is found by the chain.

SQLite's REPLACE fires delete triggers only with `PRAGMA recursive_triggers`, which our connections set.
"""

from typing import Final

from sqlalchemy import Connection, Table, event

SQLITE: Final = (
    """CREATE TRIGGER {table}_is_never_updated BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} rows cannot be changed'); END""",
    """CREATE TRIGGER {table}_is_never_deleted BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} rows cannot be deleted'); END""",
)
POSTGRES: Final = (
    """CREATE FUNCTION {table}_refuses() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION '{table} rows cannot be changed or deleted'; END$$""",
    """CREATE TRIGGER {table}_is_never_changed BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_refuses()""",
    """CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuses()""",
)
GUARDS: Final = {"sqlite": SQLITE, "postgresql": POSTGRES}


def guard(table: Table) -> None:
    """Create the triggers whenever the table is created from its metadata."""

    @event.listens_for(table, "after_create")
    def create(_target: object, connection: Connection, **_options: object) -> None:
        for statement in GUARDS[connection.dialect.name]:
            connection.exec_driver_sql(statement.format(table=table.name))
