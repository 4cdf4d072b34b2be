"""Rounds on an open driver connection: what `round_ports` promises, for both databases. It must not build SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm_workflows.adapters.database.event_queries import EventQueries
from crm_workflows.adapters.database.queries import Queries
from crm_workflows.adapters.database.round_queries import RoundQueries
from crm_workflows.domain.records import CallbackEvent, Customer, DueCallback
from crm_workflows.engine.round_ports import NOT_CALLED, Calls, Piece


class RoundReading:
    """What a reader does for rounds."""

    _queries: Queries

    def _run(self, text: str, values: Sequence[Any], record: type | None = None) -> Any:
        raise NotImplementedError

    def last_of_piece(self, after: str, many: int) -> str | None:
        row = self._run(*RoundQueries(self._queries).last_of_piece(after, many), Customer).fetchone()
        return None if row is None else str(row[0])

    def called(self, calls: Calls, limit: int) -> list[Customer]:
        decode = self._queries.mapper.codecs[Customer].decode
        return [decode(row) for row in self._run(*RoundQueries(self._queries).called(calls, limit)).fetchall()]

    def called_by_owner(self, calls: Calls) -> list[tuple[str, int]]:
        found = self._counted(RoundQueries(self._queries).called_by_owner(calls))
        return [(calls.does, sum(count for _, count in found))] if calls.does and found else found

    def not_called(self, calls: Calls, piece: Piece) -> dict[str, int]:
        found = dict(self._counted(RoundQueries(self._queries).not_called(calls, piece)))
        return {why: found[why] for why in NOT_CALLED if why in found}

    def waiting_by_owner(self) -> list[tuple[str, int]]:
        return self._counted(RoundQueries(self._queries).waiting_by_owner())

    def _counted(self, query: tuple[str, list[Any]]) -> list[tuple[str, int]]:
        return [(str(name), int(count)) for name, count in self._run(*query, Customer).fetchall()]


class RoundWriting(RoundReading):
    """Part of a transaction."""

    def _plan_anew(self, *, by_piece: bool) -> None:
        """From here to the commit the database plans each statement for the rows that it meets, where it would not.

        `by_piece`: each meets a piece of the register, and finds that by its index.
        """

    def make_due(self, calls: Calls, piece: Piece, at: datetime) -> int:
        self._plan_anew(by_piece=True)
        statements = RoundQueries(self._queries).make_due(calls, piece, at)
        return sum(int(self._run(*statement, DueCallback).rowcount) for statement in statements)

    def make_events_due(self, calls: Calls, piece: Piece, too_late: datetime, at: datetime) -> int:
        self._plan_anew(by_piece=True)
        queries = EventQueries(self._queries)
        for query in queries.settle(piece, too_late, at):
            self._run(*query, CallbackEvent)
        made = sum(int(self._run(*one, DueCallback).rowcount) for one in queries.make_due(calls, piece, at))
        self._run(*queries.mark_called(calls, piece, at), CallbackEvent)
        return made

    def hand_out(self, capacity: int, day: tuple[datetime, datetime], at: datetime) -> int:
        self._plan_anew(by_piece=False)
        return int(self._run(*RoundQueries(self._queries).hand_out(capacity, day, at), DueCallback).rowcount)
