"""What somebody is asked goes to somebody else: by an admin, or because they have left; on record, and told (G-5)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from crm_workflows.domain.approvers import field, manager, owner, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.errors import InvalidInput, NotEntitled, NotFound, Refused
from crm_workflows.domain.panels import Decider, everybody
from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.domain.records import AuditEntry
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import handing, leavers
from crm_workflows.engine.decisions.handing import Handover
from crm_workflows.engine.record import auditing
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import opening
from crm_workflows.engine.views import views
from tests.engine.conftest import Install
from tests.engine.toys import (
    ADMIN,
    BOSS,
    FINANCE,
    HEAD,
    MATERIALS,
    OWNER,
    PAPERS,
    STRANGER,
    Matter,
    Note,
    start,
    step,
    toy,
)
from tests.office import Office

QIAN, HE = FINANCE
BY_ADMIN = Handover(ADMIN, "cli", "出差三个月", "root")
TASK = FormTask("memo", "备忘 / Memo", rule="T-3", form=Note, by=owner, due=working_days(2), remind=working_days(1))


class Chosen(Matter):
    """A matter whose requester says who shall decide."""

    reviewer: str = HEAD


@step("T-1")
def look() -> int:
    return 1


def gate(approver: Decider) -> Gate:
    return Gate(
        "moving", "审批 / Approval", rule="T-2", approver=approver, due=working_days(2), remind=working_days(1),
    )  # fmt: skip


def office_for(install: Install, approver: Decider) -> Office:
    made = gate(approver)

    def moving(case: Case[Chosen]) -> Outcome:
        """A gate, then a form for the owner."""
        look()
        if case.approval(made).rejected:
            return case.reject()
        case.task(TASK)
        return case.approve()

    return install(toy(moving, made, TASK))


def changed(office: Office, email: str, **how: Any) -> None:
    """Put another people file in force."""
    people = office.staff.people
    office.staff.people = Directory(
        [replace(p, **how) if p.email == email else p for p in people], people.roles, people.departments
    )


def asked(office: Office, code: str) -> list[tuple[str, str | None]]:
    items = (i["assignee"] for i in office.view(code)["waiting_for"])
    return sorted((a["email"], a["deputy_for"]) for a in items)


def moved(office: Office, code: str) -> list[tuple[str, str, str | None]]:
    with office.engine.store.read() as reader:
        entries: Iterable[AuditEntry] = reader.find(AuditEntry, case=code, order="n")
        return [(e.actor, e.data["from_"], e.data["to"]) for e in entries if e.event == "moved"]


def test_an_admin_gives_it_to_somebody_else_who_decides_on_behalf_of_the_first(install: Install) -> None:
    office = office_for(install, role("head_of_marketing"))
    code = start(office)
    first = office.asking(code)
    request = office.waiting(code)["id"]
    office.advance(working_days(1))
    said = handing.reassign(office.engine, request, from_=HEAD, to=STRANGER, how=BY_ADMIN)
    assert said == f"已改派：郑晓东 → 冯雪（{request}） / reassigned: Zheng Xiaodong → Feng Xue ({request})"
    assert asked(office, code) == [(STRANGER, HEAD)]
    assert views.inbox(office.engine, HEAD) == []
    mail = office.mails("approval_request", to=STRANGER)[0].context["request"]
    assert mail["note"] == "原请郑晓东答复，现转请您：出差三个月"
    assert mail["deputy_for"] == "郑晓东"
    assert moved(office, code) == [(ADMIN, HEAD, STRANGER)]
    with pytest.raises(NotEntitled):
        office.answer(code, "approve", by=HEAD)
    office.reply(first, "同意")
    assert office.waiting(code)["id"] == request, "whoever was asked before decides no more"
    office.advance(working_days(1))
    assert [m.recipient for m in office.mails("reminder")] == [HEAD, STRANGER], "the times count anew"
    office.answer(code, "approve", by=STRANGER)
    made = office.view(code)["decisions"][0]
    assert (made["by"], made["on_behalf_of"]) == (STRANGER, HEAD)
    assert auditing.verify(office.engine) == []


def test_papers_of_a_colleague_have_their_times_anew_for_whoever_owes_them_now(install_in_memory: Install) -> None:
    """G-3; the papers of somebody outside keep what they were told."""
    ours = replace(PAPERS, lapse=None, due=working_days(3), escalate_to=manager)

    def owing(case: Case[Matter]) -> Outcome:
        case.collect(ours, from_=owner)
        return case.approve()

    office = install_in_memory(toy(owing, ours))
    code = start(office)
    office.advance(working_days(4))
    assert [len(office.mails(told, case=code)) for told in ("reminder", "escalation")] == [1, 1]
    handing.reassign(office.engine, office.waiting(code)["id"], from_=OWNER, to=STRANGER, how=BY_ADMIN)
    due = office.staff.hours.add(office.clock.now(), working_days(3))
    assert office.waiting(code)["due_at"] == due.isoformat()
    office.advance(working_days(4))
    assert [len(office.mails(told, case=code)) for told in ("reminder", "escalation")] == [2, 2]
    assert {mail.recipient for mail in office.mails("reminder", case=code)[1:]} == {STRANGER}


@pytest.mark.parametrize(
    ("how", "error", "says"),
    [
        ({"how": replace(BY_ADMIN, by=HEAD)}, NotEntitled, "only an administrator"),
        ({"how": replace(BY_ADMIN, reason=" ")}, InvalidInput, "needs a reason"),
        ({"from_": STRANGER}, NotFound, "does not ask"),
        ({"to": "nobody@yongchang.example"}, InvalidInput, "is not among the staff"),
        ({"to": OWNER}, InvalidInput, "requested the case"),
        ({"to": HEAD}, InvalidInput, "already"),
        ({"to": BOSS}, InvalidInput, "already"),
    ],
)
def test_who_may_not_be_asked_is_not_and_nothing_has_changed(
    install_in_memory: Install, how: dict[str, Any], error: type[Refused], says: str
) -> None:
    office = office_for(install_in_memory, everybody(role("head_of_marketing"), role("general_manager")))
    code = start(office)
    office.answer(code, "approve", by=BOSS)
    wanted: dict[str, Any] = {"from_": HEAD, "to": STRANGER, "how": BY_ADMIN} | how
    with pytest.raises(error, match=says):
        handing.reassign(office.engine, office.waiting(code)["id"], **wanted)
    assert asked(office, code) == [(HEAD, None)]
    assert not moved(office, code)


def test_of_several_who_decide_together_one_is_replaced_and_the_others_stay(install: Install) -> None:
    office = office_for(install, everybody(role("finance")))
    code = start(office)
    office.answer(code, "approve", by=HE)
    handing.reassign(office.engine, office.waiting(code)["id"], from_=QIAN, to=STRANGER, how=BY_ADMIN)
    with pytest.raises(NotEntitled):
        office.answer(code, "approve", by=QIAN)
    office.answer(code, "approve", by=STRANGER)
    assert office.waiting(code)["gate"] == "memo"


def test_a_closed_request_is_not_passed_on(install_in_memory: Install) -> None:
    office = office_for(install_in_memory, role("head_of_marketing"))
    code = start(office)
    request = office.waiting(code)["id"]
    office.answer(code, "approve")
    with pytest.raises(InvalidInput, match="closed"):
        handing.reassign(office.engine, request, from_=HEAD, to=STRANGER, how=BY_ADMIN)


def test_what_a_leaver_was_asked_goes_to_who_holds_the_role_now(install: Install) -> None:
    office = office_for(install, role("head_of_marketing"))
    code = start(office)
    changed(office, HEAD, active=False)
    changed(office, STRANGER, roles=("process_owner", "head_of_marketing"))
    assert leavers.move_on(office.engine) == 1
    assert asked(office, code) == [(STRANGER, HEAD)]
    assert moved(office, code) == [("engine", HEAD, STRANGER)]
    assert office.mails("approval_request", to=STRANGER)[0].context["request"]["note"].endswith("：已不在岗")
    assert leavers.move_on(office.engine) == 0


@pytest.mark.parametrize(
    ("deputies", "to"),
    [((Deputy(STRANGER, date(2026, 1, 1)),), STRANGER), ((), BOSS), ((Deputy(OWNER, date(2026, 1, 1)),), BOSS)],
    ids=["deputy", "manager", "never the requester"],
)
def test_else_to_the_deputy_else_to_the_manager(
    install_in_memory: Install, deputies: tuple[Deputy, ...], to: str
) -> None:
    office = office_for(install_in_memory, role("head_of_marketing"))
    code = start(office)
    changed(office, HEAD, active=False, deputies=deputies)
    leavers.move_on(office.engine)
    assert asked(office, code) == [(to, HEAD)]


def test_a_reminder_never_goes_to_who_has_left_but_moves_what_they_were_asked(install: Install) -> None:
    office = office_for(install, role("head_of_marketing"))
    code = start(office)
    changed(office, HEAD, active=False)
    office.advance(working_days(1))
    assert not office.mails("reminder")
    assert asked(office, code) == [(BOSS, HEAD)]
    office.advance(working_days(1))
    assert [m.recipient for m in office.mails("reminder")] == [BOSS]


def test_where_another_is_asked_the_same_nobody_new_is(install_in_memory: Install) -> None:
    office = office_for(install_in_memory, role("finance"))
    code = start(office)
    changed(office, QIAN, active=False)
    leavers.move_on(office.engine)
    assert asked(office, code) == [(HE, None)]
    assert moved(office, code) == [("engine", QIAN, None)]


def test_where_all_must_approve_a_leaver_is_replaced(install_in_memory: Install) -> None:
    office = office_for(install_in_memory, everybody(role("finance")))
    code = start(office)
    changed(office, HE, active=False, manager=MATERIALS)
    leavers.move_on(office.engine)
    assert asked(office, code) == [(MATERIALS, HE), (QIAN, None)]


def test_nobody_to_take_it_over_is_told_to_the_admins_and_it_waits(install: Install) -> None:
    office = office_for(install, role("general_manager"))
    code = start(office)
    changed(office, BOSS, active=False)
    leavers.move_on(office.engine)
    office.advance(working_days(1))
    assert [m.context["problem"] for m in office.mails("needs_attention", to=ADMIN)] == [
        "离职人员的事项无人可接 / what somebody who has left was asked cannot be given to anybody"
    ]
    assert not office.mails("reminder")
    assert asked(office, code) == [(BOSS, None)]
    handing.reassign(office.engine, office.waiting(code)["id"], from_=BOSS, to=HEAD, how=BY_ADMIN)
    office.answer(code, "approve", by=HEAD)
    assert office.waiting(code)["gate"] == "memo"


def test_a_form_for_an_owner_who_has_left_goes_to_their_manager(install: Install) -> None:
    office = office_for(install, role("head_of_marketing"))
    code = start(office)
    changed(office, OWNER, active=False)
    office.answer(code, "approve")
    assert asked(office, code) == [(MATERIALS, None)]
    why = office.view(code)["waiting_for"][0]["why_you"]
    assert why.startswith("本案负责人王芳已不在岗，由其上级您办理")
    office.submit(code)
    assert office.view(code)["outcome"] == "approved"


def test_a_start_that_chooses_nobody_of_the_list_is_refused_with_the_list(install_in_memory: Install) -> None:
    office = office_for(install_in_memory, field("reviewer", among=role("finance")))
    with pytest.raises(InvalidInput) as caught:
        opening.start(office.engine, "toy", {"owner": OWNER, "reviewer": HEAD}, requester=None, origin="cli")
    said = "请从名单中选择：钱志远、何静 / choose somebody of the list: Qian Zhiyuan, Amy He"
    assert caught.value.fields == {"reviewer": said}
    code = start(office, reviewer=HE)
    assert asked(office, code) == [(HE, None)]


def test_what_a_leaver_had_of_somebody_goes_back_to_them_as_their_own(install_in_memory: Install) -> None:
    office = office_for(install_in_memory, role("head_of_marketing"))
    code = start(office)
    handing.reassign(office.engine, office.waiting(code)["id"], from_=HEAD, to=STRANGER, how=BY_ADMIN)
    changed(office, STRANGER, active=False)
    leavers.move_on(office.engine)
    assert asked(office, code) == [(HEAD, None)]
