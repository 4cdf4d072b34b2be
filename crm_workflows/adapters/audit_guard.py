"""Triggers that forbid changing the record (G-7) on both databases. Whoever may drop a trigger is found by the chain.

SQLite's REPLACE fires delete triggers only with `PRAGMA recursive_triggers`, which our connections set.
"""

from typing import Final

from sqlalchemy import Connection, Table, event

SQLITE_UPDATE: Final = """CREATE TRIGGER audit_is_never_updated BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows cannot be changed'); END"""

SQLITE_DELETE: Final = """CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows cannot be deleted'); END"""

POSTGRES_FUNCTION: Final = """CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'audit rows cannot be changed or deleted'; END$$"""

POSTGRES_ROWS: Final = """CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION audit_refuses()"""

POSTGRES_TABLE: Final = """CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()"""

GUARDS: Final = {
    "sqlite": (SQLITE_UPDATE, SQLITE_DELETE),
    "postgresql": (POSTGRES_FUNCTION, POSTGRES_ROWS, POSTGRES_TABLE),
}


def guard(table: Table) -> None:
    """Create the triggers whenever the audit table is created from its metadata."""

    @event.listens_for(table, "after_create")
    def create(_target: object, connection: Connection, **_options: object) -> None:
        for statement in GUARDS[connection.dialect.name]:
            connection.exec_driver_sql(statement)
