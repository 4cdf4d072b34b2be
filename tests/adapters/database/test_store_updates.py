"""What every store changes (engine/ports.py): only what is as expected, claimed by one, and never the record."""

from typing import Any

import pytest

from crm_workflows.domain.json_text import Written
from crm_workflows.domain.records import (
    Assignee,
    AuditEntry,
    CaseRow,
    JournalEntry,
    Message,
    Number,
    Request,
)
from crm_workflows.engine.ports import Duplicate, Store
from tests.adapters.rows import MINUTE, NOON, assignee, audit, case, codes, entry, message, request

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")


def test_updates_only_what_is_as_expected(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case("A", fence=3), case("B", fence=3))
        assert tx.update(CaseRow, ("A",), {"fence": 3, "leased_by": None}, fence=4, subject=[1], leased_until=NOON)
        assert not tx.update(CaseRow, ("A",), {"fence": 3}, fence=9)
        assert not tx.update(CaseRow, ("Z",), fence=9)
        assert tx.find(CaseRow) == [case("A", fence=4, subject=[1], leased_until=NOON), case("B", fence=3)]
        with pytest.raises(TypeError, match="never changes"):
            tx.update(CaseRow, ("A",), code="Q")


def test_json_that_is_written_already_comes_back_as_its_value(store: Store) -> None:
    with store.write() as tx:
        tx.insert(message("M", context=Written('{"case":{"code":"SV-1","n":[1,null]},"to":"王芳"}')))
        found = tx.get(Message, "M")
    assert found == message("M", context={"case": {"code": "SV-1", "n": [1, None]}, "to": "王芳"})


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


MANY = [f"SV-{n}" for n in range(70)]


def test_updates_a_great_many_rows_alike(store: Store) -> None:
    """Of every kind of column; what is not there is left out, and what is not named stays as it was."""
    with store.write() as tx:
        tx.insert(*(case(code, subject={"n": 0}) for code in MANY), *(request(f"{code}-R1") for code in MANY))
        tx.insert(*(assignee(f"{code}-R1", "li") for code in MANY))
        changed: dict[str, dict[str, Any]] = {
            code: {"status": "waiting", "ready_at": NOON if n % 2 else None, "fence": n, "subject": [n, "a'"]}
            for n, code in enumerate([*MANY, "SV-999"])
        }
        tx.update_each(CaseRow, [({"code": code}, values) for code, values in changed.items()])
        keys: list[dict[str, object]] = [{"request": f"{code}-R1", "person": "li"} for code in MANY]
        tx.update_each(Assignee, [(key, {"is_active": n % 3 == 0}) for n, key in enumerate(keys)])
        tx.update_each(Request, [({"id": f"{code}-R1", "status": "open"}, {"status": "decided"}) for code in MANY])
        assert {row.status for row in tx.find(Request)} == {"decided"}
        for n, code in enumerate(MANY):
            assert tx.get(CaseRow, code) == case(code, **changed[code])
            assert [one.is_active for one in tx.find(Assignee, request=f"{code}-R1")] == [n % 3 == 0]
        assert tx.count(CaseRow) == len(MANY)


def test_of_many_updates_of_one_row_the_last_one_stands(store: Store) -> None:
    with store.write() as tx:
        tx.insert(*(case(code) for code in MANY[:10]))
        tx.update_each(CaseRow, [({"code": code}, {"fence": n}) for n in range(3) for code in MANY[:5]])
        assert [row.fence for row in tx.find(CaseRow)] == [2] * 5 + [case().fence] * 5


def test_many_updates_may_name_several_rows_each(store: Store) -> None:
    with store.write() as tx:
        tx.insert(*(case(code) for code in MANY[:20]))
        pairs = [MANY[n : n + 2] for n in range(0, 20, 2)]
        tx.update_each(CaseRow, [({"code": pair}, {"fence": n}) for n, pair in enumerate(pairs)])
        assert sorted(row.fence for row in tx.find(CaseRow)) == sorted([*range(10), *range(10)])


def test_an_update_of_many_says_what_stood_in_its_way(store: Store) -> None:
    with store.write() as tx:
        tx.insert(*(case(code, idempotency_key=code) for code in ("SV-1", "SV-2", "SV-3")))
    twice: list[tuple[dict[str, object], dict[str, object]]] = [
        ({"code": code}, {"idempotency_key": "SV-3"}) for code in ("SV-1", "SV-2")
    ]
    with pytest.raises(Duplicate), store.write() as tx:
        tx.update_each(CaseRow, twice)
    with pytest.raises(TypeError, match="primary key"), store.write() as tx:
        tx.update_each(CaseRow, [({"code": "SV-1"}, {"code": "SV-4"})])


def test_what_must_not_be_kept_is_removed(store: Store) -> None:
    with store.write() as tx:
        tx.insert(assignee("R1", "li"), assignee("R1", "wang"), assignee("R2", "li"))
        tx.remove(Assignee, "R1", "li")
        tx.remove(Assignee, "R1", "nobody")
        assert [(one.request, one.person) for one in tx.find(Assignee)] == [("R1", "wang"), ("R2", "li")]


def test_the_record_cannot_be_changed(store: Store) -> None:
    with store.write() as tx:
        tx.insert(audit(0), audit(1))
    with pytest.raises(Exception, match="audit rows cannot be"), store.write() as tx:
        tx.remove(AuditEntry, "SV-2026-00001", 0)
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
