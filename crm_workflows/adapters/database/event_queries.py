"""The statements that call customers after or before something happened (CB-1), as SQL text and values.

What is due at a time is few: an index of the open events finds it. It must not execute them.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, exists, func, join, literal_column, not_, null, select, update
from sqlalchemy import false as no
from sqlalchemy import true as yes

from crm_workflows.adapters.database.columns import INSTANT
from crm_workflows.adapters.database.due_writes import Made, due_writes, ends, within
from crm_workflows.adapters.database.queries import Queries
from crm_workflows.adapters.database.queries_reading import Query
from crm_workflows.adapters.database.round_queries import LAST, SILENT_SINCE, complains, fits, fitting, holds_open
from crm_workflows.adapters.database.statements import Parameters
from crm_workflows.adapters.database.tables_customers import callback_events as e
from crm_workflows.adapters.database.tables_customers import customers as c
from crm_workflows.adapters.database.tables_customers import due_callbacks as due
from crm_workflows.domain.records import CallbackEvent
from crm_workflows.engine.round_ports import BLOCKED, CALLED, CONTACTED, LATE, OPTED_OUT, Calls, Piece

OCCURRENCE: Final = e.c.why + literal_column("'/'") + e.c.reference
EXCEPTED: Final[dict[str, ColumnElement[bool]]] = {
    BLOCKED: c.c.status != literal_column("'active'"),
    OPTED_OUT: c.c.consents == no(),
    CONTACTED: and_(LAST.is_not(None), e.c.due_at <= LAST),
}
"""Why an event calls nobody, for good."""


class EventQueries:
    """Builds on the texts that `Queries` keeps."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._instant: Final = queries.mapper.codecs[CallbackEvent].encoders["due_at"]

    def _text(self, key: tuple[object, ...], build: Callable[[Parameters], Any]) -> str:
        return self._queries.text(("event", *key), build)

    def _due(self, piece: Piece, parameters: Parameters) -> list[ColumnElement[bool]]:
        return [e.c.due_at <= parameters.next(INSTANT), *within(e.c.customer, piece, parameters)]

    def _due_values(self, piece: Piece, at: datetime) -> list[Any]:
        return [self._instant(at), *ends(piece)]

    def settle(self, piece: Piece, too_late: datetime, at: datetime) -> list[Query]:
        """What calls nobody leaves the list, with the reason."""
        here = [self._instant(at), *self._due_values(piece, at)]
        is_last = piece.last is None
        reasons = [(self._text((why, is_last), partial(self._except, piece, why)), here) for why in EXCEPTED]
        late = self._text((LATE, is_last), partial(self._except_late, piece)), [*here, self._instant(too_late)]
        return [*reasons, late]

    def _settled(self, outcome: str, piece: Piece, parameters: Parameters) -> Any:
        values = {"settled_at": parameters.next(INSTANT), "due_at": null(), "outcome": literal_column(f"'{outcome}'")}
        return update(e).values(values).where(*self._due(piece, parameters))

    def _except(self, piece: Piece, why: str, parameters: Parameters) -> Any:
        excepted = exists().where(c.c.code == e.c.customer, EXCEPTED[why])
        return self._settled(why, piece, parameters).where(excepted)

    def _except_late(self, piece: Piece, parameters: Parameters) -> Any:
        return self._settled(LATE, piece, parameters).where(e.c.due_at < parameters.next(INSTANT))

    def make_due(self, calls: Calls, piece: Piece, at: datetime) -> list[Query]:
        """A row for each customer whom one calls: for the one that was due first."""
        values = [*([calls.does] if calls.does else []), calls.round, self._instant(at)]
        values += [*self._due_values(piece, at), *fitting(calls)]
        name = ("event", (tuple(calls.equals), bool(calls.tag), bool(calls.does), piece.last is None))
        return due_writes(self._queries, name, partial(self._made, calls, piece), piece, values)

    def _made(self, calls: Calls, piece: Piece, parameters: Parameters) -> Made:
        owner = parameters.next(Text()) if calls.does else None
        given = [parameters.next(due.c.round.type), parameters.next(due.c.made_at.type)]
        first = self._first(calls, piece, parameters)
        columns = {
            due.c.customer: first.c.customer, due.c.owner: first.c.owner if owner is None else owner,
            due.c.why: first.c.why, due.c.round: given[0], due.c.occurrence: first.c.occurrence,
            due.c.made_at: given[1], due.c.priority: literal_column("0"), due.c.silent_since: first.c.silent_since,
            due.c.is_waiting: yes(),
        }  # fmt: skip
        return columns, [first.c.place == literal_column("1")]

    def _first(self, calls: Calls, piece: Piece, parameters: Parameters) -> Any:
        """The events that call somebody; in the first place stands the one that calls."""
        order = [e.c.due_at, e.c.why, e.c.reference]
        place = func.row_number().over(partition_by=e.c.customer, order_by=order).label("place")
        found = select(
            e.c.customer, c.c.owner, e.c.why, OCCURRENCE.label("occurrence"), SILENT_SINCE.label("silent_since"), place
        ).select_from(join(e, c, e.c.customer == c.c.code))
        is_called = [not_(excepted) for excepted in EXCEPTED.values()]
        chosen = [*self._due(piece, parameters), *fits(calls, parameters)]
        return found.where(*chosen, *is_called, not_(holds_open()), not_(complains())).subquery()

    def mark_called(self, calls: Calls, piece: Piece, at: datetime) -> Query:
        """Those that have become rows."""

        def build(parameters: Parameters) -> Any:
            settled = self._settled(CALLED, piece, parameters)
            is_ours = due.c.round == parameters.next(Text())
            return settled.where(
                exists().where(due.c.customer == e.c.customer, due.c.occurrence == OCCURRENCE, is_ours)
            )

        values = [self._instant(at), *self._due_values(piece, at), calls.round]
        return self._text((CALLED, piece.last is None), build), values
