"""The set-based statements of rounds of callbacks, as SQL text and values. It must not execute them.

The table of due callbacks has no index that a round would fill in random order: with one by owner and urgency a round
over a million customers took four times as long. What is handed out in a day is found by a scan, once a morning.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    case,
    exists,
    func,
    literal_column,
    not_,
    or_,
    outerjoin,
    select,
    update,
)
from sqlalchemy import false as no
from sqlalchemy import true as yes

from crm_workflows.adapters.database.columns import INSTANT
from crm_workflows.adapters.database.due_writes import Made, due_writes, ends, within
from crm_workflows.adapters.database.queries import Queries
from crm_workflows.adapters.database.queries_reading import ZERO, Query, limited
from crm_workflows.adapters.database.statements import Parameters
from crm_workflows.adapters.database.tables_cases import cases, links
from crm_workflows.adapters.database.tables_customers import complaints
from crm_workflows.adapters.database.tables_customers import customers as c
from crm_workflows.adapters.database.tables_customers import due_callbacks as due
from crm_workflows.domain.records import UNFINISHED, Customer
from crm_workflows.engine.round_ports import (
    BLOCKED,
    CONTACTED,
    FOLLOW_UP,
    OPEN_CALLBACK,
    OPEN_COMPLAINT,
    OPTED_OUT,
    Calls,
    Piece,
)

OPEN: Final[list[ColumnElement[Any]]] = [literal_column(f"'{status}'") for status in UNFINISHED]
LAST: Final = c.c.last_contact_at
SILENT_SINCE: Final = func.coalesce(c.c.last_contact_at, c.c.registered_at)
Shape = tuple[object, ...]
IsTime = Callable[[Calls, Parameters], ColumnElement[bool]]


def holds_open() -> ColumnElement[bool]:
    """Whether the callback that a customer's row names is open."""
    return and_(
        c.c.open_callback.is_not(None), exists().where(cases.c.code == c.c.open_callback, cases.c.status.in_(OPEN))
    )


def complains() -> ColumnElement[bool]:
    """Whether a complaint of the customer, or the follow-up of one, is open."""
    is_open = exists().where(cases.c.code == complaints.c.case, cases.c.status.in_(OPEN))
    is_followed_up = exists().where(
        links.c.case == complaints.c.case, links.c.relation == literal_column(f"'{FOLLOW_UP}'"),
        cases.c.code == links.c.other, cases.c.status.in_(OPEN),
    )  # fmt: skip
    return exists().where(complaints.c.customer == c.c.code, or_(is_open, is_followed_up))


EXCEPTED: Final[dict[str, ColumnElement[bool]]] = {
    BLOCKED: c.c.status != literal_column("'active'"),
    OPTED_OUT: c.c.consents == no(),
    OPEN_CALLBACK: holds_open(),
    OPEN_COMPLAINT: complains(),
}
"""Why a customer is not called whatever the time, in the order of `NOT_CALLED`."""


ASKED_AT: Final = (
    select(due.c.handed_at).where(due.c.customer == c.c.code, due.c.case.is_not(None)).correlate(c).scalar_subquery()
)
"""When the last callback was opened: one that was skipped is no contact, and comes no sooner all the same.

No EXISTS, for which PostgreSQL would read all callbacks at once, as all the pieces of a round before have left them.
"""


def shape_of(calls: Calls, piece: Piece) -> Shape:
    """All that the text of a statement depends on."""
    return (
        tuple(calls.equals), bool(calls.tag), tuple(calls.tiers), tuple(calls.closer), bool(calls.does),
        calls.agreed_by is None, piece.last is None,
    )  # fmt: skip


def fits(calls: Calls, parameters: Parameters) -> list[ColumnElement[bool]]:
    """That a customer has what the round chooses by; a tag stands between bars."""
    equal = [c.c[name] == parameters.next(Text()) for name in calls.equals]
    return [*equal, *([c.c.tags.like(parameters.next(Text()))] if calls.tag else [])]


def fitting(calls: Calls) -> list[Any]:
    """The values for `fits`."""
    return [*calls.equals.values(), *([f"%|{calls.tag}|%"] if calls.tag else [])]


class RoundQueries:
    """Builds on the texts that `Queries` keeps."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._instant: Final = queries.mapper.codecs[Customer].encoders["registered_at"]

    def _text(self, key: tuple[object, ...], build: Callable[[Parameters], Any]) -> str:
        return self._queries.text(("round", *key), build)

    def last_of_piece(self, after: str, many: int) -> Query:
        """The code so many places behind."""

        def build(parameters: Parameters) -> Any:
            found = select(c.c.code).where(c.c.code > parameters.next(Text())).order_by(c.c.code)
            return limited(found, parameters)

        return self._text(("last",), build), [after, 1, many - 1]

    def _chosen(self, calls: Calls, piece: Piece, parameters: Parameters) -> list[ColumnElement[bool]]:
        """Whom the round chooses in this piece of the register."""
        found = [*within(c.c.code, piece, parameters), *fits(calls, parameters)]
        return [*found, parameters.next(INSTANT) >= SILENT_SINCE]

    def _values(self, calls: Calls, piece: Piece) -> list[Any]:
        return [*ends(piece), *fitting(calls), self._instant(calls.silent_since)]

    def _excepted(self, calls: Calls, parameters: Parameters) -> dict[str, ColumnElement[bool]]:
        """Why somebody is not called, in the order of `NOT_CALLED`."""
        return {**EXCEPTED, CONTACTED: not_(self._is_time(calls, parameters))}

    def _is_time(self, calls: Calls, parameters: Parameters) -> ColumnElement[bool]:
        """Whether the silence is over that is allowed with this customer, or the next callback has come."""
        usual = self._is_usual(calls, parameters)
        return or_(usual, self._is_closer(calls, parameters)) if calls.closer else usual

    def _is_sooner(self, calls: Calls, parameters: Parameters) -> ColumnElement[bool]:
        """Whether it is time by the shorter silence alone."""
        is_some = or_(c.c.overdue_since.is_not(None), c.c.complaint_until.is_not(None))  # Few are, and it costs least.
        return and_(is_some, not_(self._is_usual(calls, parameters)), self._is_closer(calls, parameters))

    def _is_usual(self, calls: Calls, parameters: Parameters) -> ColumnElement[bool]:
        """Whether the silence of the tier is over, or the next callback has come."""
        if calls.agreed_by is None:
            return or_(*self._by_tier(calls.tiers, parameters, lambda cut: or_(LAST.is_(None), cut >= LAST)))
        come = c.c.next_callback_at <= parameters.next(INSTANT)
        silent = self._by_tier(calls.tiers, parameters, lambda cut: cut >= SILENT_SINCE)
        agreed = and_(c.c.next_callback_at.is_not(None), come)
        return or_(agreed, and_(c.c.next_callback_at.is_(None), or_(*silent)))

    def _is_closer(self, calls: Calls, parameters: Parameters) -> ColumnElement[bool]:
        """Whether the shorter silence is over that is allowed with some (docs/decisions/0032)."""
        until = c.c.complaint_until
        holds = or_(c.c.overdue_since.is_not(None), and_(until.is_not(None), until > parameters.next(INSTANT)))
        silent = self._by_tier(calls.closer, parameters, lambda cut: cut >= SILENT_SINCE)
        unasked = self._by_tier(calls.closer, parameters, lambda cut: cut >= func.coalesce(ASKED_AT, SILENT_SINCE))
        return and_(holds, or_(*silent), or_(*unasked))

    def _by_tier(
        self, tiers: Iterable[str], parameters: Parameters, compared: Callable[[Any], ColumnElement[bool]]
    ) -> list[ColumnElement[bool]]:
        return [and_(c.c.tier == literal_column(f"'{tier}'"), compared(parameters.next(INSTANT))) for tier in tiers]

    def _instants(self, calls: Calls) -> list[Any]:
        """What `_is_time` or `_is_sooner` compares with."""
        agreed = [] if calls.agreed_by is None else [calls.agreed_by]
        closer = [calls.at, *calls.closer.values(), *calls.closer.values()] if calls.closer else []
        return [self._instant(instant) for instant in (*agreed, *calls.tiers.values(), *closer)]

    def _called(
        self, calls: Calls, piece: Piece, parameters: Parameters, is_time: IsTime | None = None
    ) -> list[ColumnElement[bool]]:
        chosen = self._chosen(calls, piece, parameters)
        time = (is_time or self._is_time)(calls, parameters)
        return [*chosen, time, *(not_(why) for why in EXCEPTED.values())]

    def _called_values(self, calls: Calls, piece: Piece) -> list[Any]:
        return [*self._values(calls, piece), *self._instants(calls)]

    def called(self, calls: Calls, limit: int) -> Query:
        """The first of those whom it calls."""
        piece = Piece()

        def build(parameters: Parameters) -> Any:
            return limited(select(c).where(*self._called(calls, piece, parameters)).order_by(c.c.code), parameters)

        text = self._text(("called", shape_of(calls, piece)), build)
        return text, [*self._called_values(calls, piece), limit, 0]

    def called_by_owner(self, calls: Calls) -> Query:
        """How many for each owner of customers."""
        piece = Piece()

        def build(parameters: Parameters) -> Any:
            found = select(c.c.owner, func.count()).where(*self._called(calls, piece, parameters))
            return found.group_by(c.c.owner).order_by(c.c.owner)

        return self._text(("by owner", shape_of(calls, piece)), build), self._called_values(calls, piece)

    def not_called(self, calls: Calls, piece: Piece) -> Query:
        """Number and reason."""

        def build(parameters: Parameters) -> Any:
            whens: list[Any] = [
                (why, literal_column(f"'{name}'")) for name, why in self._excepted(calls, parameters).items()
            ]
            reason = case(*whens).label("reason")
            inner = select(reason).where(*self._chosen(calls, piece, parameters)).subquery()
            found = select(inner.c.reason, func.count()).where(inner.c.reason.is_not(None))
            return found.group_by(inner.c.reason)

        values = [*self._instants(calls), *self._values(calls, piece)]
        return self._text(("not called", shape_of(calls, piece)), build), values

    def make_due(self, calls: Calls, piece: Piece, at: datetime) -> list[Query]:
        """A row for each whom it calls; one that waits already, or is of this very occurrence, stays as it is.

        Whom the shorter silence alone calls come by themselves: that condition reads the very table that a round fills,
        for which SQLite writes all that it finds into a table of its own first, a quarter of the time of a round.
        """
        usual = self._made(replace(calls, closer={}), piece, at, self._is_time)
        return [*usual, *self._made(calls, piece, at, self._is_sooner)] if calls.closer else usual

    def _made(self, calls: Calls, piece: Piece, at: datetime, is_time: IsTime) -> list[Query]:
        def made(parameters: Parameters) -> Made:
            return self._columns(calls, parameters), self._called(calls, piece, parameters, is_time)

        name = ("round", is_time.__name__, shape_of(calls, piece))
        return due_writes(self._queries, name, made, piece, self._made_values(calls, piece, at))

    def _columns(self, calls: Calls, parameters: Parameters) -> dict[Any, ColumnElement[Any]]:
        """What a row is made of."""
        owner = parameters.next(Text()) if calls.does else c.c.owner
        given = [parameters.next(column.type) for column in (due.c.why, due.c.round, due.c.occurrence, due.c.made_at)]
        urgency: list[Any] = [
            (c.c.tier == literal_column(f"'{tier}'"), literal_column(str(n))) for n, tier in enumerate(calls.tiers, 1)
        ]
        if calls.agreed_by is not None:
            agreed = or_(*self._by_tier(calls.tiers, parameters, lambda cut: cut < LAST))
            urgency.insert(0, (and_(c.c.next_callback_at.is_not(None), agreed), literal_column("0")))
        return {
            due.c.customer: c.c.code, due.c.owner: owner,
            due.c.why: given[0], due.c.round: given[1], due.c.occurrence: given[2], due.c.made_at: given[3],
            due.c.priority: case(*urgency), due.c.silent_since: SILENT_SINCE, due.c.is_waiting: yes(),
        }  # fmt: skip

    def _made_values(self, calls: Calls, piece: Piece, at: datetime) -> list[Any]:
        given = [calls.why, calls.round, calls.occurrence, self._instant(at)]
        if calls.agreed_by is not None:
            given += map(self._instant, calls.tiers.values())
        return [*([calls.does] if calls.does else []), *given, *self._called_values(calls, piece)]

    def waiting_by_owner(self) -> Query:
        """How many wait for each."""

        def build(_parameters: Parameters) -> Any:
            waiting = select(due.c.owner, func.count()).where(due.c.is_waiting == yes(), due.c.handed_at.is_(None))
            return waiting.group_by(due.c.owner).order_by(due.c.owner)

        return self._text(("waiting",), build), []

    def hand_out(self, capacity: int, day: tuple[datetime, datetime], at: datetime) -> Query:
        """Mark the most urgent of each owner, as many as there is room for."""

        def build(parameters: Parameters) -> Any:
            now = [parameters.next(INSTANT), parameters.next(INSTANT)]
            urgency = [due.c.priority, due.c.silent_since, due.c.customer]
            place = func.row_number().over(partition_by=due.c.owner, order_by=urgency).label("place")
            waiting = select(due.c.customer, due.c.owner, place).where(
                due.c.is_waiting == yes(), due.c.handed_at.is_(None)
            )
            queue = waiting.subquery()
            count = func.count().label("count")
            today = due.c.handed_at >= parameters.next(INSTANT), due.c.handed_at < parameters.next(INSTANT)
            handed = select(due.c.owner, count).where(*today)
            taken = handed.group_by(due.c.owner).subquery()
            among = outerjoin(queue, taken, queue.c.owner == taken.c.owner)
            room = queue.c.place + func.coalesce(taken.c.count, ZERO) <= parameters.next(BigInteger())
            chosen = select(queue.c.customer).select_from(among).where(room)
            marked = update(due).ordered_values((due.c.handed_at, now[0]), (due.c.opens_at, now[1]))
            return marked.where(due.c.customer.in_(chosen))

        stamps = [self._instant(instant) for instant in (at, at, *day)]
        return self._text(("hand out",), build), [*stamps, capacity]
