"""One method per statement of the port that writes or locks, giving SQL text and values. It must not execute them."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Text,
    and_,
    any_,
    cast,
    column,
    insert,
    literal_column,
    or_,
    select,
    update,
    values,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from crm_workflows.adapters.database.columns import INSTANT
from crm_workflows.adapters.database.queries_reading import Query, Reads, limited
from crm_workflows.adapters.database.statements import Parameters, removal
from crm_workflows.adapters.database.tables import TABLES
from crm_workflows.adapters.database.tables_cases import cases, numbers
from crm_workflows.adapters.database.tables_mail import messages
from crm_workflows.domain.records import OVER, CaseRow, Message

NEVER_READY: Final[list[ColumnElement[Any]]] = [literal_column(f"'{status}'") for status in (*OVER, "needs_attention")]
ONE: Final = literal_column("1", BigInteger)


class Queries(Reads):
    """With those that read."""

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

    def update_rows(self, record: type, names: tuple[str, ...], rows: int) -> str:
        """Set columns of so many rows, given for each the new values and then its primary key, of which a list follows
        of the first columns: without it a plan made for a few rows reads them all, however many they have become.
        """
        table, keys = TABLES[record], self.mapper.keys[record]

        def build(parameters: Parameters) -> Any:
            old = [table.c[name] for name in (*names, *keys)]
            columns = [column(f"c{n}", one.type) for n, one in enumerate(old)]
            each = [tuple(cast(parameters.next(one.type), one.type) for one in old) for _ in range(rows)]
            new = values(*columns, name="new").data(each)
            pairs = list(zip(old, new.c, strict=True))
            alike = [ours == theirs for ours, theirs in pairs[len(names) :]]
            first = table.c[keys[0]]
            named = first == any_(parameters.next(ARRAY(first.type)))
            return update(table).ordered_values(*pairs[: len(names)]).where(*alike, named)

        return self.text(("update rows", record, names, rows), build)

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
