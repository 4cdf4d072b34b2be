"""What every store gives back (engine/ports.py): whole, as it was written, and only what was asked for, in order."""

# ruff: noqa: PT012 - what raises here is a whole transaction, not one call of it

import json
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import (
    KEYS,
    Assignee,
    Blob,
    CaseRow,
    JournalEntry,
    Meta,
    Request,
)
from crm_workflows.engine.ports import CaseFilter, Store
from tests.adapters.rows import MINUTE, NOON, Undo, any_row, assignee, case, codes, entry, request

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")


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


def test_finds_the_cases_of_which_something_open_is_overdue(store: Store) -> None:
    with store.write() as tx:
        tx.insert(*(case(code, opened_at=NOON) for code in ("LATE", "TWICE", "TODAY", "DONE", "NEVER", "NOTHING")))
        tx.update(CaseRow, ("TWICE",), owner="wang")
        tx.insert(
            request("R1", case="LATE", due_at=NOON - MINUTE),
            request("R2", case="TWICE", due_at=NOON - MINUTE),
            request("R3", case="TWICE", due_at=NOON - 2 * MINUTE),
            request("R4", case="TODAY", due_at=NOON),
            request("R5", case="DONE", due_at=NOON - MINUTE, status="closed"),
            request("R6", case="NEVER"),
        )
    with store.read() as reader:
        assert codes(reader.search_cases(CaseFilter(overdue_at=NOON))) == ["TWICE", "LATE"]
        assert codes(reader.search_cases(CaseFilter(overdue_at=NOON, owner="wang"))) == ["TWICE"]
        assert codes(reader.search_cases(CaseFilter(overdue_at=NOON, opened_before=NOON))) == []
        assert codes(reader.search_cases(CaseFilter(overdue_at=NOON, limit=1, offset=1))) == ["LATE"]


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


def test_finds_a_piece_of_text_in_json_and_none_in_null(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case("A", subject={"contact": {"email": "Chen@x.example", "name": "陈"}}), case("B", subject=None))
    with store.read() as reader:
        for text in ("chen@X.example", "陈", '"name":"陈"'):
            assert [row.code for row in reader.containing(CaseRow, text, "subject", order=(), limit=9)] == ["A"]
        assert reader.containing(CaseRow, "null", "subject", "attention", order=(), limit=9) == []
