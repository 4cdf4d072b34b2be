"""Key figures on an open driver connection: what `figure_ports` promises, for both databases. It defines no figure."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from operator import eq, ge, lt
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    MetaData,
    Table,
    Text,
    case,
    cast,
    extract,
    func,
    literal_column,
    select,
)

from crm_workflows.adapters.database.codec import Codec
from crm_workflows.adapters.database.columns import INSTANT, TEXT
from crm_workflows.adapters.database.figure_views import COLUMNS, PREFIX
from crm_workflows.adapters.database.queries import ONE, Queries
from crm_workflows.adapters.database.queries_reading import ZERO, limited
from crm_workflows.adapters.database.statements import Parameters
from crm_workflows.engine.figure_ports import EVERYTHING, Aged, By, Narrowed, Observed

KINDS: Final[dict[str, Any]] = {"text": TEXT, "instant": INSTANT, "whole": BigInteger()}

COMPARED: Final[dict[str, tuple[Callable[[Any, Any], ColumnElement[bool]], str, Any]]] = {
    "since": (ge, "at", INSTANT),
    "before": (lt, "at", INSTANT),
    "began_before": (lt, "began_at", INSTANT),
    "process": (eq, "process", Text()),
    "part": (eq, "part", Text()),
    "person": (eq, "person", Text()),
}
"""What is asked for, with how it is compared with which column."""
ALIKE: Final = ("process", "person", "part", "product", "department", "number", "result")
"""With `hit`, by what observations that are counted together are told apart."""
MICROSECOND: Final = timedelta(microseconds=1)
MILLION: Final = literal_column("1000000", BigInteger)
AT_LEISURE: Final = "SELECT set_config('idle_in_transaction_session_timeout', '10min', true)"
"""PostgreSQL ends a transaction of ours that asks nothing for some seconds (`SESSION`); to work through a year of many
cases takes longer on a busy machine. This one reads, and no case waits for it."""


@lru_cache(maxsize=128)
def _view(name: str) -> Table:
    """The columns of a view; apart from the tables, since nobody creates it as one."""
    columns = (Column(one, KINDS[kind], nullable=one not in ("process", "what")) for one, kind in COLUMNS.items())
    return Table(f"{PREFIX}{name}", MetaData(), *columns)


@lru_cache(maxsize=2)
def _codec(is_sqlite: bool) -> Codec[Observed]:
    return Codec(Observed, _view("any"), is_sqlite=is_sqlite, beside=1)  # a view's row stands for one: no `many`


class FigureReading:
    """What a reader does for figures."""

    _queries: Queries

    def _run(self, text: str, values: Sequence[Any], record: type | None = None) -> Any:
        raise NotImplementedError

    def observed(
        self,
        kpi: str,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        process: str | None = None,
        narrowed: Narrowed = EVERYTHING,
    ) -> list[Observed]:
        view, codec = _view(kpi), _codec(self._queries.mapper.is_sqlite)
        wanted = {
            "since": since, "before": before, "began_before": narrowed.began_before, "process": process,
            "part": narrowed.part, "person": narrowed.person, "limit": narrowed.limit,
            "offset": 0 if narrowed.limit is not None else None,
        }  # fmt: skip
        asked = tuple(name for name, value in wanted.items() if value is not None)

        def build(parameters: Parameters) -> Any:
            compared = (COMPARED[name] for name in asked if name in COMPARED)
            tests = (compare(view.c[column], parameters.next(kind)) for compare, column, kind in compared)
            found = (
                select(view)
                .where(*tests)
                .order_by(view.c.at.asc().nulls_last(), view.c.what, view.c.part, view.c.person)
            )
            return limited(found, parameters) if narrowed.limit is not None else found

        values = [
            codec.encode_column("at", value) if isinstance(value, datetime) else value
            for value in wanted.values()
            if value is not None
        ]
        if not self._queries.mapper.is_sqlite:
            self._run(AT_LEISURE, ()).fetchall()
        rows = self._run(self._queries.text(("observed", kpi, asked), build), values).fetchall()
        return [codec.decode(row) for row in rows]

    def tallied(
        self, kpi: str, edges: Sequence[datetime], *, within: timedelta | None = None, process: str | None = None
    ) -> list[Observed]:
        view, codec, of_one = _view(kpi), _codec(self._queries.mapper.is_sqlite), process is not None

        def build(parameters: Parameters) -> Any:
            places = [literal_column(str(n), BigInteger) for n in reversed(range(len(edges) - 1))]
            cut = case(*((view.c.at >= parameters.next(INSTANT), place) for place in places)).label("cut")
            hit = (view.c.hit if within is None else self._is_within(view, parameters)).label("hit")
            of = [*(view.c[name] for name in ALIKE), hit]
            tests = [view.c.at >= parameters.next(INSTANT), view.c.at < parameters.next(INSTANT)]
            if of_one:
                tests.append(view.c.process == parameters.next(Text()))
            rows = select(view.c.at, cut, *of).where(*tests).subquery()
            told = [rows.c[one.name] for one in of]
            return select(func.min(rows.c.at), func.count(), *told).group_by(rows.c.cut, *told)

        instants = [codec.encode_column("at", one) for one in (*edges[-2::-1], edges[0], edges[-1])]
        lasted = [] if within is None else [within // MICROSECOND]
        values = [*instants[:-2], *lasted, *instants[-2:], *([process] if of_one else [])]
        key = ("tallied", kpi, len(edges), within is None, of_one)
        found = [_tallied(codec, row) for row in self._run(self._queries.text(key, build), values).fetchall()]
        return sorted(found, key=lambda one: str(one.at))

    def _is_within(self, view: Table, parameters: Parameters) -> ColumnElement[int]:
        """1 where it began and ended within so many microseconds, exactly: texts tell no difference by themselves."""

        def since_1970(column: ColumnElement[Any]) -> ColumnElement[int]:
            if not self._queries.mapper.is_sqlite:
                return cast(extract("epoch", column) * MILLION, BigInteger)
            micros = cast(func.substr(column, literal_column("21"), literal_column("6")), BigInteger)
            return cast(func.strftime(literal_column("'%s'"), column), BigInteger) * MILLION + micros

        lasted = since_1970(view.c.ended_at) - since_1970(view.c.began_at)
        return case((lasted <= parameters.next(BigInteger()), ONE), else_=ZERO)

    def aged(
        self, kpi: str, by: By, cuts: Sequence[datetime], *, now: datetime, process: str | None = None
    ) -> list[Aged]:
        view, codec, of_one = _view(kpi), _codec(self._queries.mapper.is_sqlite), process is not None

        def build(parameters: Parameters) -> Any:
            key = view.c[by]
            since = [func.sum(case((view.c.began_at >= parameters.next(INSTANT), ONE), else_=ZERO)) for _ in cuts]
            late = func.sum(case((view.c.at < parameters.next(INSTANT), ONE), else_=ZERO))
            found = select(key, func.count(), *since, late)
            if of_one:
                found = found.where(view.c.process == parameters.next(Text()))
            return found.group_by(key).order_by(key)

        instants = [codec.encode_column("at", one) for one in (*cuts, now)]
        values = [*instants, *([process] if of_one else [])]
        rows = self._run(self._queries.text(("aged", kpi, by, len(cuts), of_one), build), values).fetchall()
        return [_aged(row) for row in rows if row[0] is not None]


def _tallied(codec: Codec[Observed], row: Sequence[Any]) -> Observed:
    at, many, process, person, part, product, department, number, result, hit = row
    return Observed(
        process, "", person, part, codec.decode_column("at", at), None, None, None, hit, number, None,
        product, department, None, result, int(many),
    )  # fmt: skip


def _aged(row: Sequence[Any]) -> Aged:
    """Counts between the cuts, from those since each."""
    key, total, *since, late = row
    sums = [0, *map(int, since), int(total)]
    return Aged(str(key), tuple(after - before for before, after in pairwise(sums)), int(late))
