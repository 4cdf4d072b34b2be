"""Kinds of columns, constraints and indexes that the tables are made of. It must not name a table."""

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Text,
)
from sqlalchemy import text as sql

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Sorted by code point on both databases; a locale's order would differ by machine and break indexes on its upgrade."""
INSTANT: Final = DateTime(timezone=True).with_variant(String(32), "sqlite")
"""On SQLite `2026-03-02T01:00:00.000000+00:00`: one length, UTC, so that the order of texts is the order of time."""
JSON_VALUE: Final = JSON().with_variant(Text(), "sqlite")
"""PostgreSQL `json`, not `jsonb`: it keeps key order, 1e+23 and \\u0000 as written."""


FEW_CASES: Final = ("running", "needs_attention")
"""What few of many cases are at any time; the others wait or are closed."""

Columns = list[Column[Any]]


def _columns(kind: Any, names: tuple[str, ...], *, null: bool = False) -> Columns:
    return [Column(name, kind, nullable=null, autoincrement=False) for name in names]


def text(*names: str) -> Columns:
    return _columns(TEXT, names)


def maybe_text(*names: str) -> Columns:
    return _columns(TEXT, names, null=True)


def integer(*names: str) -> Columns:
    return _columns(BigInteger, names)


def maybe_integer(*names: str) -> Columns:
    return _columns(BigInteger, names, null=True)


def flag(*names: str) -> Columns:
    return _columns(Boolean, names)


def instant(*names: str) -> Columns:
    return _columns(INSTANT, names)


def maybe_instant(*names: str) -> Columns:
    return _columns(INSTANT, names, null=True)


def json(*names: str) -> Columns:
    """Always nullable: the JSON value null is kept as NULL."""
    return _columns(JSON_VALUE, names, null=True)


def key(*columns: str) -> PrimaryKeyConstraint:
    return PrimaryKeyConstraint(*columns)


def one_of(column: str, *values: str) -> CheckConstraint:
    """A NULL passes, as always in SQL."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def where_set(table: str, column: str, *leading: str, then: str | None = None, unique: bool = False) -> Index:
    """An index of the rows that have a value in `column`: what is due, however many rows wait for nothing.

    `then` orders rows of the same instant, of which a morning makes thousands; else each batch sorts them all.
    """
    condition = sql(f"{column} IS NOT NULL")
    name = f"{'uq' if unique else 'ix'}_{table}_{column}"
    columns = [*leading, column, *([then] if then else [])]
    return Index(name, *columns, unique=unique, postgresql_where=condition, sqlite_where=condition)


def among_few(table: str, column: str, *values: str, then: str) -> Index:
    """An index of the few rows that have one of these values.

    Written with OR, since SQLite uses it for one of the values only if that comparison is a term of the condition.
    """
    condition = sql(" OR ".join(f"{column} = '{value}'" for value in values))
    return Index(f"ix_{table}_few_by_{column}", column, then, postgresql_where=condition, sqlite_where=condition)
