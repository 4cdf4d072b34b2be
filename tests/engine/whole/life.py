"""The office that a machine of Hypothesis works on: killed and begun anew, with what must hold after every step.

It must not choose what happens.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from crm_workflows.domain.durations import Duration, Unit, working_days
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.records import (
    Assignee,
    BusinessRow,
    CaseRow,
    Decision,
    InboundMail,
    JournalEntry,
    Message,
    Number,
    Request,
)
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.requesting import is_door
from crm_workflows.engine.requests import papers
from crm_workflows.engine.running import attention, opening
from crm_workflows.testing import MemoryStore
from tests.engine.breaking import BreakingStore, Killed
from tests.engine.toys import ADMIN, office_of
from tests.engine.whole.machine_toys import FAULTS, FILES, MADE, broken

T = TypeVar("T")


class Life(RuleBasedStateMachine):
    """Cases of one procedure, on the store in memory."""

    def __init__(self) -> None:
        super().__init__()
        broken.clear()
        self.rows = MemoryStore()
        self.store = BreakingStore(self.rows)
        self.office = office_of(self.store, MADE)
        self.killed = 0

    # -- how a step is done -------------------------------------------------------------------------------------

    def do(self, work: Callable[[], T]) -> T | None:
        """Do it; after a kill start a new process on the same rows. A polite refusal is an answer."""
        try:
            return work()
        except Refused:
            return None
        except Killed:
            self.restart()
            return None

    def restart(self) -> None:
        """A new process: a new store object on the rows that were committed."""
        self.killed += 1
        at, tables = self.office.clock.now(), self.rows._tables
        self.rows = MemoryStore()
        self.rows._tables = tables
        self.store = BreakingStore(self.rows)
        self.office = office_of(self.store, MADE)
        self.office.clock.move_to(at)

    def find(self, record: type[T], **equals: Any) -> list[T]:
        with self.rows.read() as reader:
            return reader.find(record, **equals)

    def asked(self, status: str) -> list[tuple[Request, Assignee]]:
        requests = {r.id: r for r in self.find(Request) if (r.status == "open") is (status == "open")}
        return [(requests[a.request], a) for a in self.find(Assignee) if a.request in requests]

    def of_kind(self, kind: str) -> list[tuple[Request, Assignee]]:
        return [pair for pair in self.asked("open") if pair[0].kind == kind]

    # -- what must hold -----------------------------------------------------------------------------------------

    @invariant()
    def audit_decisions_and_states_hold(self) -> None:
        self.office.check_invariants()

    @invariant()
    def a_request_is_decided_once_and_the_journal_has_it(self) -> None:
        effective = [d.request for d in self.find(Decision, effective=True)]
        assert len(effective) == len(set(effective))
        outcomes = {(e.case, e.round, e.key) for e in self.find(JournalEntry, kind="outcome")}
        for request in self.find(Request, status=["decided", "lapsed"]):
            assert (request.case, request.round, request.key) in outcomes
        assert len(outcomes) == len(self.find(Request, status=["decided", "lapsed"]))

    @invariant()
    def a_code_is_given_once_in_a_case_and_without_gaps(self) -> None:
        given = sorted(r.value for r in self.find(BusinessRow, name="life"))
        last = self.find(Number, series="life")
        assert given == list(range(1, (last[0].last if last else 0) + 1))
        assert len({r.case for r in self.find(BusinessRow, name="life")}) == len(given)

    @invariant()
    def everybody_asked_was_written_to_once(self) -> None:
        asks = ["approval_request", "task_request", "documents_request"]
        written = sorted((m.request, m.recipient) for m in self.find(Message, template=asks))
        assert written == sorted((a.request, a.person) for a in self.find(Assignee) if not is_door(a.request))
        is_open = {r.id for r in self.find(Request, status="open")}
        assert {a.request for a in self.find(Assignee, is_active=True)} <= is_open

    @invariant()
    def every_mail_read_was_answered_once(self) -> None:
        answered = [m.in_reply_to for m in self.find(Message) if m.in_reply_to]
        by_mail = {m.message_id: m for m in self.find(InboundMail)}
        for message_id in set(answered):
            hearers = [m.recipient for m in self.find(Message) if m.in_reply_to == message_id]
            assert len(hearers) == len(set(hearers)), f"{by_mail[message_id]} was answered twice"
        applied = {m.message_id for m in self.find(InboundMail, status="applied")}
        assert applied <= set(answered)

    @invariant()
    def only_what_we_broke_needs_attention(self) -> None:
        for found in self.find(CaseRow, status="needs_attention"):
            assert any(fault in str(found.attention) for fault in FAULTS), found.attention

    def teardown(self) -> None:
        """Whatever has happened, people who do their work bring every case to its end."""
        self.store.fail_at(10**9, after=False)
        broken.clear()
        for _ in range(80):
            if all(row.status in ("closed", "cancelled") for row in self.find(CaseRow)):
                break
            self.everybody_does_their_work()
        assert all(row.status in ("closed", "cancelled") for row in self.find(CaseRow))
        self.office.check_invariants()

    def everybody_does_their_work(self, *, approving: bool = True) -> None:
        for found in self.find(CaseRow, status="needs_attention"):
            if "which is the limit" in str(found.attention):
                opening.cancel(self.office.engine, found.code, by=ADMIN, reason="到限")
            else:
                attention.retry(self.office.engine, found.code, ADMIN)
        self.office.advance(Duration(Unit.CLOCK_MINUTES, 5))
        for request, assignee in self.asked("open"):
            if request.kind == "documents":
                papers.hand_in(self.office.engine, request.id, FILES[:2], by=assignee.person, channel="page")
            elif request.kind == "task" or approving:
                decision = "submit" if request.kind == "task" else "approve"
                given = Answer(decision, assignee.person, "page", form={"text": "好"})
                answers.answer(self.office.engine, request.id, given)
        self.office.work()
        if not self.asked("open"):
            self.office.advance(working_days(1))
