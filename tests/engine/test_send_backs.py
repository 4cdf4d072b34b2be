"""A case goes back to a rule: what is kept, what is superseded, how often."""

import pytest

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import Booking, JournalEntry
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.journal import visible
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running.ledger import Ledger
from crm_workflows.engine.running.rounds import go_back
from crm_workflows.engine.steps import Books
from crm_workflows.engine.views import views
from tests.engine.conftest import Install
from tests.engine.toys import (
    GATE,
    HEAD,
    NOTE,
    OTHER_NOTE,
    OWNER,
    Matter,
    attention_told,
    journal,
    requests,
    row,
    start,
    step,
    toy,
)
from tests.engine.verb_toys import before, gates, nothing_ran_yet, ran

__all__ = ["nothing_ran_yet"]


@step("T-3", after_send_back="once")
def code_for_life(*, books: Books) -> int:
    ran["once"] += 1
    return books.tx.next_number("life")


@step("T-3")
def weigh() -> int:
    ran["weigh"] += 1
    return ran["weigh"]


def sent_back(case: Case[Matter]) -> Outcome:
    """A gate that may send back into the middle."""
    said = before(), code_for_life(), weigh()
    note = case.task(NOTE).text
    case.approval(GATE, shows=Shown((Fact("值 / Values", f"{said} {note}"),)))
    return case.approve()


def test_a_send_back_keeps_what_is_before_it_and_steps_marked_once(install: Install) -> None:
    office = install(toy(sent_back))
    code = start(office)
    for n in (1, 2, 3):
        office.submit(code, text=f"第{n}稿")
        shown = office.asking(code).context["request"]["facts"][0]["value"]
        assert shown == f"(1, 1, {n}) 第{n}稿"
        assert row(office, code).status == "waiting"
        if n < 3:
            office.answer(code, "send_back", to="T-3", comment=f"改{n}")
    assert ran == {"before": 1, "once": 1, "weigh": 3}
    office.answer(code, "approve")
    assert office.view(code)["outcome"] == "approved"
    assert set(requests(office, code).values()) == {"decided"}
    assert [e for e in journal(office, code) if e[1] == "back"] == [(2, "back", "back:T-3"), (3, "back", "back:T-3")]


def test_a_late_answer_to_a_superseded_request_rewrites_nothing(install: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        before()
        case.together(NOTE, OTHER_NOTE)
        case.approval(GATE)
        return case.approve()

    office = install(toy(body))
    code = start(office)
    office.submit(code, gate="note")
    office.submit(code, gate="other_note")
    old = office.waiting(code)["id"]
    office.answer(code, "send_back", to="T-3", comment="改")
    held = journal(office, code)
    late = answers.answer(office.engine, old, Answer("approve", HEAD, "link"))
    assert not late.effective
    assert journal(office, code) == held
    assert gates(office, code) == ["note:li.weimin", "other_note:wang.fang"]


def test_what_is_still_open_behind_a_cut_is_superseded(install: Install) -> None:
    """No verb of today sends back while others are asked side by side; the cut must hold when one does."""

    def body(case: Case[Matter]) -> Outcome:
        before()
        case.together(NOTE, OTHER_NOTE)
        return case.approve()

    office = install(toy(body))
    code = start(office)
    office.submit(code, gate="note")
    waiting = office.waiting(code)["id"]
    with office.engine.store.write() as tx:
        locked = tx.lock_case(code)
        assert locked is not None
        ledger, now = Ledger(locked), office.clock.now()
        ledger.set(ready_at=now)
        read = visible(tx.find(JournalEntry, case=code, order="n"))
        go_back(locked, read, ledger, "T-3", {"because": "改", "only": [], "by": "test"}, now)
        ledger.flush(tx, locked)
    office.work()
    assert gates(office, code) == ["note:li.weimin", "other_note:wang.fang"]
    assert sorted(requests(office, code).values()) == ["decided", "open", "open", "superseded"]
    late = answers.answer(office.engine, waiting, Answer("submit", OWNER, "page", form={"text": "晚"}))
    assert not late.effective
    assert "sent back or amended since" in late.sentence
    assert len(views.inbox(office.engine, OWNER)) == 1


def test_a_send_back_to_where_the_case_has_not_been_is_refused(install_in_memory: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        case.approval(GATE)
        return case.approve()

    office = install_in_memory(toy(body))
    code = start(office)
    with pytest.raises(InvalidInput, match="has not come by T-3"):
        office.answer(code, "send_back", to="T-3", comment="改")
    with pytest.raises(InvalidInput, match="T-1, T-3"):
        office.answer(code, "send_back", to="T-9", comment="改")
    assert gates(office, code) == ["gate:zheng.xiaodong"]


def goes_back(case: Case[Matter]) -> Outcome:
    """A procedure that goes back by itself."""
    before()
    if case.task(NOTE).text != "好了":
        case.back_to("T-1", because="还没好", rounds=2)
    return case.approve()


def test_a_procedure_goes_back_by_itself_so_often_and_then_a_person_looks(install: Install) -> None:
    office = install(toy(goes_back))
    code = start(office)
    for n in (1, 2):
        office.submit(code, text="再来")
        assert office.waiting(code)["round"] == n + 1
    assert ran["before"] == 3
    with attention_told(office, code, saying="2 times, which is the limit"):
        office.submit(code, text="再来")


def test_a_booked_case_of_a_cut_round_is_never_opened(install: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        before()
        if case.subject.what == "后续":
            return case.approve()
        at = case.policy.number("papers_lapse")
        assert at
        case.task(NOTE)
        case.open_later("toy", {"owner": OWNER, "what": "后续"}, rule="T-4", relation="next")
        case.approval(GATE)
        return case.approve()

    office = install(toy(body))
    code = start(office)
    office.submit(code)
    office.answer(code, "send_back", to="T-3", comment="改")
    office.submit(code)
    office.answer(code, "approve")
    office.work()
    assert len(office.view(code)["linked"]) == 1
    with office.engine.store.read() as reader:
        assert reader.count(Booking) == 2
