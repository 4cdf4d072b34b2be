"""Each invariant is broken by hand in a whole supplier case, and named; undisturbed, all of them hold."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_workflows.domain.records import (
    KEYS,
    Assignee,
    AuditEntry,
    Booking,
    CaseRow,
    Checkpoint,
    Decision,
    InboundMail,
    JournalEntry,
    Link,
    MailboxMail,
    Message,
    Number,
    Request,
    Supplier,
)
from crm_workflows.engine.record import sealing
from crm_workflows.testing import MemoryStore
from tests.engine.stories import CASE, MAIN, MORNING, STORIES, at_work
from tests.invariants import INVARIANTS, broken
from tests.office import Office

HEAD, STRANGER = "zheng.xiaodong@yongchang.example", "feng.xue@yongchang.example"
BACK, YES = f"{CASE}-R12", f"{CASE}-R14"
"""The gate as it was sent back and as it was approved, both by mail."""
LONG_AFTERWARDS = datetime(2028, 5, 2, 1, 0, tzinfo=UTC)
"""The re-evaluation is under way, and the first certificate before its end."""


@pytest.fixture(scope="module")
def company() -> Office:
    """The longest story, two years on, and sealed."""
    office = at_work(MemoryStore(), MORNING)
    for deed in STORIES[MAIN].values():
        deed(office)
    office.move_to(LONG_AFTERWARDS)
    sealing.seal(office.engine)
    return office


@pytest.fixture
def rows(company: Office) -> "Rows":
    """Its rows, to be changed."""
    return Rows(company)


class Rows:
    """The rows of a store behind the back of everybody."""

    def __init__(self, company: Office) -> None:
        kept = company.engine.store
        assert isinstance(kept, MemoryStore)
        self.company = company
        self.store = MemoryStore()
        self.tables = self.store._tables = {record: dict(rows) for record, rows in kept._tables.items()}

    def broken(self) -> list[str]:
        """What does not hold any more."""
        return broken(self.store, self.company.staff.history())

    def change(self, record: type, *key: object, **values: Any) -> None:
        """Set columns of one row."""
        self.tables[record][key] = replace(self.tables[record][key], **values)

    def drop(self, record: type, *key: object) -> None:
        """Take one row away."""
        del self.tables[record][key]

    def add(self, *made: Any) -> None:
        """Put rows in as they are."""
        for row in made:
            key = tuple(getattr(row, name) for name in KEYS[type(row)])
            self.tables.setdefault(type(row), {})[key] = row

    def first(self, record: type, **equals: object) -> Any:
        """The first row with these values."""
        fitting = (r for r in self.tables[record].values() if all(getattr(r, n) == v for n, v in equals.items()))
        return next(fitting)

    def mail(self, **values: Any) -> None:
        """Change the first mail."""
        self.change(Message, self.first(Message).id, **values)


def test_a_whole_case_two_years_on_breaks_nothing(rows: Rows) -> None:
    assert rows.broken() == []
    assert {r.process for r in rows.tables[CaseRow].values()} == {
        "supplier-vetting", "supplier-certificate", "supplier-reevaluation",
    }  # fmt: skip
    assert {e.event for e in rows.tables[AuditEntry].values()} >= {"reminded", "sent_back", "decided", "booked"}


def twice(record: type, change: dict[str, Any], **equals: object) -> Callable[[Rows], None]:
    """Another row like the first that fits, with another key."""
    return lambda rows: rows.add(replace(rows.first(record, **equals), **change))


def answered_by(person: str, request: str = YES, **more: Any) -> Callable[[Rows], None]:
    """As if that person had given the answer."""
    return lambda rows: rows.change(Decision, request, 1, by=person, **more)


def stood_in_for(rows: Rows) -> None:
    rows.add(replace(rows.first(Decision, request=YES), n=2, by=STRANGER, on_behalf_of=HEAD))


def rung_early(rows: Rows) -> None:
    request = rows.first(Request, status="decided")
    values = {"kind": "timer", "status": "lapsed", "due_at": request.closed_at + timedelta(hours=1)}
    rows.change(Request, request.id, **values)


def reminded_early(rows: Rows) -> None:
    entry = rows.first(AuditEntry, event="reminded")
    later = entry.data | {"due": (entry.at + timedelta(minutes=1)).isoformat()}
    rows.change(AuditEntry, entry.case, entry.n, data=later)


def reminded_twice(rows: Rows) -> None:
    entry = rows.first(AuditEntry, event="reminded")
    rows.add(replace(entry, n=entry.n + 1))


def sent_but_lost(rows: Rows) -> None:
    """To the embedded server, which has another mail and not this one."""
    for n, mail in enumerate(list(rows.tables[Message].values())[:2]):
        rows.change(Message, mail.id, status="sent", attempts=1, next_at=None, sent_at=MORNING)
        if n:
            rows.add(MailboxMail("1", MORNING, "x", [], "x", mail.message_id.replace("*", "secret"), 1, "x"))


def sent_in_two_versions(rows: Rows) -> None:
    for n in "12":
        rows.add(MailboxMail(n, MORNING, "x", [], "x", "<crmw.secret.abc@yongchang.example>", 1, f"hash {n}"))


def opened(rows: Rows) -> Any:
    """A booking that has opened its case."""
    return rows.first(Booking, is_open=False)


def answer(rows: Rows) -> Any:
    """A mail that answers one."""
    return next(mail for mail in rows.tables[Message].values() if mail.in_reply_to)


def stopped(rows: Rows, **values: Any) -> None:
    """As if the case could not go on."""
    rows.change(CaseRow, CASE, status="needs_attention", **values)


def opened_early(rows: Rows) -> None:
    rows.change(Booking, opened(rows).key, due_at=LONG_AFTERWARDS + timedelta(days=1))


def carried_out_twice(rows: Rows) -> None:
    once = next(e for e in rows.tables[JournalEntry].values() if e.kind == "step" and e.value["once"])
    rows.change(JournalEntry, once.case, once.n, key="SV-10:x")
    last = rows.tables[CaseRow][CASE,].journal_length
    rows.add(replace(once, n=last, round=9, key="SV-10:x", value={"once": True, "result": "another"}))
    rows.change(CaseRow, CASE, journal_length=last + 1)


def sealed_another(rows: Rows) -> None:
    checkpoint = rows.first(Checkpoint)
    rows.change(Checkpoint, checkpoint.n, heads=[[CASE, 1, "0" * 64]])


CASES, DECISIONS, MANY, WHO, EFFECTS, MAILS, TIMES, RECORD = INVARIANTS
WAYS: list[tuple[str, str, Callable[[Rows], object]]] = [
    (CASES, f"case {CASE} was given its number and is not there", lambda r: r.drop(CaseRow, CASE)),
    (CASES, "case SV-2026-00002 was given its number", lambda r: r.change(Number, "case/SV/2026", last=2)),
    (CASES, "its number was not given yet", lambda r: r.change(Number, "case/SV/2026", last=0)),
    (CASES, "waits for nothing", lambda r: r.change(CaseRow, CASE, status="waiting", ready_at=None)),
    (CASES, "no worker will take it up", lambda r: r.change(CaseRow, CASE, status="running", ready_at=None)),
    (CASES, f"{YES} is decided and still stands", lambda r: r.change(Assignee, YES, HEAD, is_active=True)),
    (CASES, f"{YES} is open and stands before nobody", lambda r: r.change(Request, YES, status="open")),
    (CASES, "still asks somebody", lambda r: r.change(Request, YES, status="open")),
    (CASES, "without outcome or end", lambda r: r.change(CaseRow, CASE, closed_at=None)),
    (CASES, "nobody can read why", lambda r: stopped(r)),
    (CASES, f"the journal of {CASE}", lambda r: r.drop(JournalEntry, CASE, 3)),
    (CASES, "where it says 22", lambda r: r.drop(Request, YES)),
    (DECISIONS, "nobody's decision says so", lambda r: r.drop(Decision, YES, 1)),
    (DECISIONS, "nobody's decision says so", lambda r: r.change(Decision, YES, 1, decision="reject")),
    (DECISIONS, "about SV-2026-00001-R14, which is not there", lambda r: r.drop(Request, YES)),
    (DECISIONS, f"{YES} was decided and is lapsed", lambda r: r.change(Request, YES, status="lapsed")),
    (DECISIONS, "0 outcomes of it", lambda r: r.change(Request, YES, key="SV-7:another")),
    (DECISIONS, "another one", lambda r: r.change(Request, YES, outcome={"decision": "approve", "by": "x"})),
    (DECISIONS, "are numbered [2]", twice(Decision, {"n": 2, "request": f"{CASE}-R1"}, request=YES)),
    (DECISIONS, "nothing is kept of it", lambda r: r.change(Decision, YES, 1, evidence="another", channel="page")),
    (DECISIONS, "by a reply that is not kept", lambda r: r.drop(InboundMail, r.first(Decision, request=YES).evidence)),
    (MANY, f"{HEAD} decided {YES} more than once", twice(Decision, {"n": 2}, request=YES)),
    (MANY, f"{YES} was decided more than once for {HEAD}", stood_in_for),
    (MANY, f"{YES} was decided more than once", twice(Decision, {"n": 2, "by": STRANGER}, request=YES)),
    (WHO, f"{STRANGER} decided {YES} (approve)", answered_by(STRANGER)),
    (WHO, "was not entitled", answered_by("wang.fang@yongchang.example")),
    (WHO, "was not entitled", answered_by(HEAD, on_behalf_of="chen.guodong@yongchang.example")),
    (WHO, "was not entitled", answered_by("wang.fang@yongchang.example", f"{CASE}-R21")),
    (WHO, "by silence", answered_by(HEAD, channel="silence")),
    (EFFECTS, f"{CASE} asked", twice(Request, {"id": f"{CASE}-R23"}, id=YES)),
    (EFFECTS, "share the secret", twice(Assignee, {"person": STRANGER}, request=YES)),
    (EFFECTS, f"{YES} asks ['{HEAD}']", twice(Message, {"id": "again"}, request=YES, template="approval_request")),
    (EFFECTS, f"{YES} asks ['{HEAD}']", lambda r: r.drop(Message, r.first(Message, request=YES).id)),
    (EFFECTS, "two suppliers have the credit code", twice(Supplier, {"code": "S-CP-0002"})),
    (EFFECTS, "the supplier codes CP are not 1 to 2", lambda r: r.change(Number, "supplier/CP", last=2)),
    (EFFECTS, "is not in the register", lambda r: r.drop(Supplier, "S-CP-0001")),
    (EFFECTS, "is linked to", lambda r: r.tables[Link].popitem()),
    (EFFECTS, "was opened by two bookings", twice(Booking, {"key": "again"}, is_open=False)),
    (EFFECTS, "would open another case", lambda r: r.change(Booking, opened(r).key, is_open=True)),
    (EFFECTS, "once more", carried_out_twice),
    (MAILS, "no sender will take it up", lambda r: r.mail(next_at=None)),
    (MAILS, "would be sent again", lambda r: r.mail(status="failed", error="x")),
    (MAILS, "without any attempt", lambda r: r.mail(status="sent", next_at=None)),
    (MAILS, "nobody can read why", lambda r: r.mail(status="failed", next_at=None)),
    (MAILS, "nobody was told", lambda r: r.mail(status="failed", next_at=None, error="550 no such mailbox")),
    (MAILS, "no admin was told", lambda r: r.mail(attempts=2, error="421 later")),
    (MAILS, "two mails have the Message-ID", lambda r: r.mail(message_id=answer(r).message_id)),
    (MAILS, "was answered 2 times", lambda r: r.add(replace(answer(r), id="again"))),
    (MAILS, "needs attention, and no admin", lambda r: stopped(r, attention="x")),
    (MAILS, "cannot be read", lambda r: r.change(InboundMail, r.first(InboundMail).id, status="unreadable")),
    (MAILS, "was sent and has not arrived", sent_but_lost),
    (MAILS, "has arrived in 2 versions", sent_in_two_versions),
    (TIMES, "rang at", rung_early),
    (TIMES, "was reminded at", reminded_early),
    (TIMES, "was reminded twice for", reminded_twice),
    (TIMES, "before it was due", lambda r: r.change(Request, YES, escalated_at=MORNING)),
    (TIMES, "was opened at", opened_early),
    (TIMES, "(reminder) about", twice(Message, {"id": "again"}, template="reminder")),
    (RECORD, "不符", lambda r: r.change(AuditEntry, CASE, 5, actor="x")),
    (RECORD, "记录缺失", lambda r: r.drop(AuditEntry, CASE, r.tables[CaseRow][CASE,].audit_length - 1)),
    (RECORD, "显示的决定", lambda r: r.change(Decision, YES, 1, comment="never said")),
    (RECORD, "显示的结果", lambda r: r.change(CaseRow, CASE, outcome="rejected")),
    (RECORD, "检查点", sealed_another),
    (RECORD, "is not there, only its record", lambda r: r.drop(CaseRow, CASE)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "says", "breaks"), WAYS, ids=[f"{name}-{says}" for name, says, _ in WAYS])
def test_what_is_broken_is_named(rows: Rows, name: str, says: str, breaks: Callable[[Rows], object]) -> None:
    breaks(rows)
    found = [fault for fault in rows.broken() if fault.startswith(f"{name}: ")]
    assert any(says in fault for fault in found), found


def test_every_invariant_is_broken_by_a_test() -> None:
    assert {name for name, _, _ in WAYS} == set(INVARIANTS)
