"""One method per query of the port, giving SQL text and values. It must not execute them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Text, and_, func, insert, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Dialect

from crm_workflows.adapters.database.columns import FEW_CASES, INSTANT
from crm_workflows.adapters.database.statements import Mapper, Parameters, as_text, ordered, removal
from crm_workflows.adapters.database.tables import TABLES
from crm_workflows.adapters.database.tables_cases import cases, numbers, requests
from crm_workflows.adapters.database.tables_mail import messages
from crm_workflows.domain.records import OVER, CaseRow, Message
from crm_workflows.domain.text import ascii_lower
from crm_workflows.engine.ports import CaseFilter

Query = tuple[str, list[Any]]
NEVER_READY: Final[list[ColumnElement[Any]]] = [literal_column(f"'{status}'") for status in (*OVER, "needs_attention")]
IS_OPEN: Final[ColumnElement[Any]] = literal_column("'open'")
ONE: Final = literal_column("1", BigInteger)
ZERO: Final = literal_column("0", BigInteger)


class Queries:
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

    def insert(self, record: type, rows: int = 1) -> str:
        """So many rows with all columns, in the order of the fields."""
        table = TABLES[record]

        def build(parameters: Parameters) -> Any:
            return insert(table).values([{c.name: parameters.next(c.type) for c in table.c} for _ in range(rows)])

        return self.text(("insert", record, rows), build)

    def insert_new(self, record: type) -> str:
        """One row unless its primary key exists."""
        table = TABLES[record]
        dialect_insert: Any = sqlite_insert if self.mapper.is_sqlite else postgres_insert

        def build(parameters: Parameters) -> Any:
            row = dialect_insert(table).values({c.name: parameters.next(c.type) for c in table.c})
            return row.on_conflict_do_nothing(index_elements=list(self.mapper.keys[record]))

        return self.text(("insert new", record), build)

    def put(self, record: type, rows: int = 1) -> str:
        """So many rows, written over those with the same primary keys."""
        table, keys = TABLES[record], self.mapper.keys[record]
        dialect_insert: Any = sqlite_insert if self.mapper.is_sqlite else postgres_insert

        def build(parameters: Parameters) -> Any:
            values = [{c.name: parameters.next(c.type) for c in table.c} for _ in range(rows)]
            new = dialect_insert(table).values(values)
            others = {c.name: new.excluded[c.name] for c in table.c if c.name not in keys}
            return new.on_conflict_do_update(index_elements=list(keys), set_=others)

        return self.text(("put", record, rows), build)

    def update(self, record: type, where: Mapping[str, object], values: Mapping[str, object]) -> Query:
        """Set columns of the matching rows."""
        table, codec = TABLES[record], self.mapper.codecs[record]
        shape, compared = self.mapper.comparison(record, where)
        names = tuple(values)

        def build(parameters: Parameters) -> Any:
            if not set(names).isdisjoint(self.mapper.keys[record]):
                raise TypeError(f"the primary key of a {record.__name__} never changes")
            pairs = [(table.c[name], parameters.next(table.c[name].type)) for name in names]
            conditions = self.mapper.conditions(table, shape, parameters)
            return update(table).ordered_values(*pairs).where(*conditions)

        text = self.text(("update", record, names, shape), build)
        return text, [*(codec.encode_column(name, value) for name, value in values.items()), *compared]

    def remove(self, record: type) -> str:
        """The row with this primary key goes."""
        return self.text(("remove", record), partial(removal, TABLES[record]))

    def claim_ready(self, now: datetime, limit: int) -> Query:
        """Cases a worker may run next, earliest first, past those that others hold."""

        def build(parameters: Parameters) -> Any:
            ready = cases.c.ready_at <= parameters.next(INSTANT)
            free = or_(cases.c.leased_until.is_(None), cases.c.leased_until <= parameters.next(INSTANT))
            found = select(cases).where(ready, cases.c.status.not_in(NEVER_READY), free)
            found = limited(found.order_by(cases.c.ready_at, cases.c.code), parameters)
            return found.with_for_update(skip_locked=True)

        at = self.mapper.codecs[CaseRow].encode_column("ready_at", now)
        return self.text(("claim ready",), build), [at, at, limit, 0]

    def claim_mail(self, now: datetime, until: datetime, limit: int) -> Query:
        """Marks mails as claimed until then and gives them, in no order."""

        def build(parameters: Parameters) -> Any:
            claimed = {messages.c.claimed_until: parameters.next(INSTANT)}
            due = messages.c.next_at <= parameters.next(INSTANT)
            free = or_(messages.c.claimed_until.is_(None), messages.c.claimed_until <= parameters.next(INSTANT))
            first = select(messages.c.id).where(and_(due, free)).order_by(messages.c.next_at, messages.c.id)
            chosen = limited(first, parameters).with_for_update(skip_locked=True)
            return update(messages).values(claimed).where(messages.c.id.in_(chosen)).returning(*messages.c)

        encode = self.mapper.codecs[Message].encode_column
        at = encode("next_at", now)
        return self.text(("claim mail",), build), [encode("claimed_until", until), at, at, limit, 0]

    def next_number(self, series: str) -> Query:
        """Counts a series up; its row stays locked to the end of the transaction."""
        dialect_insert: Any = sqlite_insert if self.mapper.is_sqlite else postgres_insert

        def build(parameters: Parameters) -> Any:
            first = dialect_insert(numbers).values(series=parameters.next(Text()), last=ONE)
            counted = first.on_conflict_do_update(index_elements=["series"], set_={"last": numbers.c.last + ONE})
            return counted.returning(numbers.c.last)

        return self.text(("next number",), build), [series]


def limited(statement: Any, parameters: Parameters) -> Any:
    """With both LIMIT and OFFSET, since Core adds an OFFSET of its own on SQLite.

    As sums: SQLite looks into a bare parameter there and prepares the statement anew each time (0.1 ms).
    """
    return statement.limit(parameters.next(BigInteger()) + ZERO).offset(parameters.next(BigInteger()) + ZERO)
