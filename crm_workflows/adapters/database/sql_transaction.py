"""The port's reads and writes on an open driver connection. It must not begin, commit or roll back."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from crm_workflows.adapters.database.codec import unkeepable
from crm_workflows.adapters.database.figure_reading import FigureReading
from crm_workflows.adapters.database.queries import Queries
from crm_workflows.adapters.database.round_statements import RoundReading, RoundWriting
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import CaseRow, Message
from crm_workflows.engine.ports import Ahead, CaseFilter
from crm_workflows.engine.running.trusting import Unheard

R = TypeVar("R")
Statement = Callable[[type, int], str]
"""The SQL that writes so many rows of a record class."""


class Errors(Protocol):
    """How to read a driver's errors."""

    base: type[Exception]
    lasting: Collection[str]
    """The sentences of those StoreBusy that no other writer's end will heal: full, out of reach, damaged."""

    def meaning(self, error: Exception, record: type | None) -> Exception:
        """What the error means to callers: StoreBusy, Duplicate of this record class, or the error itself."""
        ...


class Late(BaseException):
    """A write was refused, which was heard only after it.

    It goes past whoever could take it for their own, to the end of the savepoint or transaction that it belongs to. Its
    cause is what the driver said: were it `meant`, which is raised of it in the end, causes would go round in a circle.
    """

    def __init__(self, meant: Exception) -> None:
        super().__init__(str(meant))
        self.meant = meant


class SqlReader(RoundReading, FigureReading):
    """Reads through one cursor."""

    def __init__(self, cursor: Any, queries: Queries, errors: Errors) -> None:
        self._cursor = cursor
        self._queries = queries
        self._errors = errors
        self._codecs = queries.mapper.codecs

    def _run(self, text: str, values: Sequence[Any], record: type | None = None) -> Any:
        """Execute one statement; its cursor holds the result until the next."""
        try:
            return self._cursor.execute(text, values)
        except (self._errors.base, UnicodeEncodeError) as error:
            raise self._meaning(error, record) from error

    def _meaning(self, error: Exception, record: type | None) -> Exception:
        return unkeepable() if isinstance(error, UnicodeEncodeError) else self._errors.meaning(error, record)

    def _rows(self, record: type[R], query: tuple[str, list[Any]]) -> list[R]:
        decode = self._codecs[record].decode
        return [decode(row) for row in self._run(*query, record).fetchall()]

    def get(self, record: type[R], *key: object) -> R | None:
        row = self._run(*self._queries.get(record, key), record).fetchone()
        return None if row is None else cast(R, self._codecs[record].decode(row))

    def find(
        self,
        record: type[R],
        *,
        order: str | tuple[str, ...] = (),
        descending: bool = False,
        limit: int | None = None,
        **equals: object,
    ) -> list[R]:
        columns = (order,) if isinstance(order, str) else tuple(order)
        return self._rows(record, self._queries.find(record, equals, order=columns, descending=descending, limit=limit))

    def containing(
        self, record: type[R], text: str, *columns: str, order: str | tuple[str, ...], limit: int, **equals: object
    ) -> list[R]:
        by = (order,) if isinstance(order, str) else tuple(order)
        return self._rows(record, self._queries.containing(record, text, columns, equals, order=by, limit=limit))

    def columns(self, record: type[object], *names: str, **equals: object) -> list[tuple[Any, ...]]:
        decode = self._codecs[record].decode_column
        rows = self._run(*self._queries.columns(record, names, equals), record).fetchall()
        return [tuple(decode(name, value) for name, value in zip(names, row, strict=True)) for row in rows]

    def distinct(self, record: type[object], column: str, **equals: object) -> list[Any]:
        rows = self._run(*self._queries.distinct(record, column, equals), record).fetchall()
        return [self._codecs[record].decode_column(column, value) for (value,) in rows]

    def due(self, record: type[R], column: str, at: datetime, *, limit: int, **equals: object) -> list[R]:
        return self._rows(record, self._queries.due(record, column, at, limit, equals))

    def count(self, record: type[object], **equals: object) -> int:
        return int(self._run(*self._queries.count(record, equals), record).fetchone()[0])

    def count_due(self, record: type[object], column: str, at: datetime, **equals: object) -> int:
        return int(self._run(*self._queries.count_due(record, column, at, equals), record).fetchone()[0])

    def earliest(self, record: type[object], column: str, **equals: object) -> datetime | None:
        found = self._run(*self._queries.earliest(record, column, equals), record).fetchone()[0]
        return None if found is None else self._codecs[record].decode_column(column, found)

    def search_cases(self, wanted: CaseFilter) -> list[CaseRow]:
        return self._rows(CaseRow, self._queries.search_cases(wanted))


class Alike(NamedTuple):
    """Changes by one statement: the columns it sets, what it compares in the first of them, and the values of each."""

    sets: tuple[str, ...]
    where: dict[str, object]
    rows: list[list[Any]]


class SqlTransaction(SqlReader, RoundWriting):
    """Writes through one cursor."""

    def __init__(self, cursor: Any, queries: Queries, errors: Errors) -> None:
        super().__init__(cursor, queries, errors)
        self._depth = 0
        self._trusts = False
        self.broken_by: Exception | None = None

    def _run(self, text: str, values: Sequence[Any], record: type | None = None) -> Any:
        self._refuse_if_broken()
        return super()._run(text, values, record)

    def _refuse_if_broken(self) -> None:
        """On both databases alike: PostgreSQL would refuse anyhow, SQLite would commit the half of it."""
        if self.broken_by is not None:
            raise RuntimeError("the transaction has failed; use savepoint() to go on after it") from self.broken_by

    def _meaning(self, error: Exception, record: type | None) -> Exception:
        self.broken_by = super()._meaning(error, record)
        return self.broken_by

    def insert(self, *rows: object) -> None:
        self._each_class(self._queries.insert, rows)

    def put(self, *rows: object) -> None:
        self._each_class(self._queries.put, rows)

    def _each_class(self, statement: Statement, rows: Iterable[object]) -> None:
        self._refuse_if_broken()
        groups: dict[type, list[object]] = {}
        for row in rows:
            groups.setdefault(type(row), []).append(row)
        for n, (record, found) in enumerate(groups.items()):
            try:
                values = [*map(self._codecs[record].encode, found)]
            except Exception as error:
                if n:  # Those of other classes stand: whoever took this for nothing written would keep half of it.
                    self.broken_by = error
                raise
            self._write_rows(statement, record, values)

    def _write_rows(self, statement: Statement, record: type, values: list[list[Any]]) -> None:
        self._execute(statement(record, 1), record, values)

    def _execute(self, text: str, record: type, rows: list[list[Any]]) -> None:
        """The same statement for every row of parameters."""
        try:
            if len(rows) == 1:
                self._cursor.execute(text, rows[0])
            else:
                self._cursor.executemany(text, rows)
        except (self._errors.base, UnicodeEncodeError) as error:
            raise self._meaning(error, record) from error

    def insert_new(self, row: object) -> bool:
        record = type(row)
        values = self._codecs[record].encode(row)
        return bool(self._run(self._queries.insert_new(record), values, record).rowcount)

    def update(
        self,
        record: type[object],
        key: tuple[object, ...],
        expecting: dict[str, object] | None = None,
        **values: object,
    ) -> bool:
        where: dict[str, object] = dict(zip(self._queries.mapper.keys[record], key, strict=True))
        return bool(self.update_where(record, where | (expecting or {}), **values))

    def update_where(self, record: type[object], where: dict[str, object], **values: object) -> int:
        return int(self._run(*self._queries.update(record, where, values), record).rowcount)

    def update_each(self, record: type[object], changes: Sequence[tuple[dict[str, object], dict[str, object]]]) -> None:
        self._refuse_if_broken()
        by_text: dict[str, Alike] = {}
        for where, values in changes:
            text, parameters = self._queries.update(record, where, values)
            by_text.setdefault(text, Alike(tuple(values), where, [])).rows.append(parameters)
        for text, alike in by_text.items():
            self._update_alike(record, text, alike)

    def _update_alike(self, record: type, text: str, alike: "Alike") -> None:
        self._execute(text, record, alike.rows)

    def remove(self, record: type[object], *key: object) -> None:
        codec = self._codecs[record]
        values = [codec.encode_column(n, v) for n, v in zip(self._queries.mapper.keys[record], key, strict=True)]
        self._run(self._queries.remove(record), values, record)

    def lock_case(self, code: str, ahead: Ahead | None = None) -> CaseRow | None:  # noqa: ARG002 - nothing is far
        row = self._run(*self._queries.get(CaseRow, (code,), lock=True), CaseRow).fetchone()
        return None if row is None else cast(CaseRow, self._codecs[CaseRow].decode(row))

    def claim_ready(self, now: datetime, limit: int) -> list[CaseRow]:
        return self._rows(CaseRow, self._queries.claim_ready(now, limit))

    def claim_mail(self, now: datetime, until: datetime, limit: int) -> list[Message]:
        claimed = self._rows(Message, self._queries.claim_mail(now, until, limit))
        return sorted(claimed, key=lambda message: (message.next_at or datetime.max.replace(tzinfo=UTC), message.id))

    def next_number(self, series: str, *, gaps: bool = False) -> int:  # noqa: ARG002 - one writer: nobody waits
        return int(self._run(*self._queries.next_number(series)).fetchone()[0])

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        self._depth += 1
        name = f"s{self._depth}"
        self.hear()  # What is wrong with writes before is not undone here.
        self._say(f"SAVEPOINT {name}")
        try:
            yield
            self._say(f"RELEASE SAVEPOINT {name}")
            self.hear()
        except Late as late:
            if self._trusts:
                raise
            self._undo_to(name)
            raise late.meant from late.__cause__
        except BaseException:
            self._undo_to(name)
            raise
        finally:
            self._depth -= 1

    def trust(self) -> None:
        """See the port; where every write is heard at once, nothing is unheard."""
        self._trusts = True

    def check_heard(self, error: BaseException) -> None:
        """Raise Unheard where somebody trusted that this would not leave the transaction."""
        if self._trusts and isinstance(error, Exception) and not isinstance(error, StoreBusy):
            raise Unheard from error

    def hear(self) -> None:
        """See the port; raises Late."""

    def _say(self, text: str) -> None:
        """About savepoints."""
        self._run(text, ())

    def _undo_to(self, name: str) -> None:
        if isinstance(self.broken_by, StoreBusy):
            return  # The database has given up the whole transaction, savepoints and all.
        self.broken_by = None
        self._run(f"ROLLBACK TO SAVEPOINT {name}", ())
        self._run(f"RELEASE SAVEPOINT {name}", ())
