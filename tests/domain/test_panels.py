"""What an author cannot have meant is refused where it is written."""

from collections.abc import Callable
from typing import Any

import pytest

from crm_workflows.domain.approvers import department, manager, owner, person, role
from crm_workflows.domain.elements import Gate, Stage, above
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.money import Money
from crm_workflows.domain.panels import (
    approvers_in,
    at_least,
    beyond,
    by_amount,
    everybody,
    hear_all,
    in_turn,
    one_of_each,
    share,
    up_to,
)
from crm_workflows.domain.policy import Policy

WRONG: dict[str, Callable[[], Any]] = {
    "names nobody": lambda: everybody(),
    "names one approver twice": lambda: hear_all(owner, owner),
    "takes 0 answers, which cannot come": lambda: at_least(0, role("board")),
    "takes 3 answers, which cannot come": lambda: at_least(3, person("a@x.example"), manager),
    "takes 101 per cent": lambda: share(101, role("board")),
    "has a single group": lambda: one_of_each(role("legal")),
    "nobody for what is above its last limit": lambda: by_amount(up_to("small", owner)),
    "never reached": lambda: by_amount(beyond(owner), up_to("small", manager), beyond(role("x"))),
    "bands overlap": lambda: by_amount(up_to("small", owner), up_to("small", manager), beyond(role("x"))),
    "two stages called limit_1": lambda: Gate(
        "g", "门 / Gate", rule="T-1", approver=owner, then=(*above("limit", role("a")), *above("limit", role("b"))),
    ),
    "two stages called g": lambda: Gate("g", "门 / Gate", rule="T-1", approver=owner, then=(Stage("g", manager),)),
}  # fmt: skip


@pytest.mark.parametrize("said", WRONG, ids=lambda said: said.replace(" ", "_"))
def test_what_cannot_come_out_is_refused_with_file_and_line(said: str) -> None:
    with pytest.raises(AuthorMistake, match=said) as caught:
        WRONG[said]()
    assert "tests/domain/test_panels.py:" in caught.value.message


def test_a_ladder_takes_the_first_rung_that_covers_the_amount() -> None:
    ladder = by_amount(up_to("small", owner), up_to("large", manager), beyond(role("boss")))
    policy = Policy({"small": Money.of("10.00", "CNY"), "large": Money.of("20.00", "CNY")})
    rungs = {amount: ladder.rung(Money.of(amount, "CNY"), policy) for amount in ("10.00", "10.01", "20.00", "20.01")}
    assert rungs == {"10.00": owner, "10.01": manager, "20.00": manager, "20.01": role("boss")}


def test_everybody_a_decider_may_ask_is_found_inside() -> None:
    panel = in_turn(role("a"), at_least(1, role("b"), department("c")))
    ladder = by_amount(up_to("small", panel), beyond(manager))
    assert [str(word) for word in approvers_in(ladder)] == ["role:a", "role:b", "department:c", "manager"]
