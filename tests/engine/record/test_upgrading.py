"""A case is moved to another version deliberately, where that fits all it went through, and never otherwise (G-8)."""

import re
from typing import Any

import pytest
from pydantic import Field

from crm_workflows.domain.approvers import role
from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.errors import InvalidInput, NotFound
from crm_workflows.domain.forms import Form
from crm_workflows.domain.panels import at_least
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import AuditEntry
from crm_workflows.engine.case import Case
from crm_workflows.engine.record import auditing, upgrading
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import attention, opening
from tests.engine.conftest import Install
from tests.engine.toys import ADMIN, GATE, NOTE, OTHER_NOTE, OWNER, Matter, journal, row, start, step, toy
from tests.office import Office


@step("T-1")
def first() -> int:
    return 1


@step("T-4")
def more() -> int:
    return 2


def as_it_began(case: Case[Matter]) -> Outcome:
    first()
    case.task(NOTE)
    case.approval(GATE)
    return case.approve()


def with_more_behind(case: Case[Matter]) -> Outcome:
    """What differs lies behind the note."""
    first()
    case.task(NOTE)
    more()
    case.task(OTHER_NOTE)
    case.approval(GATE)
    return case.approve()


def with_more_before(case: Case[Matter]) -> Outcome:
    more()
    first()
    case.task(NOTE)
    return case.approve()


def that_no_longer_asks(case: Case[Matter]) -> Outcome:
    first()
    return case.approve()


class Stricter(Form):
    text: str = Field(title="文字 / Text", min_length=5, examples=["足够长的"])


STRICTER = FormTask("note", "记录 / Note", rule="T-3", form=Stricter, by=NOTE.by)


def that_reads_what_was_said_otherwise(case: Case[Matter]) -> Outcome:
    first()
    case.task(STRICTER)
    case.approval(GATE)
    return case.approve()


def events(office: Office, code: str) -> list[Any]:
    with office.engine.store.read() as reader:
        return [e.data for e in reader.find(AuditEntry, case=code, event="moved_to_version")]


def test_a_case_that_fits_goes_on_in_the_version_it_was_moved_to(install: Install) -> None:
    old = toy(as_it_began)
    code = start(install(old))
    office = install(old, toy(with_more_behind, version=2))
    held = journal(office, code)
    moved = upgrading.move(office.engine, code, None, by=ADMIN)
    assert (moved.before.version, moved.after.version) == (1, 2)
    assert journal(office, code) == held, "moving runs nothing"
    assert office.view(code)["version"] == 2
    assert office.waiting(code)["gate"] == "note"
    office.submit(code, gate="note")
    assert office.waiting(code)["gate"] == "other_note", "what is new happens as the case goes on"
    (told,) = events(office, code)
    assert (told["before"], told["after"], told["source"]) == (1, 2, row(office, code).source_hash)
    assert auditing.verify(office.engine) == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (with_more_before, "went through T-1:first where the procedure now has T-4:more"),
        (that_no_longer_asks, "no longer reaches"),
        (that_reads_what_was_said_otherwise, r"what was said before does not fit \(text\)"),
    ],
)
def test_a_version_that_does_not_fit_is_refused_and_changes_nothing(install: Install, body: Any, why: str) -> None:
    old = toy(as_it_began)
    code = start(install(old))
    install(old).submit(code, gate="note")
    office = install(old, toy(body, GATE, STRICTER, OTHER_NOTE, version=2))
    before = row(office, code)
    refused = upgrading.move(office.engine, code, 2, by=ADMIN)
    assert refused.plan == "blocked"
    assert re.search(f"version 2 does not fit case {code}.*{why}", refused.why)
    assert row(office, code) == before
    office.answer(code, "approve")
    assert office.view(code)["outcome"] == "approved", "it ends as it began"


def test_it_can_be_tried_before(install_in_memory: Install) -> None:
    old = toy(as_it_began)
    code = start(install_in_memory(old))
    office = install_in_memory(old, toy(with_more_behind, version=2))
    assert upgrading.plan(office.engine, code, 2).after.version == 2
    assert (office.view(code)["version"], events(office, code)) == (1, [])


def test_a_case_that_needs_attention_is_moved_and_goes_on(install_in_memory: Install) -> None:
    def broken(case: Case[Matter]) -> Outcome:
        first()
        case.task(NOTE)
        raise RuntimeError("a mistake of version 1")

    old = toy(broken)
    office = install_in_memory(old)
    code = start(office)
    office.submit(code, gate="note")
    assert office.view(code)["status"] == "needs_attention"
    office = install_in_memory(old, toy(with_more_behind, version=2))
    upgrading.move(office.engine, code, None, by=ADMIN)
    attention.retry(office.engine, code, by=ADMIN)
    office.work()
    assert office.waiting(code)["gate"] == "other_note"


def test_what_the_version_reads_of_the_policy_is_taken_from_the_one_in_force(install_in_memory: Install) -> None:
    old = toy(as_it_began)
    code = start(install_in_memory(old))
    office = install_in_memory(old, toy(with_more_behind, version=2))
    shipped = dict(office.staff.rules)
    office.staff.rules = Policy(shipped | {"new_limit": 7, "pass_mark": 1})
    assert upgrading.move(office.engine, code, 2, by=ADMIN).policy_added == ("new_limit",)
    frozen = Policy.from_text(row(office, code).policy)
    assert frozen.number("new_limit") == 7
    assert frozen.number("pass_mark") == shipped["pass_mark"], "what was frozen stays"


ALL_OF_NINE = Gate("all_of_nine", "九人会签 / All of nine", rule="T-5", approver=at_least(9, role("finance")))


def that_asks_whom_nobody_is(case: Case[Matter]) -> Outcome:
    first()
    case.task(NOTE)
    case.approval(ALL_OF_NINE)
    return case.approve()


def test_a_version_in_which_a_gate_ahead_would_ask_nobody_is_refused(install_in_memory: Install) -> None:
    old = toy(as_it_began)
    code = start(install_in_memory(old))
    office = install_in_memory(old, toy(that_asks_whom_nobody_is, NOTE, ALL_OF_NINE, version=2))
    refused = upgrading.move(office.engine, code, 2, by=ADMIN)
    assert refused.plan == "blocked"
    assert "T-5 All of nine" in refused.why
    assert row(office, code).version == 1


def test_there_must_be_something_to_move(install_in_memory: Install) -> None:
    office = install_in_memory(toy(as_it_began))
    code = start(office)
    assert upgrading.move(office.engine, code, None, by=ADMIN).plan == "stays"
    with pytest.raises(InvalidInput, match="no version 3 of toy; installed are: 1"):
        upgrading.move(office.engine, code, 3, by=ADMIN)
    with pytest.raises(NotFound):
        upgrading.move(office.engine, "TY-2026-99999", None, by=ADMIN)
    opening.cancel(office.engine, code, by=OWNER, reason="不需要")
    with pytest.raises(InvalidInput, match="is over"):
        upgrading.move(office.engine, code, None, by=ADMIN)
