"""Key figures on an open driver connection: what `figure_ports` promises, for both databases. It defines no figure."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import BigInteger, Column, ColumnElement, MetaData, Table, Text, case, func, select

from crm_workflows.adapters.database.codec import Codec
from crm_workflows.adapters.database.columns import INSTANT, TEXT
from crm_workflows.adapters.database.figure_views import COLUMNS, PREFIX
from crm_workflows.adapters.database.queries import ONE, ZERO, Queries
from crm_workflows.adapters.database.statements import Parameters
from crm_workflows.engine.figure_ports import Aged, By, Observed

KINDS: Final[dict[str, Any]] = {"text": TEXT, "instant": INSTANT, "whole": BigInteger()}


@lru_cache(maxsize=128)
def _view(name: str) -> Table:
    """The columns of a view; apart from the tables, since nobody creates it as one."""
    columns = (Column(one, KINDS[kind], nullable=one not in ("process", "what")) for one, kind in COLUMNS.items())
    return Table(f"{PREFIX}{name}", MetaData(), *columns)


@lru_cache(maxsize=2)
def _codec(is_sqlite: bool) -> Codec[Observed]:
    return Codec(Observed, _view("any"), is_sqlite=is_sqlite)


class FigureReading:
    """What a reader does for figures."""

    _queries: Queries

    def _run(self, text: str, values: Sequence[Any], record: type | None = None) -> Any:
        raise NotImplementedError

    def observed(
        self, kpi: str, *, since: datetime | None = None, before: datetime | None = None, process: str | None = None
    ) -> list[Observed]:
        view, codec = _view(kpi), _codec(self._queries.mapper.is_sqlite)
        asked = (since is not None, before is not None, process is not None)

        def build(parameters: Parameters) -> Any:
            found: list[ColumnElement[bool]] = []
            found += [view.c.at >= parameters.next(INSTANT)] if asked[0] else []
            found += [view.c.at < parameters.next(INSTANT)] if asked[1] else []
            found += [view.c.process == parameters.next(Text())] if asked[2] else []
            order = (view.c.at.asc().nulls_last(), view.c.what, view.c.part)
            return select(view).where(*found).order_by(*order)

        instants = [codec.encode_column("at", one) for one in (since, before) if one is not None]
        values = [*instants, *([process] if process is not None else [])]
        rows = self._run(self._queries.text(("observed", kpi, asked), build), values).fetchall()
        return [codec.decode(row) for row in rows]

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


def _aged(row: Sequence[Any]) -> Aged:
    """Counts between the cuts, from those since each."""
    key, total, *since, late = row
    sums = [0, *map(int, since), int(total)]
    return Aged(str(key), tuple(after - before for before, after in pairwise(sums)), int(late))
