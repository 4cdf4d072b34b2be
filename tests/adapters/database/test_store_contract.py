"""What every store promises (engine/ports.py), on all three: reads, writes, keys, transactions."""
# ruff: noqa: PT012 - what raises here is a whole transaction, not one call of it

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import (
    KEYS,
    UNIQUE,
    Assignee,
    AuditEntry,
    Blob,
    CaseRow,
    JournalEntry,
    Message,
    Meta,
    Number,
    Request,
)
from crm_workflows.engine.ports import CaseFilter, Duplicate, Store
from tests.adapters.rows import MINUTE, NOON, any_row, assignee, audit, case, entry, message, request

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")


class Undo(BaseException):
    """Leaves a transaction without a trace; not an Exception, as parking is not."""


def codes(rows: list[CaseRow]) -> list[str]:
    return [row.code for row in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(row=any_row())
def test_reads_back_exactly_what_was_written(store: Store, row: Any) -> None:
    key = [getattr(row, name) for name in KEYS[type(row)]]
    with pytest.raises(Undo), store.write() as tx:
        tx.insert(row)
        found = tx.get(type(row), *key)
        assert found == row
        assert tx.find(type(row)) == [row]
        for name in [field for field in row.__dataclass_fields__ if row.__dataclass_fields__[field].type is Any]:
            # Equal is not enough for JSON: 1 == 1.0 == True, and the order of keys is what forms show.
            assert json.dumps(getattr(found, name)) == json.dumps(getattr(row, name))
        raise Undo


def test_gives_instants_in_utc(store: Store) -> None:
    eight = datetime.fromisoformat("2026-03-02T12:00:00.000001+08:00")
    with store.write() as tx:
        tx.insert(case(opened_at=eight))
    with store.read() as reader:
        found = reader.get(CaseRow, "SV-2026-00001")
    assert found is not None
    assert found.opened_at == NOON + timedelta(microseconds=1)
    assert found.opened_at.utcoffset() == timedelta(0)


def test_refuses_an_instant_without_zone(store: Store) -> None:
    with pytest.raises(ValueError, match="time zone"), store.write() as tx:
        tx.insert(case(opened_at=datetime(2026, 3, 2)))  # noqa: DTZ001 - that is the mistake


@pytest.mark.parametrize("text", ["a\0b", "\ud800"], ids=["nul", "half a pair"])
def test_refuses_text_that_a_database_cannot_keep(store: Store, text: str) -> None:
    with pytest.raises(InvalidInput), store.write() as tx:
        tx.insert(case(title=text))
    with pytest.raises(InvalidInput), store.write() as tx:
        tx.insert(Meta("key", "value"))
        tx.update(Meta, ("key",), value=text)
    with store.read() as reader:
        assert reader.count(Meta) == 0


def test_keeps_an_enum_as_its_value(store: Store) -> None:
    class Status(StrEnum):
        RUNNING = "running"

    with store.write() as tx:
        tx.insert(case(status=Status.RUNNING))
        assert tx.find(CaseRow, status=Status.RUNNING) == [case()]
        found = tx.get(CaseRow, "SV-2026-00001")
    assert found is not None
    assert type(found.status) is str


def test_hands_out_json_that_the_caller_may_change(store: Store) -> None:
    subject = {"goods": ["bolts"]}
    with store.write() as tx:
        tx.insert(case(subject=subject))
        subject["goods"].append("nuts")
    with store.read() as reader:
        first = reader.find(CaseRow)[0]
        first.subject["goods"].append("screws")
        assert reader.find(CaseRow)[0].subject == {"goods": ["bolts"]}


def test_keeps_large_bytes_whole(store: Store) -> None:
    content = bytes(range(256)) * 4096 * 4
    with store.write() as tx:
        tx.insert(Blob("a" * 64, content))
    with store.read() as reader:
        assert reader.get(Blob, "a" * 64) == Blob("a" * 64, content)


def test_finds_by_equality_lists_and_absence(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case("A", owner="li"), case("B", owner="wang", ready_at=NOON), case("C", owner="zhao"))
    with store.read() as reader:
        assert codes(reader.find(CaseRow)) == ["A", "B", "C"]
        assert codes(reader.find(CaseRow, owner="wang")) == ["B"]
        assert codes(reader.find(CaseRow, owner=["zhao", "li"])) == ["A", "C"]
        assert codes(reader.find(CaseRow, owner=("zhao", "li"), status="running")) == ["A", "C"]
        assert codes(reader.find(CaseRow, owner=[])) == []
        assert codes(reader.find(CaseRow, ready_at=None)) == ["A", "C"]
        assert codes(reader.find(CaseRow, ready_at=[None, NOON])) == ["A", "B", "C"]
        assert codes(reader.find(CaseRow, ready_at=[NOON, NOON + MINUTE])) == ["B"]
        assert codes(reader.find(CaseRow, version=[1, 2])) == ["A", "B", "C"]
        assert reader.distinct(CaseRow, "owner", status="running") == ["li", "wang", "zhao"]
        assert reader.distinct(CaseRow, "status", owner=["li", "zhao"]) == ["running"], "each once"
        assert reader.distinct(CaseRow, "ready_at") == [NOON], "no NULL"
        assert reader.count(CaseRow) == 3
        assert reader.count(CaseRow, owner=["zhao", "li"]) == 2
        assert reader.count(CaseRow, owner="nobody") == 0


def test_finds_by_truth(store: Store) -> None:
    with store.write() as tx:
        tx.insert(assignee("R1", "li"), assignee("R2", "li", is_active=False), assignee("R3", "wang"))
    with store.read() as reader:
        assert [one.request for one in reader.find(Assignee, person="li", is_active=True)] == ["R1"]
        assert [one.request for one in reader.find(Assignee, person="li", is_active=False)] == ["R2"]
        assert reader.count(Assignee, is_active=[True, False]) == 3


def test_refuses_to_compare_json(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case(subject=None), entry(0, value=None), entry(1, value={}))
        assert [one.n for one in tx.find(JournalEntry, value=None)] == [0]
        with pytest.raises(TypeError, match="JSON"):
            tx.find(CaseRow, subject={})


def test_orders_by_column_then_key_and_puts_nothing_last(store: Store) -> None:
    with store.write() as tx:
        tx.insert(
            case("A", ready_at=None, owner="乙"),
            case("B", ready_at=NOON, owner="乙"),
            case("C", ready_at=NOON - MINUTE, owner="甲"),
            case("D", ready_at=NOON, owner="Z"),
        )
    with store.read() as reader:
        assert codes(reader.find(CaseRow, order="ready_at")) == ["C", "B", "D", "A"]
        assert codes(reader.find(CaseRow, order="ready_at", descending=True)) == ["D", "B", "C", "A"]
        assert codes(reader.find(CaseRow, order=("owner", "ready_at"))) == ["D", "B", "A", "C"]
        assert codes(reader.find(CaseRow, order=("owner",), descending=True, limit=2)) == ["C", "B"]
        assert codes(reader.find(CaseRow, limit=0)) == []


def test_orders_texts_by_code_point(store: Store) -> None:
    names = ["Zeta", "alpha", "_x", "Äa", "乙", "甲", "a b", "ab"]
    with store.write() as tx:
        tx.insert(*(Meta(name, "") for name in names))
        assert [row.key for row in tx.find(Meta)] == sorted(names)


def test_gives_what_is_due_earliest_first(store: Store) -> None:
    with store.write() as tx:
        tx.insert(
            request("R1", remind_at=NOON),
            request("R2", remind_at=NOON - MINUTE),
            request("R3", remind_at=NOON + timedelta(microseconds=1)),
            request("R4"),
            request("R5", remind_at=NOON - 2 * MINUTE, status="closed"),
        )
    with store.read() as reader:
        assert [one.id for one in reader.due(Request, "remind_at", NOON, limit=9, status="open")] == ["R2", "R1"]
        assert [one.id for one in reader.due(Request, "remind_at", NOON, limit=2)] == ["R5", "R2"]
        assert reader.count_due(Request, "remind_at", NOON) == 3
        assert reader.count_due(Request, "remind_at", NOON - MINUTE, status="open") == 1
        assert reader.earliest(Request, "remind_at") == NOON - 2 * MINUTE
        assert reader.earliest(Request, "remind_at", status="open") == NOON - MINUTE
        assert reader.earliest(Request, "lapse_at") is None


def test_searches_cases_latest_first(store: Store) -> None:
    with store.write() as tx:
        tx.insert(
            case("A", opened_at=NOON, search="a 宏达五金 straße 100%"),
            case("B", opened_at=NOON + MINUTE, search="b 宏达电子", owner="wang", status="waiting"),
            case("C", opened_at=NOON + MINUTE, search="c 100 percent", process="complaint-resolution"),
        )
    with store.read() as reader:
        assert codes(reader.search_cases(CaseFilter())) == ["C", "B", "A"]
        assert codes(reader.search_cases(CaseFilter(text="宏达"))) == ["B", "A"]
        assert codes(reader.search_cases(CaseFilter(text="STRASSE"))) == []
        assert codes(reader.search_cases(CaseFilter(text="A 宏达"))) == ["A"]
        assert codes(reader.search_cases(CaseFilter(text="100%"))) == ["A"]
        assert codes(reader.search_cases(CaseFilter(text="_"))) == []
        assert codes(reader.search_cases(CaseFilter(owner="wang", status="waiting"))) == ["B"]
        assert codes(reader.search_cases(CaseFilter(process="complaint-resolution", owner="wang"))) == []
        assert codes(reader.search_cases(CaseFilter(limit=1, offset=1))) == ["B"]
        assert codes(reader.search_cases(CaseFilter(opened_from=NOON + MINUTE))) == ["C", "B"]
        assert codes(reader.search_cases(CaseFilter(opened_before=NOON + MINUTE))) == ["A"]
        assert codes(
            reader.search_cases(CaseFilter(text="宏达", opened_from=NOON, opened_before=NOON + 2 * MINUTE))
        ) == ["B", "A"]


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


UNIQUE_KEYS = [(record, columns) for record, keys in UNIQUE.items() for columns in keys]


@pytest.mark.parametrize("record", list(KEYS), ids=lambda record: record.__name__)
def test_a_second_row_with_the_same_key_is_a_duplicate(store: Store, record: type) -> None:
    row: Any = any_row_of(record)
    with store.write() as tx:
        tx.insert(row)
    with pytest.raises(Duplicate) as caught, store.write() as tx:
        tx.insert(Meta("before", "it"), row)
    assert caught.value.table == record.__name__
    with store.read() as reader:
        assert reader.count(Meta) == (1 if record is Meta else 0)


@pytest.mark.parametrize(("record", "columns"), UNIQUE_KEYS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_further_key_is_unique_too(store: Store, record: type, columns: tuple[str, ...]) -> None:
    row: Any = any_row_of(record)
    clash = replace(row, **{name: other(getattr(row, name)) for name in KEYS[record] if name not in columns})
    with store.write() as tx:
        tx.insert(row)
    with pytest.raises(Duplicate) as caught, store.write() as tx:
        tx.insert(clash)
    assert caught.value.table == record.__name__


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
        tx.insert(Meta("a", "1"))
    with pytest.raises(RuntimeError, match="cannot be committed"), store.write() as tx:
        tx.insert(Meta("b", "1"))
        with pytest.raises(Duplicate):
            tx.insert(Meta("c", "1"), Meta("a", "2"))
        for attempt in (lambda: tx.insert(Meta("d", "1")), lambda: tx.get(Meta, "a"), lambda: tx.next_number("s")):
            with pytest.raises(RuntimeError, match="savepoint"):
                attempt()
    with store.read() as reader:
        assert reader.find(Meta) == [Meta("a", "1")]


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
            tx.insert(Meta("b", "1"))
            with pytest.raises(Duplicate):
                tx.insert(Meta("a", "2"))
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


def test_updates_only_what_is_as_expected(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case("A", fence=3), case("B", fence=3))
        assert tx.update(CaseRow, ("A",), {"fence": 3, "leased_by": None}, fence=4, subject=[1], leased_until=NOON)
        assert not tx.update(CaseRow, ("A",), {"fence": 3}, fence=9)
        assert not tx.update(CaseRow, ("Z",), fence=9)
        assert tx.find(CaseRow) == [case("A", fence=4, subject=[1], leased_until=NOON), case("B", fence=3)]
        with pytest.raises(TypeError, match="never changes"):
            tx.update(CaseRow, ("A",), code="Q")


def test_updates_all_that_match(store: Store) -> None:
    with store.write() as tx:
        tx.insert(assignee("R1", "li"), assignee("R1", "wang"), assignee("R2", "li"))
        assert tx.update_where(Assignee, {"request": "R1"}, is_active=False) == 2
        assert tx.update_where(Assignee, {"person": ["li", "wang"], "is_active": True}, role="x") == 1
        assert tx.update_where(Assignee, {"person": []}, role="y") == 0
        assert [(one.is_active, one.role == "x") for one in tx.find(Assignee)] == [
            (False, False),
            (False, False),
            (True, True),
        ]


def test_updates_many_rows_each_in_its_own_way(store: Store) -> None:
    with store.write() as tx:
        tx.insert(*(case(code) for code in ("SV-1", "SV-2", "SV-3")), request("SV-1-R1"), request("SV-1-R2"))
        tx.update_each(
            CaseRow,
            [
                ({"code": "SV-1"}, {"status": "waiting", "ready_at": None}),
                ({"code": "SV-2"}, {"status": "closed", "ready_at": NOON}),
                ({"code": "SV-3"}, {"outcome": "done"}),
                ({"code": "SV-9"}, {"outcome": "done"}),
            ],
        )
        tx.update_each(Request, [({"case": "SV-2026-00001", "status": "open"}, {"status": "withdrawn"})])
        tx.update_each(Request, [])
    with store.read() as reader:
        found = [(row.code, row.status, row.ready_at, row.outcome) for row in reader.find(CaseRow)]
        assert [row.status for row in reader.find(Request)] == ["withdrawn", "withdrawn"]
    untouched = case()
    assert found == [
        ("SV-1", "waiting", None, untouched.outcome),
        ("SV-2", "closed", NOON, untouched.outcome),
        ("SV-3", untouched.status, untouched.ready_at, "done"),
    ]


def test_an_update_of_many_says_what_stood_in_its_way(store: Store) -> None:
    with store.write() as tx:
        tx.insert(*(case(code, idempotency_key=code) for code in ("SV-1", "SV-2", "SV-3")))
    twice = [({"code": code}, {"idempotency_key": "SV-3"}) for code in ("SV-1", "SV-2")]
    with pytest.raises(Duplicate), store.write() as tx:
        tx.update_each(CaseRow, twice)
    with pytest.raises(TypeError, match="primary key"), store.write() as tx:
        tx.update_each(CaseRow, [({"code": "SV-1"}, {"code": "SV-4"})])


def test_the_record_cannot_be_changed(store: Store) -> None:
    with store.write() as tx:
        tx.insert(audit(0), audit(1))
    with pytest.raises(Exception, match="audit rows cannot be changed"), store.write() as tx:
        tx.update(AuditEntry, ("SV-2026-00001", 0), actor="somebody else")
    with pytest.raises(Exception, match="audit rows cannot be changed"), store.write() as tx:
        tx.update_where(AuditEntry, {"event": "opened"}, event="closed")
    with store.read() as reader:
        assert reader.find(AuditEntry) == [audit(0), audit(1)]


def test_claims_cases_that_are_ready(store: Store) -> None:
    ready = NOON - MINUTE
    with store.write() as tx:
        tx.insert(
            case("A", ready_at=NOON),
            case("B", ready_at=ready, status="waiting"),
            case("C", ready_at=NOON + MINUTE),
            case("D"),
            case("E", ready_at=ready, leased_until=NOON + MINUTE),
            case("F", ready_at=ready, leased_until=NOON),
            *(case(status, ready_at=ready, status=status) for status in ("closed", "cancelled", "needs_attention")),
        )
        assert codes(tx.claim_ready(NOON, 9)) == ["B", "F", "A"]
        assert codes(tx.claim_ready(NOON, 2)) == ["B", "F"]


def test_claims_mail_that_nobody_else_claims(store: Store) -> None:
    until = NOON + 5 * MINUTE
    with store.write() as tx:
        tx.insert(
            message("A"),
            message("B", next_at=NOON - MINUTE, status="sending"),
            message("C", next_at=NOON + MINUTE),
            message("D", next_at=None, status="sent"),
            message("E", claimed_until=NOON + MINUTE),
            message("F", claimed_until=NOON),
        )
        claimed = tx.claim_mail(NOON, until, 2)
        assert [(one.id, one.claimed_until) for one in claimed] == [("B", until), ("A", until)]
        assert [one.id for one in tx.claim_mail(NOON, until, 9)] == ["F"]
        assert tx.claim_mail(NOON, until, 9) == []
        assert tx.get(Message, "B") == claimed[0]


def test_counts_each_series_from_one(store: Store) -> None:
    with store.write() as tx:
        assert [tx.next_number("a"), tx.next_number("a"), tx.next_number("b")] == [1, 2, 1]
    with store.write() as tx:
        assert tx.next_number("a") == 3
        assert tx.get(Number, "a") == Number("a", 3)


def test_locks_a_case_that_is_there(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case())
        assert tx.lock_case("SV-2026-00001") == case()
        assert tx.lock_case("SV-2026-00002") is None


def test_a_thread_that_writes_cannot_open_a_second_write(store: Store) -> None:
    with store.write() as tx:
        with pytest.raises(RuntimeError, match="inside write"), store.write():
            pass
        tx.insert(case())
    with store.write() as tx:
        assert tx.count(CaseRow) == 1


def test_inserts_thousands_at_once(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case(), *(entry(n) for n in range(2_345)))
        assert [one.n for one in tx.find(JournalEntry)] == list(range(2_345))
        assert tx.count(JournalEntry, n=list(range(0, 5_000, 2))) == 1_173


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


def test_reads_only_the_named_columns(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case("B", owner="wang", ready_at=NOON), case("A", owner="li"), case("C", owner="zhao"))
        assert tx.columns(CaseRow, "code", "ready_at", owner=("li", "wang")) == [("A", None), ("B", NOON)]
        assert tx.columns(CaseRow, "owner", "subject", code="B") == [("wang", case("B").subject)]
    with store.read() as reader:
        assert reader.columns(CaseRow, "code") == [("A",), ("B",), ("C",)]
        assert reader.columns(CaseRow, "code", owner="nobody") == []


def test_finds_a_piece_of_text_in_several_columns(store: Store) -> None:
    with store.write() as tx:
        tx.insert(
            case("B", owner="Wang", title="宁波 100%"), case("A", owner="li", title="wang_"), case("C", owner="W")
        )
    with store.read() as reader:

        def found(text: str, **more: Any) -> list[str]:
            given: dict[str, Any] = {"order": "title", "limit": 9} | more
            return [row.code for row in reader.containing(CaseRow, text, "owner", "title", **given)]

        assert found("WAN") == ["A", "B"]
        assert (found("0%"), found("_"), found("波"), found("Ä")) == (["B"], ["A"], ["B"], [])
        assert found("w", limit=1) == ["A"]
        assert found("w", code=["B", "C"], order=()) == ["B", "C"]
