"""What every store promises (engine/ports.py), on all three: reads, writes, keys, transactions."""
# ruff: noqa: PT012 - what raises here is a whole transaction, not one call of it

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import (
    KEYS,
    UNIQUE,
    AuditEntry,
    CaseRow,
    JournalEntry,
    Meta,
)
from crm_workflows.engine.ports import Duplicate, Store
from tests.adapters.rows import NOON, Undo, audit, case, entry

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")


def test_an_exception_leaves_nothing_behind(store: Store) -> None:
    for kind in (ValueError, Undo):
        with pytest.raises(kind), store.write() as tx:
            tx.insert(case(), entry(0), entry(1))
            tx.next_number("case/SV/2026")
            raise kind
    with store.read() as reader:
        assert [reader.count(record) for record in KEYS] == [0] * len(KEYS)


def test_readers_see_committed_rows_only(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case())
        with store.read() as reader:
            assert reader.count(CaseRow) == 0
    with store.read() as reader:
        assert reader.count(CaseRow) == 1


def test_a_reader_sees_one_moment(store: Store) -> None:
    with store.read() as reader:
        assert reader.count(CaseRow) == 0
        with store.write() as tx:
            tx.insert(case(), entry(0))
        assert reader.count(CaseRow) == 0
        assert reader.count(JournalEntry) == 0


def test_sees_what_another_store_has_committed(open_again: Callable[[], Store], store: Store) -> None:
    other = open_again()
    with store.write() as tx:
        tx.insert(case())
    with other.read() as reader:
        assert reader.find(CaseRow) == [case()]
    other.close()


def test_a_second_row_with_the_same_key_is_a_duplicate(store: Store) -> None:
    for record in KEYS:
        row: Any = any_row_of(record)
        with store.write() as tx:
            tx.insert(row)
        with pytest.raises(Duplicate) as caught, store.write() as tx:
            tx.insert(Meta("before", "it"), row)
        assert caught.value.table == record.__name__
        with store.read() as reader:
            assert reader.get(Meta, "before") is None, record


def test_a_further_key_is_unique_too(store: Store) -> None:
    for record, keys in UNIQUE.items():
        row: Any = any_row_of(record)
        with store.write() as tx:
            tx.insert(row)
        for columns in keys:
            clash = replace(row, **{name: other(getattr(row, name)) for name in KEYS[record] if name not in columns})
            with pytest.raises(Duplicate) as caught, store.write() as tx:
                tx.insert(clash)
            assert caught.value.table == record.__name__, columns


def test_an_absent_key_never_collides(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case("A", idempotency_key=None), case("B", idempotency_key=None))
        assert tx.count(CaseRow, idempotency_key=None) == 2


def test_an_update_can_be_a_duplicate(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case("A", idempotency_key="k"), case("B"))
    with pytest.raises(Duplicate), store.write() as tx:
        tx.update(CaseRow, ("B",), idempotency_key="k")
    with store.write() as tx:
        assert tx.update(CaseRow, ("A",), idempotency_key="k", fence=1)


def test_after_a_duplicate_the_transaction_is_over(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case("A", idempotency_key="k"), case("B"))
    with pytest.raises(RuntimeError, match="cannot be committed"), store.write() as tx:
        tx.insert(Meta("b", "1"))
        assert tx.count(Meta) == 1
        with pytest.raises(Duplicate):
            tx.update(CaseRow, ("B",), idempotency_key="k")
        for attempt in (lambda: tx.insert(Meta("d", "1")), lambda: tx.get(Meta, "a"), lambda: tx.next_number("s")):
            with pytest.raises(RuntimeError, match="savepoint"):
                attempt()
    with store.read() as reader:
        assert reader.find(Meta) == []


def test_of_rows_of_which_one_cannot_be_kept_nothing_is_kept(store: Store) -> None:
    for unkeepable in ("\0", "\ud800"):
        with suppress(RuntimeError), store.write() as tx, suppress(InvalidInput):
            tx.insert(Meta("a", "1"), case(title=unkeepable))
        with store.read() as reader:
            assert reader.count(Meta) == 0
        with store.write() as tx:
            with pytest.raises(InvalidInput), tx.savepoint():
                tx.insert(Meta("a", "1"), case(title=unkeepable))
            assert tx.count(Meta) == 0


def test_what_a_row_is_refused_for_is_told_at_the_end_and_taken_for_nothing_else(store: Store) -> None:
    with store.write() as tx:
        tx.insert(Meta("a", "1"))
    with pytest.raises(Duplicate, match="Meta"), store.write() as tx:
        tx.insert(Meta("c", "1"), Meta("a", "2"))
        with suppress(Exception), tx.savepoint():
            tx.insert(Meta("d", "1"))
        with suppress(Exception):
            tx.count(Meta)
    with store.write() as tx:
        with pytest.raises(Duplicate, match="Meta"), tx.savepoint():
            tx.insert(Meta("e", "1"), Meta("a", "2"))
            with suppress(Exception):
                tx.count(Meta)
        tx.insert(Meta("f", "1"))
    with store.read() as reader:
        assert [row.key for row in reader.find(Meta)] == ["a", "f"]


def test_a_savepoint_undoes_its_inside_alone(store: Store) -> None:
    with store.write() as tx:
        tx.insert(Meta("a", "1"))
        with pytest.raises(Duplicate), tx.savepoint():
            tx.insert(Meta("b", "1"))
            tx.insert(Meta("a", "2"))
        tx.insert(Meta("c", "1"))
        with tx.savepoint():
            tx.insert(Meta("d", "1"))
            with pytest.raises(Undo), tx.savepoint():
                tx.insert(Meta("e", "1"))
                tx.update(Meta, ("d",), value="2")
                raise Undo
        with pytest.raises(Undo), tx.savepoint():
            with tx.savepoint():
                tx.insert(Meta("f", "1"))
            raise Undo
    with store.read() as reader:
        assert reader.find(Meta) == [Meta("a", "1"), Meta("c", "1"), Meta("d", "1")]


def test_a_duplicate_that_is_swallowed_inside_a_savepoint_still_undoes_it(store: Store) -> None:
    with store.write() as tx:
        tx.insert(Meta("a", "1"))
        with pytest.raises(RuntimeError), tx.savepoint():
            tx.insert(case("A", idempotency_key="k"), case("B"), Meta("b", "1"))
            assert tx.count(Meta) == 2
            with pytest.raises(Duplicate):
                tx.update(CaseRow, ("B",), idempotency_key="k")
        assert tx.find(Meta) == [Meta("a", "1")]


def test_inserts_only_what_is_new(store: Store) -> None:
    with store.write() as tx:
        assert tx.insert_new(Meta("a", "1"))
        assert not tx.insert_new(Meta("a", "2"))
        assert tx.find(Meta) == [Meta("a", "1")]
        tx.insert(case("A", idempotency_key="k"))
    with pytest.raises(Duplicate), store.write() as tx:
        tx.insert_new(case("B", idempotency_key="k"))


def test_puts_rows_over_those_with_the_same_key(store: Store) -> None:
    with store.write() as tx:
        tx.insert(Meta("a", "old"), Meta("b", "old"))
        tx.put(Meta("b", "new"), Meta("c", "new"), entry(1), entry(2))
        tx.put()
    with store.write() as tx:
        tx.put(Meta("c", "newer"))
        tx.put(replace(entry(2), value="again"))
    with store.read() as reader:
        assert [(row.key, row.value) for row in reader.find(Meta)] == [("a", "old"), ("b", "new"), ("c", "newer")]
        assert [row.value for row in reader.find(JournalEntry)] == [entry(1).value, "again"]


def test_a_put_row_may_still_be_a_duplicate_of_another(store: Store) -> None:
    with store.write() as tx:
        tx.insert(entry(1))
    with pytest.raises(Duplicate), store.write() as tx:
        tx.put(replace(entry(2), round=entry(1).round, key=entry(1).key, kind=entry(1).kind))


def test_puts_rows_in_whether_or_not_they_are_there(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case("A", fence=1, ready_at=NOON), Meta("a", "1"))
        tx.put(case("A", fence=2), Meta("b", "1"), case("B", subject=None), Meta("a", "2"))
        assert tx.find(CaseRow) == [case("A", fence=2), case("B", subject=None)]
        assert tx.find(Meta) == [Meta("a", "2"), Meta("b", "1")]
        tx.put(*(entry(n) for n in range(70)))
        tx.put(*(entry(n, value="again") for n in range(75)))
        assert [one.value for one in tx.find(JournalEntry)] == ["again"] * 75
        tx.put()


def test_what_is_put_may_not_take_the_further_key_of_another(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case("A", idempotency_key="k"), case("B"))
    with pytest.raises(Duplicate) as caught, store.write() as tx:
        tx.put(Meta("a", "1"), case("B", idempotency_key="k"))
    assert caught.value.table == "CaseRow"
    with store.read() as reader:
        assert reader.count(Meta) == 0


def test_the_record_cannot_be_put_over(store: Store) -> None:
    with store.write() as tx:
        tx.put(audit(0))
    with pytest.raises(Exception, match="audit rows cannot be changed"), store.write() as tx:
        tx.put(replace(audit(0), actor="somebody else"))
    with store.read() as reader:
        assert reader.find(AuditEntry) == [audit(0)]


def any_row_of(record: type) -> Any:
    """A row whose texts and instants are all set."""
    values: dict[str, Any] = {}
    for name, field in record.__dataclass_fields__.items():  # type: ignore[attr-defined]
        kind = str(field.type)
        values[name] = (
            NOON
            if "datetime" in kind
            else b"x"
            if "bytes" in kind
            else "x"
            if "str" in kind
            else 1
            if "int" in kind
            else True
        )
    checked = {"status": "running", "outcome": "done"} if record is CaseRow else {}
    checked |= (
        {"kind": {"JournalEntry": "step", "Request": "task", "Pass": "token"}.get(record.__name__, "x")}
        if "kind" in values
        else {}
    )
    status = {"Message": "queued", "InboundMail": "new", "CaseClock": "running"}.get(record.__name__)
    return record(**(values | checked | ({"status": status} if status else {})))


def other(value: Any) -> Any:
    return value + 1 if isinstance(value, int) else f"{value}2"
