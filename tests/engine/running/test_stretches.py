"""One stretch is one transaction: what survives a failure, what does not, and that one case never hurts another."""

from datetime import UTC, datetime

import pytest

from crm_workflows.domain.approvers import role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.errors import OutsideFailure
from crm_workflows.domain.records import Booking, Decision, Number
from crm_workflows.engine.case import Case
from crm_workflows.engine.ports import StretchSummary
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import attention, opening, stretch
from crm_workflows.engine.running.sending import Announce
from tests.engine.conftest import Install
from tests.engine.running.stretching import broken, decided_then_two_steps, fails_if, first, ran, second, whole_again
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
    requests,
    row,
    start,
    step,
    toy,
)

__all__ = ["whole_again"]
LATER = datetime(2026, 3, 20, tzinfo=UTC)


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
        ("Cancelled", "cancelled"),
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
