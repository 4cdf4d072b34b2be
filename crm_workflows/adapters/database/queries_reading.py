"""One method per query of the port that only reads, giving SQL text and values. It must not execute them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.engine import Dialect

from crm_workflows.adapters.database.columns import FEW_CASES, INSTANT
from crm_workflows.adapters.database.statements import Mapper, Parameters, as_text, ordered
from crm_workflows.adapters.database.tables import TABLES
from crm_workflows.adapters.database.tables_cases import cases, requests
from crm_workflows.domain.records import CaseRow
from crm_workflows.domain.text import ascii_lower
from crm_workflows.engine.ports import CaseFilter

Query = tuple[str, list[Any]]
IS_OPEN: Final[ColumnElement[Any]] = literal_column("'open'")
ZERO: Final = literal_column("0", BigInteger)


class Reads:
    """Texts are kept by their shape. Safe to share between threads: who loses a race has compiled in vain."""

    def __init__(self, dialect: Dialect) -> None:
        self.mapper: Final = Mapper(dialect)
        self._texts: dict[tuple[Any, ...], str] = {}

    def text(self, key: tuple[Any, ...], build: Callable[[Parameters], Any]) -> str:
        """The SQL that `build` gives, kept under this key: all that the SQL depends on."""
        found = self._texts.get(key)
        if found is None:
            parameters = Parameters()
            found = self._texts[key] = parameters.text(build(parameters), self.mapper.dialect)
        return found

    def get(self, record: type, key: tuple[object, ...], *, lock: bool = False) -> Query:
        """The row with this primary key."""
        table, names = TABLES[record], self.mapper.keys[record]
        values = [self.mapper.codecs[record].encode_column(n, v) for n, v in zip(names, key, strict=True)]

        def build(parameters: Parameters) -> Any:
            found = select(table).where(*(table.c[n] == parameters.next(table.c[n].type) for n in names))
            return found.with_for_update() if lock else found

        return self.text(("get", record, lock), build), values

    def find(
        self,
        record: type,
        equals: Mapping[str, object],
        *,
        order: tuple[str, ...],
        descending: bool,
        limit: int | None,
    ) -> Query:
        """Matching rows in order."""
        table = TABLES[record]
        shape, values = self.mapper.comparison(record, equals)

        def build(parameters: Parameters) -> Any:
            found = select(table).where(*self.mapper.conditions(table, shape, parameters))
            found = found.order_by(*ordered(table, order, descending=descending))
            return found if limit is None else limited(found, parameters)

        text = self.text(("find", record, shape, order, descending, limit is None), build)
        return text, values if limit is None else [*values, limit, 0]

    def containing(
        self,
        record: type,
        text: str,
        among: tuple[str, ...],
        equals: Mapping[str, object],
        *,
        order: tuple[str, ...],
        limit: int,
    ) -> Query:
        """Matching rows in order that have a piece of text in one of some columns; `lower` is of ASCII on both."""
        table = TABLES[record]
        shape, values = self.mapper.comparison(record, equals)
        position = func.instr if self.mapper.is_sqlite else func.strpos

        def build(parameters: Parameters) -> Any:
            conditions = self.mapper.conditions(table, shape, parameters)
            texts = [as_text(table.c[name]) for name in among]
            pieces = [position(func.lower(text), parameters.next(Text())) > ZERO for text in texts]
            found = select(table).where(*conditions, or_(*pieces))
            return limited(found.order_by(*ordered(table, order, descending=False)), parameters)

        compiled = self.text(("containing", record, among, shape, order), build)
        return compiled, [*values, *[ascii_lower(text)] * len(among), limit, 0]

    def columns(self, record: type, names: tuple[str, ...], equals: Mapping[str, object]) -> Query:
        """Some columns of matching rows, by primary key."""
        table = TABLES[record]
        shape, values = self.mapper.comparison(record, equals)

        def build(parameters: Parameters) -> Any:
            found = select(*(table.c[name] for name in names)).where(*self.mapper.conditions(table, shape, parameters))
            return found.order_by(*table.primary_key)

        return self.text(("columns", record, names, shape), build), values

    def distinct(self, record: type, column: str, equals: Mapping[str, object]) -> Query:
        """The values of one column, each once, in order."""
        table = TABLES[record]
        shape, values = self.mapper.comparison(record, equals)

        def build(parameters: Parameters) -> Any:
            conditions = self.mapper.conditions(table, shape, parameters)
            found = select(table.c[column]).distinct().where(*conditions, table.c[column].is_not(None))
            return found.order_by(table.c[column])

        return self.text(("distinct", record, column, shape), build), values

    def due(self, record: type, column: str, at: datetime, limit: int, equals: Mapping[str, object]) -> Query:
        """Rows whose instant has come, earliest first."""
        table = TABLES[record]
        shape, values = self.mapper.comparison(record, equals)

        def build(parameters: Parameters) -> Any:
            conditions = self.mapper.conditions(table, shape, parameters)
            has_come = table.c[column] <= parameters.next(INSTANT)
            found = select(table).where(*conditions, table.c[column].is_not(None), has_come)
            return limited(found.order_by(table.c[column], *table.primary_key), parameters)

        text = self.text(("due", record, column, shape), build)
        return text, [*values, self.mapper.codecs[record].encode_column(column, at), limit, 0]

    def count(self, record: type, equals: Mapping[str, object]) -> Query:
        """How many rows match."""
        table = TABLES[record]
        shape, values = self.mapper.comparison(record, equals)

        def build(parameters: Parameters) -> Any:
            return select(func.count()).select_from(table).where(*self.mapper.conditions(table, shape, parameters))

        return self.text(("count", record, shape), build), values

    def count_due(self, record: type, column: str, at: datetime, equals: Mapping[str, object]) -> Query:
        """How many rows match whose instant has come."""
        table = TABLES[record]
        shape, values = self.mapper.comparison(record, equals)

        def build(parameters: Parameters) -> Any:
            conditions = self.mapper.conditions(table, shape, parameters)
            has_come = table.c[column] <= parameters.next(INSTANT)
            return select(func.count()).select_from(table).where(*conditions, has_come)

        text = self.text(("count due", record, column, shape), build)
        return text, [*values, self.mapper.codecs[record].encode_column(column, at)]

    def earliest(self, record: type, column: str, equals: Mapping[str, object]) -> Query:
        """The smallest instant of a column."""
        table = TABLES[record]
        shape, values = self.mapper.comparison(record, equals)

        def build(parameters: Parameters) -> Any:
            conditions = self.mapper.conditions(table, shape, parameters)
            return select(func.min(table.c[column])).where(*conditions, table.c[column].is_not(None))

        return self.text(("earliest", record, column, shape), build), values

    def search_cases(self, wanted: CaseFilter) -> Query:
        """Cases by process, status, owner, a piece of their search text, days and what is overdue, latest first."""
        few = wanted.status if wanted.status in FEW_CASES else None
        named = {"process": wanted.process, "status": None if few else wanted.status, "owner": wanted.owner}
        shape, values = self.mapper.comparison(CaseRow, {n: v for n, v in named.items() if v is not None})
        position = func.instr if self.mapper.is_sqlite else func.strpos
        instants = (wanted.opened_from, wanted.opened_before, wanted.overdue_at)

        def build(parameters: Parameters) -> Any:
            found = select(cases).where(*self.mapper.conditions(cases, shape, parameters))
            if few:
                found = found.where(cases.c.status == literal_column(f"'{few}'"))
            if wanted.text is not None:
                found = found.where(position(cases.c.search, parameters.next(Text())) > ZERO)
            if wanted.opened_from is not None:
                found = found.where(cases.c.opened_at >= parameters.next(INSTANT))
            if wanted.opened_before is not None:
                found = found.where(cases.c.opened_at < parameters.next(INSTANT))
            if wanted.overdue_at is not None:
                is_late = and_(requests.c.status == IS_OPEN, requests.c.due_at < parameters.next(INSTANT))
                found = found.where(cases.c.code.in_(select(requests.c.case).where(is_late)))
            return limited(found.order_by(*ordered(cases, ("opened_at",), descending=True)), parameters)

        absent = (wanted.text is None, *(at is None for at in instants))
        text = self.text(("search", shape, few, absent), build)
        pieces = [] if wanted.text is None else [wanted.text.casefold()]
        pieces += [self.mapper.codecs[CaseRow].encode_column("opened_at", at) for at in instants if at]
        return text, [*values, *pieces, wanted.limit, wanted.offset]


def limited(statement: Any, parameters: Parameters) -> Any:
    """With both LIMIT and OFFSET, since Core adds an OFFSET of its own on SQLite.

    As sums: SQLite looks into a bare parameter there and prepares the statement anew each time (0.1 ms).
    """
    return statement.limit(parameters.next(BigInteger()) + ZERO).offset(parameters.next(BigInteger()) + ZERO)
