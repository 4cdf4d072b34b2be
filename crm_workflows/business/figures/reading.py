"""Reads what several figures count one after the other once: it may be a year of decisions. It must not measure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from crm_workflows.engine.figure_ports import EVERYTHING, Aged, By, FigureReader, Narrowed, Observed


class ReadOnce(FigureReader):
    """Keeps the rows that were asked for last, no more: all views of a large company at once would be much memory.

    What is counted together is little: it is read for all processes at once, unless the report is of `only` one.
    """

    def __init__(self, reader: FigureReader, only: str | None = None) -> None:
        self._reader = reader
        self._only = only
        self._tallies: dict[object, list[Observed]] = {}
        self._asked: object = None
        self._rows: list[Observed] = []

    def observed(
        self,
        kpi: str,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        process: str | None = None,
        narrowed: Narrowed = EVERYTHING,
    ) -> list[Observed]:
        asked = (kpi, since, before, process, narrowed)
        if asked != self._asked:
            self._rows = self._reader.observed(
                kpi, since=since, before=before, process=process, narrowed=narrowed
            )  # fmt: skip
            self._asked = asked
        return self._rows

    def tallied(
        self, kpi: str, edges: Sequence[datetime], *, within: timedelta | None = None, process: str | None = None
    ) -> list[Observed]:
        asked = (kpi, tuple(edges), within)
        if asked not in self._tallies:
            self._tallies[asked] = self._reader.tallied(kpi, edges, within=within, process=self._only)
        return [one for one in self._tallies[asked] if process in (None, one.process)]

    def aged(
        self, kpi: str, by: By, cuts: Sequence[datetime], *, now: datetime, process: str | None = None
    ) -> list[Aged]:
        return self._reader.aged(kpi, by, cuts, now=now, process=process)
