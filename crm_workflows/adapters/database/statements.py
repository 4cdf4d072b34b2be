"""SQL text of the port's queries, compiled once by SQLAlchemy Core and then sent by the driver. It must not execute.

Executing through Core costs more than the statement itself on the hot path (docs/decisions/0005-plain-rows.md).
Parameters are positional, in the order in which the builders below name them: p0, p1, …
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Column,
    ColumnElement,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    delete,
    func,
    or_,
    select,
    true,
)
from sqlalchemy import false as no
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import Executable

from crm_workflows.adapters.database.codec import Codec, to_json
from crm_workflows.adapters.database.columns import JSON_VALUE
from crm_workflows.adapters.database.tables import TABLES

How = Literal["=", "null", "true", "false", "any", "any or null"]
Shape = tuple[tuple[str, How], ...]
"""Which columns are compared and how: with the record class all that the text of a statement depends on."""
MANY: Final = (list, tuple, set, frozenset)


class Parameters:
    """Names parameters in the order in which a statement uses them."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def next(self, kind: Any) -> BindParameter[Any]:
        """The next parameter, of this column type."""
        name = f"p{len(self.names)}"
        self.names.append(name)
        return bindparam(name, type_=kind)

    def text(self, statement: Executable, dialect: Dialect) -> str:
        """The statement's SQL; fails when Core has put the parameters into another order."""
        compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        if list(compiled.positiontup) != self.names:
            raise AssertionError(f"parameters of {compiled} are {compiled.positiontup}, not {self.names}")
        return str(compiled)


class Mapper:
    """Codecs and conditions of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect: Final = dialect
        self.is_sqlite: Final = dialect.name == "sqlite"
        self.codecs: Final[dict[type, Codec[Any]]] = {
            record: Codec(record, table, is_sqlite=self.is_sqlite) for record, table in TABLES.items()
        }
        self.keys: Final = {record: tuple(c.name for c in table.primary_key) for record, table in TABLES.items()}

    def comparison(self, record: type, equals: Mapping[str, object]) -> tuple[Shape, list[Any]]:
        """The shape of `equals` and its encoded values."""
        codec, shape, values = self.codecs[record], [], []
        for name, value in equals.items():
            if value is not None and codec.encoders[name] is to_json:
                raise TypeError(f"{record.__name__}.{name} is JSON, which databases compare differently")
            how: How = "="
            if value is None:
                how = "null"
            elif isinstance(value, bool):
                how = "true" if value else "false"
            elif isinstance(value, MANY):
                how = "any or null" if None in value else "any"
                values.append(self._list(codec, name, value))
            else:
                values.append(codec.encode_column(name, value))
            shape.append((name, how))
        return tuple(shape), values

    def _list(self, codec: Codec[Any], name: str, value: Iterable[object]) -> Any:
        encoded = [codec.encode_column(name, one) for one in value if one is not None]
        return to_json(encoded) if self.is_sqlite else encoded

    def conditions(self, table: Table, shape: Shape, parameters: Parameters) -> list[ColumnElement[bool]]:
        """The conditions of this shape."""
        return [self._condition(table.c[name], how, parameters) for name, how in shape]

    def _condition(self, column: Column[Any], how: How, parameters: Parameters) -> ColumnElement[bool]:
        if how == "=":
            return column == parameters.next(column.type)
        if how == "null":
            return column.is_(None)
        if how in ("true", "false"):
            # Written out, so that the indexes on open rows alone can be used.
            return column == (true() if how == "true" else no())
        among = self._among(column, parameters)
        return among if how == "any" else or_(among, column.is_(None))

    def _among(self, column: Column[Any], parameters: Parameters) -> ColumnElement[bool]:
        """Any of a list in one parameter, so that the text does not depend on its length."""
        if self.is_sqlite:
            each = func.json_each(parameters.next(Text())).table_valued("value")
            return column.in_(select(each.c.value))
        return column == any_(parameters.next(ARRAY(column.type)))


def as_text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column for text functions, of which PostgreSQL has none for JSON."""
    return cast(column, Text()) if column.type is JSON_VALUE else column


def removal(table: Table, parameters: Parameters) -> Executable:
    """The row with this primary key goes."""
    return delete(table).where(*(column == parameters.next(column.type) for column in table.primary_key))


def ordered(table: Table, columns: Iterable[str], *, descending: bool) -> list[ColumnElement[Any]]:
    """Order by these columns and then by primary key; a NULL comes last in both directions, on both databases."""
    named = list(columns)
    keys = [c.name for c in table.primary_key if c.name not in named]
    order: list[ColumnElement[Any]] = []
    for name in named + keys:
        column = table.c[name]
        sorted_by = column.desc() if descending else column.asc()
        order.append(sorted_by.nulls_last() if column.nullable else sorted_by)
    return order
