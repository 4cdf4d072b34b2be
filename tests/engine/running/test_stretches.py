"""One stretch is one transaction: what survives a failure, what does not, and that one case never hurts another."""

import logging
from collections import Counter
from datetime import UTC, datetime

import pytest

from crm_workflows.domain.approvers import role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.errors import OutsideFailure, StoreBusy
from crm_workflows.domain.records import Booking, BusinessRow, Decision, Meta, Number
from crm_workflows.engine.case import Case, Outcome
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.ports import Store, StretchSummary
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.running import attention, opening, stretch, worker
from crm_workflows.engine.running.sending import Announce
from crm_workflows.engine.steps import Books
from tests.engine.breaking import BreakingStore
from tests.engine.conftest import Install
from tests.engine.toys import (
    ADMIN,
    GATE,
    HEAD,
    MATERIALS,
    NOTE,
    OTHER_NOTE,
    OWNER,
    PAPERS,
    SUPPLIER,
    Matter,
    attention_told,
    journal,
    office_of,
    requests,
    row,
    start,
    step,
    toy,
)
from tests.office import Office

LATER = datetime(2026, 3, 20, tzinfo=UTC)
ran: Counter[str] = Counter()
broken: set[str] = set()


@pytest.fixture(autouse=True)
def _whole_again() -> None:
    ran.clear()
    broken.clear()


def fails_if(what: str) -> None:
    """Raise while `what` is broken."""
    if what in broken:
        raise ValueError(f"{what} 坏了")


@step("T-2")
def first(*, books: Books) -> int:
    ran["first"] += 1
    books.write("first", books.case)
    return books.tx.next_number("first")


@step("T-2")
def second(*, books: Books) -> int:
    ran["second"] += 1
    books.write("second", "half")
    given = books.tx.next_number("second")
    fails_if("second")
    return given


def decided_then_two_steps(case: Case[Matter]) -> Outcome:
    """A gate, two steps with books, a form."""
    if case.approval(GATE).rejected:
        return case.reject()
    fails_if("body")
    first()
    second()
    case.task(NOTE)
    return case.approve()


def test_a_body_that_raises_after_a_decision_loses_its_part_and_not_the_decision(install: Install) -> None:
    office = install(toy(decided_then_two_steps))
    code = start(office)
    broken.add("body")
    with attention_told(office, code, saying="ValueError: body 坏了"):
        answered = office.answer(code, "approve", comment="可以")
    assert answered.effective
    assert "坏了" not in answered.follows
    assert [(d["decision"], d["by"], d["effective"]) for d in office.view(code)["decisions"]] == [
        ("approve", HEAD, True)
    ]
    assert journal(office, code) == [(1, "open", "T-5:gate"), (1, "outcome", "T-5:gate")]
    assert office.work() == 0
    broken.clear()
    attention.retry(office.engine, code, ADMIN)
    office.work()
    assert office.waiting(code)["gate"] == "note"
    assert office.view(code)["attention"] is None


def test_a_step_that_raises_halfway_leaves_nothing_and_the_step_before_it_stays(install: Install) -> None:
    office = install(toy(decided_then_two_steps))
    code = start(office)
    broken.add("second")
    with attention_told(office, code, saying="second 坏了"):
        office.answer(code, "approve")
    assert office.view(code)["rows"] == {"first": code}
    with office.engine.store.read() as reader:
        assert reader.get(Number, "second") is None
    broken.clear()
    attention.retry(office.engine, code, ADMIN)
    office.work()
    assert office.waiting(code)["gate"] == "note"
    assert ran == {"first": 1, "second": 2}
    with office.engine.store.read() as reader:
        numbers = {n.series: n.last for n in reader.find(Number, series=["first", "second"])}
    assert numbers == {"first": 1, "second": 1}


def test_of_a_body_that_raises_nothing_is_kept_but_the_decision_before_it(install: Install) -> None:
    """Not its steps, nor what it told, booked or wrote down: the next try does all of it again, once."""

    def body(case: Case[Matter]) -> Outcome:
        case.approval(GATE)
        pure()
        case.tell("T-6", "news", Announce((role("finance"),), "消息 / News"))
        case.open_later("toy", {"owner": OWNER}, rule="T-7", relation="next", on=LATER)
        fails_if("body")
        case.task(NOTE)
        return case.approve()

    office = install(toy(body))
    code = start(office)
    broken.add("body")
    with attention_told(office, code, saying="body 坏了"):
        office.answer(code, "approve")
    assert journal(office, code) == [(1, "open", "T-5:gate"), (1, "outcome", "T-5:gate")]
    assert not office.mails("announcement")
    with office.engine.store.read() as reader:
        assert reader.count(Booking) == 0
    broken.clear()
    attention.retry(office.engine, code, ADMIN)
    office.work()
    assert ran["pure"] == 2
    assert len(office.mails("announcement")) == 2
    with office.engine.store.read() as reader:
        assert reader.count(Booking) == 1


@step("T-3")
def pure() -> int:
    ran["pure"] += 1
    return 3


@pytest.mark.parametrize("steps_before", ["none", "pure", "books and pure"])
def test_a_decision_outlives_the_very_step_that_would_have_been_written_with_it(
    install: Install, steps_before: str
) -> None:
    """What is buffered goes into the transaction of the step that then raises; it must not go down with it."""

    def body(case: Case[Matter]) -> Outcome:
        case.task(NOTE)
        if case.approval(GATE).rejected:
            return case.reject()
        if "books" in steps_before:
            first()
        if "pure" in steps_before:
            pure()
        second()
        return case.approve()

    office = install(toy(body))
    code = start(office)
    office.submit(code)
    broken.add("second")
    with attention_told(office, code, saying="second 坏了"):
        assert office.answer(code, "approve", comment="可以").effective
    office.check_invariants()
    view = office.view(code)
    assert [(d["decision"], d["comment"]) for d in view["decisions"]][-1:] == [("approve", "可以")]
    assert {r["status"] for r in view["requests"]} == {"decided"}
    assert view["waiting_for"] == []
    assert (1, "outcome", "T-5:gate") in journal(office, code)
    assert len(office.mails("decision_notice", to=OWNER)) == 1
    broken.clear()
    attention.retry(office.engine, code, ADMIN)
    office.work()
    assert row(office, code).outcome == "approved"
    assert ran["second"] == 2
    assert ran["first"] == ("books" in steps_before)


def test_papers_and_a_lapse_outlive_the_step_that_fails_behind_them(install: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        case.wait("T-1", "rest", for_=working_days(1))
        case.collect(PAPERS, from_=Contact("陈先生", SUPPLIER))
        second()
        return case.approve()

    office = install(toy(body))
    code, other = start(office), start(office)
    office.advance(working_days(1))
    broken.add("second")
    files = [File(f"{name}.pdf", "application/pdf", b"%PDF-" + name.encode()) for name in ("执照", "概况")]
    with attention_told(office, code, saying="second 坏了"):
        assert office.hand_in(code, files).complete
    with attention_told(office, other, saying="second 坏了"):
        office.advance(working_days(5))
    office.check_invariants()
    assert set(requests(office, code).values()) == {"lapsed", "decided"}
    assert set(requests(office, other).values()) == {"lapsed"}
    broken.clear()
    for case in (code, other):
        attention.retry(office.engine, case, ADMIN)
    office.work()
    assert {row(office, case).outcome for case in (code, other)} == {"approved"}


def test_what_an_error_says_can_always_be_kept(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    # A lone surrogate in captured logs cannot travel between the processes of a parallel test run.
    monkeypatch.setattr("logging.Logger.isEnabledFor", lambda *_: False)
    """A text with a NUL, half a surrogate pair or no end must not cost the decision that it came after."""

    def body(case: Case[Matter]) -> Outcome:
        case.approval(GATE)
        raise ValueError("坏\0了\ud800 / " + "x" * 100_000)

    office = install(toy(body))
    code = start(office)
    with attention_told(office, code, saying="ValueError: 坏了 / xxx"):
        assert office.answer(code, "approve").effective


@pytest.mark.breaks_invariants("the notice itself fails", "every mail arrives or somebody hears")
def test_an_admin_who_cannot_be_told_does_not_cost_the_decision(
    install: Install, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = install(toy(decided_then_two_steps))
    code = start(office)
    broken.add("body")

    def spoilt(**_: object) -> None:
        raise LookupError("no such mail")

    monkeypatch.setattr(attention, "NeedsAttention", spoilt)
    with caplog.at_level(logging.ERROR):
        assert office.answer(code, "approve").effective
    assert row(office, code).status == "needs_attention"
    assert "no admin could be told" in caplog.text


@pytest.mark.parametrize("after", [False, True])
def test_a_database_that_is_busy_at_the_commit_loses_no_answer(store: Store, after: bool) -> None:
    """`after` stands for a connection lost behind the commit: who answers again hears that the answer is there."""
    breaking = BreakingStore(store)
    office = office_of(breaking, toy(decided_then_two_steps))
    code = start(office)
    request = office.waiting(code)["id"]
    breaking.fail_at(1, after=after, failure=lambda: StoreBusy("忙 / busy"))
    with pytest.raises(StoreBusy):
        office.answer(code, "approve")
    again = answers.answer(office.engine, request, Answer("approve", HEAD, "link"))
    assert again.effective is not after
    assert [d["effective"] for d in office.view(code)["decisions"]] == [True, False][: 1 + after]
    assert office.waiting(code)["gate"] == "note"
    assert ran == {"first": 1 + (not after), "second": 1 + (not after)}
    office.check_invariants()


def test_a_database_that_is_busy_in_a_step_puts_the_whole_answer_off(install: Install) -> None:
    @step("T-2")
    def busy(*, books: Books) -> int:
        if "database" in broken:
            raise StoreBusy("忙 / busy")
        return 1

    def body(case: Case[Matter]) -> Outcome:
        case.approval(GATE)
        busy()
        return case.approve()

    office = install(toy(body))
    code = start(office)
    broken.add("database")
    with pytest.raises(StoreBusy):
        office.answer(code, "approve")
    assert not office.view(code)["decisions"]
    broken.clear()
    office.answer(code, "approve")
    assert office.view(code)["outcome"] == "approved"


def grouped(case: Case[Matter]) -> Outcome:
    """One among twenty."""
    first()
    if case.subject.what == "坏":
        fails_if("body")
        if "flush" in broken:
            case._attempt.ledger.add(Meta("taken", "二"))
        if "step" in broken:
            taken_key()
    case.task(NOTE)
    return case.approve()


@step("T-2")
def taken_key(*, books: Books) -> None:
    books.tx.insert(Meta("taken", "二"))


@pytest.mark.parametrize("what", ["body", "flush", "step"])
def test_one_failing_case_does_not_hold_up_the_nineteen_of_its_group(install: Install, what: str) -> None:
    office = install(toy(grouped))
    with office.engine.store.write() as tx:
        tx.insert(Meta("taken", "一"))
    broken.add(what)
    codes = [start(office, work=False, what="坏" if n == 7 else "好") for n in range(worker.GROUP)]
    with attention_told(office, codes[7], saying={"body": "坏了"}.get(what, "Duplicate")):
        assert worker.run_ready(office.engine) == worker.GROUP
    assert _statuses(office, codes) == ["needs_attention" if n == 7 else "waiting" for n in range(worker.GROUP)]
    with office.engine.store.read() as reader:
        kept = reader.find(BusinessRow, name="first")
        assert {row_.case for row_ in kept} >= set(codes) - {codes[7]}


def _statuses(office: Office, codes: list[str]) -> list[str]:
    return [row(office, code).status for code in codes]


@pytest.mark.parametrize("how", ["in a group", "singly"])
def test_a_case_that_cannot_even_be_marked_as_failed_steps_aside(
    install: Install, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    office = install(toy(grouped))
    codes = [start(office, work=False, what="坏" if n < 2 else "好") for n in range(5)]
    broken.add("body")

    def cannot(*_: object) -> None:
        raise RuntimeError("no mark can be left")

    monkeypatch.setattr(stretch, "_note_failure", cannot)
    run = None if how == "in a group" else (lambda process, code, body: body(stretch.plainly))
    for _ in range(2):
        worker.one_pass(office.engine, run)
    monkeypatch.undo()
    assert _statuses(office, codes[2:]) == ["waiting"] * 3
    ready = [row(office, code).ready_at for code in codes[:2]]
    assert all(at is not None and at > office.clock.now() for at in ready)
    office.move_to(max(at for at in ready if at is not None))
    assert _statuses(office, codes[:2]) == ["needs_attention"] * 2


def test_a_busy_database_stops_the_group_and_the_next_pass_does_it_all(store: Store) -> None:
    breaking = BreakingStore(store)
    office = office_of(breaking, toy(grouped))
    codes = [start(office, work=False) for _ in range(5)]
    breaking.fail_at(1, after=False, failure=lambda: StoreBusy("忙 / busy"))
    with pytest.raises(StoreBusy):
        worker.run_ready(office.engine)
    assert set(_statuses(office, codes)) == {"running"}
    office.work()
    assert set(_statuses(office, codes)) == {"waiting"}
    with office.engine.store.read() as reader:
        assert len(reader.find(Number, series="first", last=5)) == 1


def test_an_answer_while_the_case_needs_attention_is_kept_for_later(install: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        notes = case.together(NOTE, OTHER_NOTE)
        fails_if("body")
        case.close("done", notes[0].text)
        case.approval(GATE)
        return case.approve()

    def changed(case: Case[Matter]) -> Outcome:
        first()
        return case.approve()

    office = install(toy(body))
    code = start(office)
    office = install(toy(changed))
    with attention_told(office, code, saying="where the procedure now has"):
        assert office.submit(code, gate="note").effective
    told = len(office.mails("needs_attention"))
    answered = office.submit(code, gate="other_note")
    assert answered.effective
    assert answered.follows.endswith("it needs attention, and the admins have been told")
    assert len(office.mails("needs_attention")) == told
    assert row(office, code).status == "needs_attention"
    office = install(toy(body))
    attention.retry(office.engine, code, ADMIN)
    office.work()
    assert office.waiting(code)["gate"] == "gate"


def test_a_failing_world_outside_is_tried_again_at_growing_distances_and_then_told(install: Install) -> None:
    keys: list[str] = []

    @step("T-2", outside=True)
    def ring(*, idempotency_key: str) -> str:
        keys.append(idempotency_key)
        raise OutsideFailure("打不通 / no answer")

    def body(case: Case[Matter]) -> Outcome:
        ring()
        return case.approve()

    office = install(toy(body))
    code = start(office, work=False)
    waits = []
    for _ in range(stretch.MOST_FAILURES - 1):
        office.work()
        retry_at = row(office, code).ready_at
        assert retry_at is not None
        waits.append((retry_at - office.clock.now()).total_seconds())
        assert office.work() == 0
        office.clock.move_to(retry_at)
    with attention_told(office, code, saying="no answer"):
        office.work()
    assert waits == [2, 4, 8, 16]
    assert keys == [f"{code}/1/T-2:ring"] * 5


def test_listeners_hear_of_every_stretch_once(install: Install) -> None:
    heard: list[tuple[str, str]] = []

    class Listener:
        def stretch_done(self, code: str, process: str, summary: StretchSummary) -> None:
            heard.append((summary.state, summary.sentence.partition(" / ")[2]))

    @step("T-2", outside=True)
    def ring() -> int:
        return 1

    def body(case: Case[Matter]) -> Outcome:
        case.task(NOTE)
        ring()
        case.task(OTHER_NOTE)
        return case.approve()

    office = install(toy(body))
    object.__setattr__(office.engine, "listener", Listener())
    code = start(office)
    office.submit(code)
    office.work()
    opening.cancel(office.engine, code, by=OWNER, reason="不要了")
    names = [(state, sentence.partition(" (")[0]) for state, sentence in heard]
    assert names == [
        ("Waiting", "waiting for Li Weimin"),
        ("Running", "under way"),
        ("Running", "under way"),
        ("Waiting", "waiting for Wang Fang"),
        ("Cancelled", "cancelled: 不要了"),
    ]
    with office.engine.store.read() as reader:
        assert [d.by for d in reader.find(Decision, case=code)] == [MATERIALS]


def test_cancelling_tells_everyone_involved_and_keeps_the_reason(install: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        case.task(NOTE)
        case.open_later("toy", {"owner": OWNER}, rule="T-4", relation="next", on=LATER)
        case.approval(GATE)
        return case.approve()

    office = install(toy(body))
    code = start(office)
    office.submit(code)
    opening.cancel(office.engine, code, by=OWNER, reason="项目取消")
    ends = {m.recipient: m.context["comment"] for m in office.mails("case_closed")}
    assert ends == {HEAD: "项目取消", MATERIALS: "项目取消"}
    assert office.view(code)["rows"]["cancelled"] == {"by": OWNER, "reason": "项目取消"}
    office.move_to(LATER)
    assert not office.view(code)["linked"]
