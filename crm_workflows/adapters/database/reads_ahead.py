"""Reads made before they are asked for, in the journey that locks a case. It must not reach the server itself."""

from collections.abc import Sequence
from typing import Any

from crm_workflows.adapters.database.queries import Queries
from crm_workflows.adapters.database.sql_transaction import Errors, SqlReader


class Answer:
    """Rows that have come with an earlier journey."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows[0] if self._rows else None


class Asked(SqlReader):
    """Notes what is read through it, and finds nothing."""

    def __init__(self, queries: Queries, errors: Errors) -> None:
        super().__init__(None, queries, errors)
        self.queries: list[tuple[str, Sequence[Any]]] = []

    def _run(self, text: str, values: Sequence[Any], record: type | None = None) -> Any:  # noqa: ARG002 - as asked
        self.queries.append((text, values))
        return Answer([(0,)] if "count(*)" in text else [])


def key_of(text: str, values: Sequence[Any]) -> tuple[str, tuple[Any, ...]] | None:
    """None where a value is a list: such reads are not made ahead."""
    return None if any(isinstance(value, list) for value in values) else (text, tuple(values))
