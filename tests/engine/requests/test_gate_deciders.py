"""Who decides a gate: by amount, up the chain, by a field, by choice, and nobody twice (0011)."""

from collections.abc import Callable
from typing import Any

import pytest

from crm_workflows.domain.approvers import Approver, any_of, department, field, manager, person, role, with_limit
from crm_workflows.domain.elements import Stage, when
from crm_workflows.domain.panels import beyond, by_amount, everybody, is_yes, up_to
from crm_workflows.domain.records import AuditEntry
from tests.engine.requests.gate_world import BOARD, HE, QIAN, A, B, C, answers, asked, got, opened, opened_in_memory
from tests.engine.toys import BOSS, HEAD, MATERIALS, start
from tests.office import Office

__all__ = ["opened", "opened_in_memory"]


def events_of(office: Office, code: str) -> list[str]:
    with office.engine.store.read() as reader:
        return [entry.event for entry in reader.find(AuditEntry, case=code, order="n")]


def test_who_approved_one_stage_is_not_asked_again_in_the_next(opened: Callable[..., Office]) -> None:
    office = opened(person(A), Stage("all", everybody(BOARD)), Stage("again", any_of(person(B), person(C))))
    code = start(office)
    answers(office, code, a="approve")
    assert asked(office, code) == [B, C]
    assert answers(office, code, b="approve", c="approve") == "approved"
    assert len(office.mails("approval_request")) == 3, "the last stage asks nobody"
    assert got[-1].by in (B, C)
    events = events_of(office, code)
    assert events.count("passed") == 1


@pytest.mark.parametrize(("amount", "who"), [("10.00", MATERIALS), ("20.00", HEAD), ("20.01", BOSS)])
def test_the_amount_says_who_decides(opened_in_memory: Callable[..., Office], amount: str, who: str) -> None:
    ladder = by_amount(
        up_to("small", manager), up_to("large", role("head_of_marketing")), beyond(role("general_manager"))
    )
    office = opened_in_memory(ladder)
    assert asked(office, start(office, amount=amount)) == [who]


@pytest.mark.parametrize(
    ("word", "amount", "who"),
    [
        (manager, "500000.00", MATERIALS),
        (manager, "500000.01", BOSS),
        (role("finance"), "1000000.00", QIAN),
        (person(HE), "1000000.01", BOSS),
        (person(C), "1.00", BOSS),
    ],
)
def test_the_first_up_the_chain_whose_limit_covers_the_amount_signs(
    opened_in_memory: Callable[..., Office], word: Any, amount: str, who: str
) -> None:
    office = opened_in_memory(with_limit(word))
    code = start(office, amount=amount)
    assert asked(office, code) == [who]
    why = office.view(code)["waiting_for"][0]["why_you"]
    assert why == "您有权批准这一金额（T-2） / you may approve this amount (T-2)"


@pytest.mark.parametrize(("single", "people"), [(False, [HEAD]), (True, [HEAD, BOSS])])
def test_a_field_of_the_subject_asks_for_one_more(
    opened_in_memory: Callable[..., Office], *, single: bool, people: list[str]
) -> None:
    office = opened_in_memory(role("head_of_marketing"), *when(is_yes("single_source"), role("general_manager")))
    code = start(office, single_source=single)
    while office.view(code)["waiting_for"]:
        office.answer(code, "approve")
    assert [m.recipient for m in office.mails("approval_request")] == people


def test_the_requester_names_who_decides_from_a_list(opened_in_memory: Callable[..., Office]) -> None:
    chosen: Approver = field("reviewer", among=department("board"))
    office = opened_in_memory(chosen)
    code = start(office, reviewer=C)
    assert asked(office, code) == [C]
    assert "由申请人指定" in office.view(code)["waiting_for"][0]["why_you"]
