"""The subject of a running case is amended: who decided on the old is asked again, in place, and nobody else (G-6)."""

import pytest

from crm_workflows.domain.approvers import role
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import Request
from crm_workflows.domain.shown import Shown
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.results import Outcome
from crm_workflows.testing import MemoryStore
from tests.engine.decisions.amending import BUY, Purchase, amend, bought, gates, office, shown
from tests.engine.toys import BOSS, HEAD, NOTE, OTHER_NOTE, office_of, row, start, step, toy
from tests.office import Office

__all__ = ["office"]
PRICED = Gate("priced", "价格审批 / Price", rule="T-6", approver=role("head_of_marketing"), material=("price",))


def test_who_approved_the_old_is_asked_again_in_place_and_the_work_behind_stays(office: Office) -> None:
    code = bought(office)
    done = amend(office, code, price=120)
    assert [(c.before.value, c.after.value) for c in done.changes if c.before and c.after] == [("100", "120")]
    assert gates(office, code) == ["buy", "note"]
    assert office.view(code)["subject"]["price"] == 120
    office.submit(code, gate="note")
    assert gates(office, code) == ["buy"], "nothing new begins while the gate is asked again"
    office.answer(code, "approve", gate="buy")
    assert gates(office, code) == ["other_note"]
    office.submit(code)
    assert office.view(code)["outcome"] == "approved"


def test_a_no_to_the_new_takes_the_way_of_a_no(office: Office) -> None:
    code = bought(office)
    amend(office, code, price=120)
    office.answer(code, "reject", gate="buy", comment="太贵")
    found = office.view(code)
    assert (found["status"], found["outcome"]) == ("closed", "rejected")
    assert {r["id"]: r["status"] for r in found["requests"]} == {
        f"{code}-R1": "decided", f"{code}-R2": "superseded", f"{code}-R3": "decided",
    }  # fmt: skip


def test_sent_back_from_there_the_steps_before_are_done_again() -> None:
    def noted(case: Case[Purchase]) -> Outcome:
        case.task(NOTE)
        case.approval(BUY, shows=shown(case.subject), amount=Money.of(case.subject.price))
        case.task(OTHER_NOTE)
        return case.approve()

    office = office_of(MemoryStore(), toy(noted, BUY, NOTE, OTHER_NOTE, name="noted", code="NO"))
    code = start(office, process="noted")
    office.submit(code)
    office.answer(code, "approve")
    amend(office, code, price=120)
    office.answer(code, "send_back", gate="buy", to="T-3", comment="说明原因")
    assert gates(office, code) == ["note"]
    office.submit(code)
    office.answer(code, "approve", gate="buy")
    assert gates(office, code) == ["other_note"]


def test_what_nobody_was_shown_voids_nothing(office: Office) -> None:
    code = bought(office)
    done = amend(office, code, remark="加急")
    assert done.asked_again == ()
    assert gates(office, code) == ["note"]
    assert office.view(code)["subject"]["remark"] == "加急"


def test_an_open_gate_is_asked_anew_on_the_new_and_the_old_answer_is_refused(office: Office) -> None:
    code = start(office, process="buying")
    old = office.waiting(code)["id"]
    done = amend(office, code, price=120)
    assert done.asked_again == (f"{code}-R2",)
    late = answers.answer(office.engine, old, Answer("approve", HEAD, "page"))
    assert not late.effective
    assert late.sentence.endswith(f"what it shows has changed; answer the new request {code}-R2")
    assert gates(office, code) == ["buy"]
    office.answer(code, "approve")
    assert gates(office, code) == ["note"]


def test_a_price_above_the_limit_asks_who_was_not_asked_before(office: Office) -> None:
    code = bought(office)
    amend(office, code, price=9_000_000)
    assert gates(office, code) == ["buy", "buy", "note"]
    asked = {i["assignee"]["email"] for i in office.view(code)["waiting_for"] if i["gate"] == "buy"}
    assert asked == {HEAD, BOSS}
    office.answer(code, "approve", gate="buy", by=HEAD)
    office.submit(code, gate="note")
    assert gates(office, code) == ["buy"]
    office.answer(code, "approve", gate="buy", by=BOSS)
    assert gates(office, code) == ["other_note"]


def test_a_price_that_shrinks_lets_nobody_out(office: Office) -> None:
    code = start(office, process="buying", price=9_000_000)
    office.answer(code, "approve", gate="buy")
    amend(office, code, price=100)
    asked = {i["assignee"]["email"] for i in office.view(code)["waiting_for"]}
    assert asked == {HEAD, BOSS}
    office.answer(code, "approve", gate="buy", by=HEAD)
    office.answer(code, "approve", gate="buy", by=BOSS)
    assert gates(office, code) == ["note"]


def test_amended_again_before_it_was_answered_only_the_latest_counts(office: Office) -> None:
    code = bought(office)
    amend(office, code, price=120)
    amend(office, code, price=130)
    assert gates(office, code) == ["buy", "note"]
    office.answer(code, "approve", gate="buy")
    office.submit(code, gate="note")
    assert gates(office, code) == ["other_note"]


def test_a_gate_says_which_fields_are_material() -> None:
    def priced(case: Case[Purchase]) -> Outcome:
        case.approval(PRICED, shows=shown(case.subject))
        case.task(NOTE)
        return case.approve()

    office = office_of(MemoryStore(), toy(priced, PRICED, NOTE, name="priced", code="ZP"))
    code = start(office, process="priced")
    office.answer(code, "approve")
    assert amend(office, code, goods="螺母").asked_again == ()
    assert amend(office, code, price=3).asked_again == (f"{code}-R3",)


def test_it_is_refused_where_the_procedure_would_have_gone_another_way() -> None:
    def forked(case: Case[Purchase]) -> Outcome:
        if case.subject.price > 500:
            case.task(OTHER_NOTE)
        case.task(NOTE)
        return case.approve()

    office = office_of(MemoryStore(), toy(forked, NOTE, OTHER_NOTE, name="forked", code="FK"))
    code = start(office, process="forked")
    before = row(office, code)
    with pytest.raises(Refused, match="another way from T-3 on"):
        amend(office, code, price=600)
    assert row(office, code) == before


def test_it_is_refused_once_a_code_was_given() -> None:
    @step("T-4", after_send_back="once")
    def give_code() -> str:
        return "C-1"

    def coded(case: Case[Purchase]) -> Outcome:
        give_code()
        case.task(NOTE)
        return case.approve()

    office = office_of(MemoryStore(), toy(coded, NOTE, give_code, name="coded", code="CO"))
    code = start(office, process="coded")
    with pytest.raises(Refused, match="has been given its code in T-4"):
        amend(office, code, remark="加急")


def test_a_step_that_tells_of_the_subject_is_made_anew() -> None:
    @step("T-4", after_amendment="again")
    def report(subject: Purchase) -> Shown:
        return shown(subject)

    def reported(case: Case[Purchase]) -> Outcome:
        case.approval(PRICED, shows=report(case.subject))
        case.task(NOTE)
        return case.approve()

    office = office_of(MemoryStore(), toy(reported, PRICED, NOTE, report, name="reported", code="RP"))
    code = start(office, process="reported")
    office.answer(code, "approve")
    assert amend(office, code, price=7).asked_again == (f"{code}-R3",)
    with office.engine.store.read() as reader:
        asked = reader.get(Request, f"{code}-R3")
    assert asked is not None
    assert asked.shows["facts"][0]["value"] == "7"
    office.answer(code, "approve", gate="priced")
    office.submit(code)
    assert office.view(code)["outcome"] == "approved"
