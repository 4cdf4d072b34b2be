"""The pin of a case to the code on which it began (G-8), and what happens when that code is not what it was."""

from collections import Counter
from typing import Any

import pytest

from crm_workflows.domain.errors import AuthorMistake, InvalidInput, NotFound, Refused
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.procedure import latest, package_modules, procedure
from crm_workflows.engine.record.sources import hash_of
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import attention, opening
from crm_workflows.engine.views import views
from tests.engine.conftest import Install
from tests.engine.toys import (
    ADMIN,
    GATE,
    HEAD,
    MATERIALS,
    NOTE,
    OTHER_NOTE,
    OWNER,
    Matter,
    attention_told,
    journal,
    row,
    start,
    step,
    toy,
)

ran: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def _nothing_ran_yet() -> None:
    ran.clear()


@step("T-1")
def first() -> int:
    ran["first"] += 1
    return 1


@step("T-1")
def renamed() -> int:
    ran["renamed"] += 1
    return 2


@step("T-4")
def last() -> int:
    ran["last"] += 1
    return 3


def as_it_began(case: Case[Matter]) -> Outcome:
    """A step, a form, another step."""
    first()
    case.task(NOTE)
    last()
    case.approval(GATE)
    return case.approve()


def with_another_step(case: Case[Matter]) -> Outcome:
    """The first step has another name."""
    renamed()
    case.task(NOTE)
    return case.approve()


def with_less(case: Case[Matter]) -> Outcome:
    """It waits for something else before it comes to what was done."""
    case.task(OTHER_NOTE)
    return case.approve()


def that_ends_early(case: Case[Matter]) -> Outcome:
    """It ends before it comes to what was done."""
    return case.approve()


@pytest.mark.parametrize("body", [with_another_step, with_less, that_ends_early])
def test_changed_code_does_nothing_but_ask_for_attention_and_goes_on_once_put_back(install: Install, body: Any) -> None:
    office = install(toy(as_it_began))
    code = start(office)
    held, before = journal(office, code), {m.id for m in office.mails()}
    changed = install(toy(body))
    with attention_told(changed, code, saying=code):
        changed.submit(code, gate="note")
    assert ran == {"first": 1}
    assert journal(changed, code) == [*held, (1, "outcome", "T-3:note")]
    assert [m.template for m in changed.mails() if m.id not in before] == ["needs_attention"]
    office = install(toy(as_it_began))
    attention.retry(office.engine, code, ADMIN)
    office.work()
    assert office.waiting(code)["gate"] == "gate"
    assert ran == {"first": 1, "last": 1}
    assert row(office, code).attention is None


def test_entries_left_over_at_the_end_of_a_stretch_are_found_too(install: Install) -> None:
    def longer(case: Case[Matter]) -> Outcome:
        case.together(NOTE, OTHER_NOTE)
        return case.approve()

    def shorter(case: Case[Matter]) -> Outcome:
        case.task(NOTE)
        return case.approve()

    office = install(toy(longer))
    code = start(office)
    changed = install(toy(shorter))
    with attention_told(changed, code, saying="no longer reaches"):
        changed.submit(code, gate="note")
    assert changed.view(code)["decisions"][0]["effective"]


def test_each_case_ends_on_the_version_on_which_it_began(install: Install) -> None:
    def second_version(case: Case[Matter]) -> Outcome:
        renamed()
        case.task(OTHER_NOTE)
        return case.close("done")

    old = toy(as_it_began)
    office = install(old)
    early = start(office)
    office = install(old, toy(second_version, version=2))
    late = start(office)
    assert (office.view(early)["version"], office.view(late)["version"]) == (1, 2)
    office.submit(early, gate="note")
    office.answer(early, "approve")
    office.submit(late, gate="other_note")
    assert (office.view(early)["outcome"], office.view(late)["outcome"]) == ("approved", "done")
    assert ran == {"first": 1, "last": 1, "renamed": 1}


def test_the_hash_of_the_source_is_recorded_with_the_case(install_in_memory: Install) -> None:
    made = toy(as_it_began)
    office = install_in_memory(made)
    code = start(office)
    assert row(office, code).source_hash == made.source_hash == hash_of({}, as_it_began)
    assert len(made.source_hash) == 16


def test_the_highest_version_starts_new_cases() -> None:
    one, ten = toy(as_it_began), toy(as_it_began, version=10)
    assert latest({("toy", 10): ten, ("toy", 1): one}) == {"toy": ten}


def test_a_case_whose_version_is_not_installed_needs_attention_and_everything_can_still_be_looked_at(
    install: Install,
) -> None:
    old = toy(as_it_began)
    office = install(old)
    code = start(office)
    asked = office.waiting(code)["id"]
    office = install(toy(with_less, version=2))
    with (
        attention_told(office, code, saying="version 1 of toy, whose code is not installed"),
        pytest.raises(Refused, match="stands still") as refused,
    ):
        answers.answer(office.engine, asked, Answer("submit", MATERIALS, "page", form={"text": "好"}))
    assert not isinstance(refused.value, InvalidInput)
    assert office.view(code)["waiting_for"][0]["can"] == []
    assert views.inbox(office.engine, MATERIALS)[0]["id"] == asked
    office = install(old, toy(with_less, version=2))
    attention.retry(office.engine, code, ADMIN)
    office.work()
    office.submit(code)
    assert office.waiting(code)["gate"] == "gate"


def test_a_ready_case_whose_version_is_not_installed_needs_attention(install: Install) -> None:
    old = toy(as_it_began)
    code = start(install(old), work=False)
    office = install(toy(with_less, version=2))
    with attention_told(office, code, saying="not installed"):
        office.work()
    assert not ran


def test_an_answer_by_mail_to_a_case_whose_version_is_not_installed_is_refused_politely(install: Install) -> None:
    old = toy(as_it_began)
    office = install(old)
    code = start(office)
    office.submit(code)
    mail = office.asking(code)
    office = install()
    with attention_told(office, code, saying="not installed"):
        intake.take_in(office.engine, office.reply_bytes(mail, "同意"), "test")
    told = office.mails("refused", to=HEAD)
    assert len(told) == 1
    assert "stands still, the admins have been told; your answer has no effect" in told[0].context["reason"]
    assert office.mails("needs_attention")[-1].context["case"]["process"] == "toy"


def test_an_element_that_is_gone_from_the_code_stands_for_changed_code(install: Install) -> None:
    office = install(toy(as_it_began))
    code = start(office)
    office = install(toy(as_it_began, GATE))
    with attention_told(office, code, saying="no element 'note'"), pytest.raises(Refused, match="stands still"):
        answers.answer(office.engine, f"{code}-R1", Answer("submit", MATERIALS, "page", form={"text": "好"}))


def test_a_case_that_needs_no_attention_cannot_be_retried(install_in_memory: Install) -> None:
    office = install_in_memory(toy(as_it_began))
    code = start(office)
    with pytest.raises(InvalidInput, match="does not need attention"):
        attention.retry(office.engine, code, ADMIN)
    with pytest.raises(NotFound, match="there is no case TY-2026-99999"):
        attention.retry(office.engine, "TY-2026-99999", ADMIN)


def test_a_process_not_installed_cannot_be_started(install_in_memory: Install) -> None:
    office = install_in_memory(toy(as_it_began))
    with pytest.raises(Refused, match="there are: toy"):
        opening.start(office.engine, "other", {"owner": OWNER}, requester=None, origin="cli")


def test_a_procedure_names_its_subject_and_has_a_code_of_its_own() -> None:
    def no_subject(case: Case) -> Outcome:  # type: ignore[type-arg]
        return case.approve()

    mark = procedure(code="TZ", version=1, title="玩具 / Toy", name="toy-without-subject")
    with pytest.raises(AuthorMistake, match="one parameter"):
        mark(no_subject)
    toy(as_it_began)
    with pytest.raises(AuthorMistake, match="one of its own"):
        procedure(code="TY", version=1, title="玩具 / Toy", name="another-toy")(as_it_began)


def test_elements_are_found_in_the_package_of_the_process() -> None:
    import flows.supplier_vetting.procedure as story

    made = vars(story.supplier_vetting.fn)["crm_procedure"]
    assert {"recognition", "survey_papers", "criteria", "assign_supplier_code", "confirm_start"} <= set(made.elements())
    assert {m.__name__ for m in package_modules(made.module)} >= {"flows.supplier_vetting.gates"}
    with pytest.raises(AuthorMistake, match="no element 'nothing'"):
        made.element("nothing")
