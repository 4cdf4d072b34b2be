"""A machine that does at random what people, time and power cuts do; after every step the invariants hold.

Answers by the right and the wrong people, twice and too late, by page and by mail; time in leaps; steps that fail;
workers that die holding a case; the process killed at one of the next commits. In the end everything can be finished.
"""

import random
import sys
import zlib
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crm_workflows.domain.approvers import manager, role
from crm_workflows.domain.durations import Duration, Unit, working_days
from crm_workflows.domain.elements import FormTask, Gate, Stage, reject_after
from crm_workflows.domain.errors import NotEntitled, OutsideFailure, Refused
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
from crm_workflows.engine.case import Case, Outcome
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.requesting import is_door
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.requests import papers
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.running import attention, leases, opening, stretch, sweeps, worker
from crm_workflows.engine.steps import Books
from crm_workflows.testing import MemoryStore
from tests.engine.breaking import BreakingStore, Killed
from tests.engine.toys import (
    ADMIN,
    NOTE,
    OTHER_NOTE,
    OWNER,
    PAPERS,
    STRANGER,
    SUPPLIER,
    Matter,
    Note,
    office_of,
    step,
    toy,
)

T = TypeVar("T")
LATE_NOTE = FormTask(
    "late_note", "后续记录 / Late note", rule="T-6", form=Note, by=role("finance"),
    due=working_days(1), remind=working_days(1), escalate_to=manager,
)  # fmt: skip
DOUBLE = Gate(
    "double", "两级审批 / Two stages", rule="T-5", approver=role("head_of_marketing"),
    then=(Stage("boss", role("general_manager")),), due=working_days(2), remind=working_days(1), escalate_to=manager,
    on_silence=reject_after(working_days(6)), send_back=("T-1", "T-2", "T-3"), rounds=3,
)  # fmt: skip
broken: set[str] = set()


@step("T-1")
def look() -> int:
    return 1


@step("T-3", after_send_back="once")
def code_for_life(*, books: Books) -> int:
    if "books" in broken:
        raise ValueError("books 坏了")
    given = books.tx.next_number("life")
    books.write("life", given)
    return given


@step("T-4", outside=True)
def ring(*, idempotency_key: str) -> str:
    if "outside" in broken:
        raise OutsideFailure("outside 打不通 / no answer")
    return idempotency_key


@step("T-6")
def enter(said: str, *, books: Books) -> None:
    books.write("said", said)


def everything(case: Case[Matter]) -> Outcome:
    """Papers, two forms, a call, a gate of two stages, a rest, a form."""
    look()
    if case.collect(PAPERS, from_=Contact("陈先生", SUPPLIER)).lapsed:
        return case.close("lapsed", notify=[Contact("陈先生", SUPPLIER)])
    first, _ = case.together(NOTE, OTHER_NOTE)
    if first.text == "退回":
        case.back_to("T-2", because="再来", only=["licence"])
    code_for_life()
    said = ring()
    if case.approval(DOUBLE).rejected:
        return case.reject()
    case.wait("T-6", "rest", for_=working_days(1))
    enter(said)
    case.task(LATE_NOTE)
    return case.approve(notify=[Contact("陈先生", SUPPLIER)])


MADE = toy(everything, PAPERS, NOTE, OTHER_NOTE, DOUBLE, LATE_NOTE)
FILES = [
    File("执照.pdf", "application/pdf", b"%PDF-1"),
    File("概况.pdf", "application/pdf", b"%PDF-2"),
    File("概况.exe", "application/pdf", b"MZ"),
    File("执照.pdf", "application/pdf", b""),
]
WORDS = ["同意", "驳回 太贵", "退回 T-3 改", "退回 T-9 改", "嗯", "", "撤销"]
FAULTS = ("books 坏了", "no answer", "which is the limit")


class OfficeLife(RuleBasedStateMachine):
    """Up to four cases of one procedure, on the store in memory."""

    sent = Bundle("sent")

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

    def find(self, record: type[T], **equals: object) -> list[T]:
        with self.rows.read() as reader:
            return reader.find(record, **equals)

    def asked(self, status: str) -> list[tuple[Request, Assignee]]:
        requests = {r.id: r for r in self.find(Request) if (r.status == "open") is (status == "open")}
        return [(requests[a.request], a) for a in self.find(Assignee) if a.request in requests]

    def of_kind(self, kind: str) -> list[tuple[Request, Assignee]]:
        return [pair for pair in self.asked("open") if pair[0].kind == kind]

    # -- what people do -----------------------------------------------------------------------------------------

    @initialize(days=st.integers(0, 6))
    def a_case_has_come_some_way(self, days: int) -> None:
        self.start()
        for _ in range(days):
            self._a_good_day(approving=False)

    @precondition(lambda self: len(self.find(CaseRow)) < 4)
    @rule()
    def start(self) -> None:
        key = f"k{len(self.find(CaseRow))}"
        self.do(
            lambda: opening.start(
                self.office.engine, "toy", {"owner": OWNER}, requester=None, origin="cli", idempotency_key=key
            )
        )

    @precondition(lambda self: self.of_kind("task"))
    @rule(data=st.data(), text=st.sampled_from(["好", "好", "好", "退回", ""]))
    def fill_in_a_form(self, data: st.DataObject, text: str) -> None:
        request, assignee = data.draw(st.sampled_from(self.of_kind("task")))
        given = Answer("submit", assignee.person, "page", form={"text": text})
        self.do(lambda: answers.answer(self.office.engine, request.id, given))

    @precondition(lambda self: self.of_kind("approval"))
    @rule(data=st.data(), decision=st.sampled_from(["approve", "approve", "approve", "reject", "submit"]))
    def decide(self, data: st.DataObject, decision: str) -> None:
        request, assignee = data.draw(st.sampled_from(self.of_kind("approval")))
        given = Answer(decision, assignee.person, "page", comment="因为")
        self.do(lambda: answers.answer(self.office.engine, request.id, given))

    @precondition(lambda self: self.of_kind("approval"))
    @rule(data=st.data(), to=st.sampled_from(["T-1", "T-2", "T-3", "T-6"]))
    def send_back(self, data: st.DataObject, to: str) -> None:
        request, assignee = data.draw(st.sampled_from(self.of_kind("approval")))
        given = Answer("send_back", assignee.person, "page", comment="因为", to=to)
        self.do(lambda: answers.answer(self.office.engine, request.id, given))

    @precondition(lambda self: self.asked("open"))
    @rule(data=st.data(), person=st.sampled_from([STRANGER, OWNER, "li@elsewhere.example"]))
    def answer_by_the_wrong_person(self, data: st.DataObject, person: str) -> None:
        request, _ = data.draw(st.sampled_from(self.asked("open")))
        asked = {a.person for r, a in self.asked("open") if r.id == request.id}
        if person in asked or request.kind == "documents":
            return
        before = dict(self.rows._tables)
        given = Answer("submit" if request.kind == "task" else "approve", person, "link", form={"text": "好"})
        try:
            answers.answer(self.office.engine, request.id, given)
        except NotEntitled:
            assert {k: v for k, v in self.rows._tables.items() if v} == {k: v for k, v in before.items() if v}
        except Killed:
            raise AssertionError("a refused answer came to a commit") from None
        else:
            raise AssertionError(f"{person} decided {request.id}")

    @precondition(lambda self: self.asked("closed"))
    @rule(data=st.data())
    def answer_too_late(self, data: st.DataObject) -> None:
        request, assignee = data.draw(st.sampled_from(self.asked("closed")))
        held = self.find(JournalEntry)
        given = Answer("approve", assignee.person, "link", comment="晚了")
        answered = self.do(lambda: answers.answer(self.office.engine, request.id, given))
        assert answered is None or not answered.effective
        assert self.find(JournalEntry) == held

    @precondition(lambda self: self.of_kind("documents"))
    @rule(data=st.data(), files=st.lists(st.sampled_from(FILES), max_size=3))
    def hand_in(self, data: st.DataObject, files: list[File]) -> None:
        request, assignee = data.draw(st.sampled_from(self.of_kind("documents")))
        how: dict[str, Any] = {"by": assignee.person, "channel": "page"}
        self.do(lambda: papers.hand_in(self.office.engine, request.id, files, **how))

    @precondition(lambda self: self.find(Message, template=["approval_request", "documents_request"]))
    @rule(
        target=sent,
        data=st.data(),
        text=st.sampled_from(WORDS),
        sender=st.sampled_from([None, None, None, STRANGER, "li@elsewhere.example"]),
        n=st.integers(1, 3),
    )
    def reply(self, data: st.DataObject, text: str, sender: str | None, n: int) -> bytes:
        mails = self.find(Message, template=["approval_request", "documents_request"])
        waiting = {r.id for r in self.find(Request, status="open")}
        mails = [m for m in mails if m.request in waiting or n == 3] or mails
        mail = data.draw(st.sampled_from(mails))
        files = FILES[:2] if mail.template == "documents_request" and n == 1 else None
        own = zlib.crc32(f"{text}{sender}{n}".encode())  # another text is another mail
        raw = self.office.reply_bytes(mail, text, sender=sender, files=files, n=own)
        self.do(lambda: intake.take_in(self.office.engine, raw, "machine"))
        return raw

    @rule(raw=sent)
    def delivered_again(self, raw: bytes) -> None:
        self.do(lambda: intake.take_in(self.office.engine, raw, "another mailbox"))

    @rule()
    def take_up_what_was_stored(self) -> None:
        self.do(lambda: intake.process_new(self.office.engine))

    @precondition(lambda self: len(self.find(CaseRow)) == 3)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        code = data.draw(st.sampled_from(self.find(CaseRow))).code
        self.do(lambda: opening.cancel(self.office.engine, code, by=OWNER, reason="不要了"))

    # -- what time and machines do ------------------------------------------------------------------------------

    @rule(unit=st.sampled_from(list(Unit)), amount=st.integers(0, 3))
    def let_time_pass(self, unit: Unit, amount: int) -> None:
        self.office.clock.move_to(self.office.staff.hours.add(self.office.clock.now(), Duration(unit, amount)))

    @rule()
    def work(self) -> None:
        self.do(lambda: worker.work_until_idle(self.office.engine))

    @rule()
    def a_good_day(self) -> None:
        """Everybody does what they are asked but approving, and the machines work."""
        self.do(lambda: self._a_good_day(approving=False))

    @rule()
    def sweep_only(self) -> None:
        self.do(lambda: sweeps.sweep(self.office.engine))

    @rule()
    def work_tracked(self) -> None:
        self.do(lambda: worker.one_pass(self.office.engine, lambda process, code, body: body(stretch.plainly)))

    @rule(data=st.data())
    def a_worker_dies_holding_a_case(self, data: st.DataObject) -> None:
        code = data.draw(st.sampled_from(self.find(CaseRow))).code if self.find(CaseRow) else "TY-2026-99999"
        self.do(lambda: leases.take(self.office.engine, code, "dead"))

    @rule(commit=st.integers(1, 4), after=st.booleans())
    def a_power_cut_is_near(self, commit: int, after: bool) -> None:
        self.store.fail_at(commit, after=after)

    @rule(what=st.sampled_from(["books", "outside"]))
    def something_breaks(self, what: str) -> None:
        broken.add(what)

    @rule()
    def everything_is_repaired(self) -> None:
        broken.clear()
        for found in self.find(CaseRow, status="needs_attention"):
            self.do(lambda code=found.code: attention.retry(self.office.engine, code, ADMIN))  # type: ignore[misc]

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
            self._a_good_day()
        assert all(row.status in ("closed", "cancelled") for row in self.find(CaseRow))
        self.office.check_invariants()

    def _a_good_day(self, *, approving: bool = True) -> None:
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


def test_whatever_happens_the_office_stays_in_order() -> None:
    """Without shrinking, which takes longer than a test may: `make soak` shrinks."""
    quick = settings(max_examples=60, stateful_step_count=40, deadline=None, phases=[Phase.reuse, Phase.generate])
    run_state_machine_as_test(OfficeLife, settings=quick)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_whatever_happens_for_a_long_time_the_office_stays_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = random.randrange(2**32)
    with capsys.disabled():
        sys.stdout.write(f"\nseed of the office's life: {chosen}\n")
    machine = seed(chosen)(OfficeLife)
    run_state_machine_as_test(machine, settings=settings(max_examples=2000, stateful_step_count=80, deadline=None))
