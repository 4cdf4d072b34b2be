"""Panels of every shape under every verb, in random order, with leavers and time: they always come to an end, once."""

import random
from dataclasses import replace

import pytest

from crm_workflows.domain.approvers import any_of, person, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Gate, Stage, reject_after
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.panels import Decider, at_least, everybody, hear_all, in_turn, one_of_each, share
from crm_workflows.domain.people import Directory
from crm_workflows.engine import auditing, handing, leavers
from crm_workflows.engine.case import Case, Outcome
from crm_workflows.engine.handing import Handover
from crm_workflows.engine.overriding import Override, override
from crm_workflows.testing import MemoryStore
from tests.engine.toys import (
    ADMIN,
    BOSS,
    FINANCE,
    HEAD,
    MATERIALS,
    OWNER,
    STRANGER,
    Matter,
    office_of,
    row,
    start,
    step,
    toy,
)
from tests.office import Office

FIVE = (*FINANCE, HEAD, MATERIALS, BOSS)
SHAPES: tuple[Decider, ...] = (
    everybody(*map(person, FIVE)),
    at_least(3, *map(person, FIVE)),
    share(50, *map(person, FIVE)),
    hear_all(role("finance"), person(HEAD)),
    in_turn(person(HEAD), any_of(person(MATERIALS), person(BOSS)), role("finance")),
    one_of_each(role("finance"), any_of(person(HEAD), person(MATERIALS)), person(BOSS)),
    everybody(at_least(1, role("finance")), in_turn(person(HEAD), person(BOSS))),
    role("finance"),
)
SCHEDULES, STEPS = 60, 40


@step("T-1")
def look() -> int:
    return 1


def office_with(decider: Decider) -> Office:
    gate = Gate(
        "random", "审批 / Approval", rule="T-2", approver=decider, then=(Stage("boss", person(BOSS)),), rounds=2,
        due=working_days(2), remind=working_days(1), send_back=("T-1",), on_silence=reject_after(working_days(9)),
    )  # fmt: skip

    def body(case: Case[Matter]) -> Outcome:
        """One gate of two stages."""
        look()
        return case.reject() if case.approval(gate).rejected else case.approve()

    return office_of(MemoryStore(), toy(body, gate))


def does_something(office: Office, code: str, chance: random.Random) -> None:
    """One act of somebody, allowed or not; what is refused has changed nothing."""
    items = [item for item in office.view(code)["waiting_for"] if item["assignee"]]
    people = [p.email for p in office.staff.people]
    asked = [item["assignee"]["email"] for item in items]
    by = chance.choice(asked if asked and chance.random() < 0.8 else people)
    verb = chance.choices(
        ("approve", "reject", "send_back", "delegate", "add_approver", "reassign", "leave", "time", "override"),
        (8, 1, 1, 3, 3, 2, 1, 1, 1),
    )[0]
    if verb == "time":
        office.advance(working_days(1))
    elif verb == "leave" and by not in (OWNER, ADMIN, STRANGER, BOSS):
        known = office.staff.people
        office.staff.people = Directory(
            [replace(p, active=False) if p.email == by else p for p in known], known.roles, known.departments
        )
        leavers.move_on(office.engine, [by])
    elif items and verb == "reassign":
        how = Handover(ADMIN, "cli", "出差", "root")
        handing.reassign(office.engine, items[0]["id"], from_=by, to=chance.choice(people), how=how)
    elif items and verb == "override":
        wanted = Override(chance.choice(("approve", "reject")), chance.choice((ADMIN, STRANGER)), "停线", "cli", "root")
        override(office.engine, items[0]["id"], wanted)
    elif items and verb not in ("leave", "reassign", "override"):
        to = "T-1" if verb == "send_back" else chance.choice(people)
        place = chance.choice(("before", "after", "beside"))
        comment = "" if verb == "approve" else "因为"
        office.answer(code, verb, by=by, to=to, place=place, comment=comment)


@pytest.mark.parametrize("shape", range(len(SHAPES)), ids=lambda n: str(SHAPES[n])[:40])
def test_whatever_people_do_a_gate_ends_once_and_the_invariants_hold(shape: int) -> None:
    for schedule in range(SCHEDULES // len(SHAPES)):
        seed = shape * 1000 + schedule
        chance, office = random.Random(seed), office_with(SHAPES[shape])
        code = start(office)
        for _ in range(STEPS):
            try:
                does_something(office, code, chance)
            except Refused:
                continue
        for _ in range(30):
            if row(office, code).status != "waiting":
                break
            office.advance(working_days(1))
        found = row(office, code)
        nobody = found.status == "needs_attention" and "There is nobody to ask" in str(found.attention)
        assert found.status == "closed" or nobody, f"seed {seed}: {found.status} {found.attention}"
        office.check_invariants()
        assert auditing.verify(office.engine) == [], f"seed {seed}"
