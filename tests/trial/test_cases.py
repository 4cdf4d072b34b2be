"""Cases run in virtual time, through today's procedure and a draft: who is asked, how long it takes, what goes by."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_workflows.domain.approvers import manager, role
from crm_workflows.domain.durations import working_days, working_hours
from crm_workflows.domain.elements import reject_after
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.case import Case
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.results import Outcome
from crm_workflows.testing import MemoryStore
from crm_workflows.testing.trial import cases, cases_file, cases_told, recorded
from crm_workflows.testing.trial.behaviour import Behaviour, Habit, Said, TrialCase
from crm_workflows.testing.trial.office import TrialStaff
from tests.engine.toys import GATE, HEAD, MATERIALS, NOTE, OWNER, Matter, office_of, start, toy
from tests.office import shipped_company

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
STRICT = replace(GATE, escalate_to=manager, on_silence=reject_after(working_days(5)))


def story(case: Case[Matter]) -> Outcome:
    case.task(NOTE)
    return case.approve() if case.approval(STRICT).approved else case.reject()


def story_without_note(case: Case[Matter]) -> Outcome:
    return case.approve() if case.approval(STRICT).approved else case.reject()


def trial(n: int = 1, **answers: list[Said]) -> TrialCase:
    return TrialCase(str(n), MONDAY, {"owner": OWNER}, answers)


def ran(made: Procedure, given: list[TrialCase], behaviour: Behaviour) -> dict[str, Any]:
    staff = TrialStaff(*shipped_company())
    return cases_told.told(cases.run({}, made, staff, given, behaviour), staff.hours)


def element(run: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = [one for one in run["elements"] if one["element"] == name]
    return found


@pytest.fixture
def today() -> Procedure:
    return toy(story, NOTE, STRICT)


def test_what_people_say_and_when_makes_lead_time_lateness_and_load(today: Procedure) -> None:
    in_time = trial(1, note=[Said(8)], gate=[Said(8)])
    late = trial(2, note=[Said(4)], gate=[Said(24, "reject")])
    run = ran(today, [in_time, late], Behaviour(1))
    assert run["outcomes"] == {"approved": 1, "rejected": 1}
    assert run["lead_working_days"]["most"] == pytest.approx(28 / 8, abs=0.1)
    gate = element(run, "gate")
    assert (gate["asked"], gate["late"], gate["reminded"], gate["escalated"]) == (2, 1, 2, 1)
    assert gate["decisions"] == {"approve": 1, "reject": 1}
    load = {one["person"]: one["asked"] for one in run["people"]}
    assert load == {MATERIALS: 2, HEAD: 2}
    assert run["people"][0]["most_in_a_week"] == 2


def test_silence_does_what_the_gate_declares(today: Procedure) -> None:
    run = ran(today, [trial(1, note=[Said(1)], gate=[Said(None)])], Behaviour(1))
    assert run["outcomes"] == {"rejected": 1}
    assert element(run, "gate")["by_silence"] == 1


def test_a_question_that_nobody_ever_answers_is_told_as_not_ended(today: Procedure) -> None:
    run = ran(today, [trial(1, note=[Said(None)])], Behaviour(1))
    assert run["outcomes"] == {"waiting": 1}
    assert run["lead_working_days"] == {"median": None, "p90": None, "most": None}


def test_a_send_back_asks_again_and_the_next_answer_on_record_counts(today: Procedure) -> None:
    gate = [Said(1, "send_back", "T-3"), Said(1, "reject")]
    run = ran(today, [trial(1, note=[Said(1), Said(2)], gate=gate)], Behaviour(1))
    assert run["outcomes"] == {"rejected": 1}
    assert (element(run, "note")["asked"], element(run, "note")["again"]) == (2, 1)


def test_one_seed_gives_one_answer_and_a_draft_is_compared_with_the_same_luck(today: Procedure) -> None:
    given = [trial(n) for n in range(12)]
    behaviour = Behaviour(7, {"gate": Habit(6, 30, {"reject": 0.4})}, Habit(4, 16))
    run = ran(today, given, behaviour)
    assert run == ran(today, given, behaviour)
    assert run != ran(today, given, replace(behaviour, seed=8))
    assert set(run["outcomes"]) == {"approved", "rejected"}
    draft = ran(toy(story_without_note, STRICT), given, behaviour)
    assert draft["outcomes"] == run["outcomes"], "the same people say the same of the same"
    assert draft["lead_working_days"]["median"] < run["lead_working_days"]["median"]
    assert MATERIALS not in {one["person"] for one in draft["people"]}


def test_answering_times_follow_the_distribution_that_was_told() -> None:
    behaviour = Behaviour(3, {}, Habit(5, 20))
    hours = sorted(behaviour.said(trial(n), "gate", 0, HEAD).hours or 0 for n in range(2000))
    assert 4.5 < hours[1000] < 5.5
    assert 17 < hours[1800] < 23


def test_an_answer_that_a_draft_does_not_know_is_counted_and_the_case_goes_on(today: Procedure) -> None:
    said = {"note": [Said(1, form={"text": ""})], "gate": [Said(1, "send_back", "T-9")]}
    run = ran(today, [trial(1, **said)], Behaviour(1))
    assert run["answers_not_accepted"] == 2
    assert run["outcomes"] == {"approved": 1}


def test_cases_on_record_run_again_as_they_went(today: Procedure) -> None:
    store = MemoryStore()
    office = office_of(store, today)
    first, second = start(office), start(office)
    office.advance(working_hours(6))
    office.submit(first)
    office.advance(working_hours(3))
    office.answer(first, "send_back", to="T-3", comment="再看")
    office.advance(working_hours(5))
    office.submit(first)
    office.answer(first, "reject", comment="不行")
    office.submit(second)
    hours = office.staff.hours
    with store.read() as reader:
        again = recorded.recorded(reader, today, reader.find(CaseRow), hours)
    assert [case.name for case in again] == [first, second]
    assert [(round(s.hours or 0), s.word, s.to) for s in again[0].answers["gate"]] == [
        (3, "send_back", "T-3"), (0, "reject", None)
    ]  # fmt: skip
    behaviour = recorded.habits(again, 1)
    assert round(behaviour.habits["note"].median) == 6
    run = ran(today, again, behaviour)
    assert run["outcomes"] == {"approved": 1, "rejected": 1}, "what is open still is answered as others were"
    assert element(run, "note")["asked"] == 3


def test_a_file_says_cases_arrivals_and_habits_and_each_mistake_is_named() -> None:
    hours = shipped_company()[2]
    document = {
        "seed": 3,
        "answers": {"*": {"median_hours": 2, "p90_hours": 3}, "gate": {"says": {"silence": 0.5}}},
        "cases": [{"at": "2026-03-02T09:00:00+08:00", "subject": {"owner": OWNER}, "times": 3, "every_hours": 8}],
    }
    found = cases_file.of_document(document)
    made = found.trial_cases(None, hours)
    assert [case.at - MONDAY for case in made] == [timedelta(0), timedelta(days=1), timedelta(days=2)]
    assert (found.behaviour().seed, found.behaviour(9).seed) == (3, 9)
    assert (found.behaviour().others.median, found.behaviour().others.p90) == (2, 3)
    with pytest.raises(InvalidInput, match="cases"):
        cases_file.of_document({"seed": 1})
    with pytest.raises(InvalidInput, match="more than 1"):
        cases_file.of_document(document | {"answers": {"gate": {"says": {"approve": 0.7, "reject": 0.7}}}})
    table = cases_file.of_table([{"at": "2026-03-02T09:00:00+08:00", "owner": OWNER, "contact.name": "王", "x": ""}])
    assert table.cases[0].subject == {"owner": OWNER, "contact": {"name": "王"}}


def test_a_gate_that_nobody_can_decide_needs_attention_with_its_reason() -> None:
    nobody = replace(STRICT, approver=role("nobody_has_this"))

    def body(case: Case[Matter]) -> Outcome:
        return case.approve() if case.approval(nobody).approved else case.reject()

    run = ran(toy(body, nobody), [trial(1)], Behaviour(1))
    assert run["outcomes"] == {"needs_attention": 1}
    assert "nobody_has_this" in run["needs_attention"][0]["why"]


def test_a_case_that_cannot_be_opened_is_told_and_holds_up_no_other(today: Procedure) -> None:
    of_a_leaver = replace(trial(1), subject={"owner": "nobody@yongchang.example"})
    run = ran(today, [of_a_leaver, trial(2, note=[Said(1)], gate=[Said(1)])], Behaviour(1))
    assert run["outcomes"] == {"approved": 1}
    (told,) = run["not_opened"]
    assert told["case"] == "1"
    assert "nobody@yongchang.example is not among the staff" in told["why"]
