"""Gates that several people decide: each policy as a story, by every way of answering (0011)."""

from collections.abc import Callable
from typing import Any

import pytest

from crm_workflows.domain.approvers import Approver, any_of, department, field, manager, owner, person, role, with_limit
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Gate, Stage, approve_after, when
from crm_workflows.domain.money import Money
from crm_workflows.domain.panels import (
    Decider,
    at_least,
    beyond,
    by_amount,
    everybody,
    hear_all,
    in_turn,
    is_yes,
    one_of_each,
    share,
    up_to,
)
from crm_workflows.domain.people import Deputy, Directory, Person
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import AuditEntry
from crm_workflows.engine.case import Approval, Case, Outcome
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.views import views
from tests.engine.conftest import Install
from tests.engine.toys import BOSS, FINANCE, HEAD, MATERIALS, OWNER, Matter, attention_told, row, start, step, toy
from tests.office import Office

QIAN, HE = FINANCE
A, B, C = (f"{name}@yongchang.example" for name in ("an", "bai", "cao"))
got: list[Approval] = []


class Purchase(Matter):
    """What the gates here are about."""

    amount: str = "5.00"
    single_source: bool = False
    reviewer: str = A


@step("T-1")
def look() -> int:
    return 1


def gate(approver: Decider, *then: Stage, **how: Any) -> Gate:
    timing = {"due": working_days(2), "remind": working_days(1), "escalate_to": manager, "send_back": ("T-1",)}
    return Gate("panel", "会签 / Panel", rule="T-2", approver=approver, then=then, **timing | how)


def body_of(made: Gate) -> Callable[[Case[Any]], Outcome]:
    def panel(case: Case[Purchase]) -> Outcome:
        """One gate."""
        look()
        got.append(case.approval(made, amount=Money.of(case.subject.amount, "CNY")))
        return case.reject() if got[-1].rejected else case.approve()

    return panel


@pytest.fixture
def opened(install: Install) -> Callable[..., Office]:
    return opener(install)


@pytest.fixture
def opened_in_memory(install_in_memory: Install) -> Callable[..., Office]:
    return opener(install_in_memory)


def opener(install: Install) -> Callable[..., Office]:
    def open_with(approver: Decider, *then: Stage, **how: Any) -> Office:
        made = gate(approver, *then, **how)
        office = install(toy(body_of(made), made))
        office.staff.people = with_board(office.staff.people)
        office.staff.rules = Policy(
            dict(office.staff.rules) | {"small": Money.of("10.00", "CNY"), "large": Money.of("20.00", "CNY")}
        )
        return office

    return open_with


def with_board(people: Directory) -> Directory:
    """Three of a board, of whom 曹 is under 安."""
    above = {A: BOSS, B: BOSS, C: A}
    board = [
        Person(email=email, name=name, department="board", roles=("board",), manager=above[email])
        for email, name in ((A, "安"), (B, "白"), (C, "曹"))
    ]
    return Directory([*people.people, *board], people.roles, people.departments)


def asked(office: Office, code: str) -> list[str]:
    """Who is asked now, by address."""
    return sorted(i["assignee"]["email"] for i in office.view(code)["waiting_for"])


def events_of(office: Office, code: str) -> list[str]:
    with office.engine.store.read() as reader:
        return [entry.event for entry in reader.find(AuditEntry, case=code, order="n")]


def answers(office: Office, code: str, **said: str) -> str | None:
    """Everybody named answers in this order, in one word; returns how the case ended."""
    for name, decision in said.items():
        by = {"a": A, "b": B, "c": C, "qian": QIAN, "he": HE, "boss": BOSS, "head": HEAD}[name]
        done = office.answer(code, decision, by=by, comment="" if decision == "approve" else "不行")
        assert done.effective, done.sentence
    return row(office, code).outcome


BOARD = role("board")
POLICIES: list[tuple[Decider, dict[str, str], str | None]] = [
    (BOARD, {"b": "approve"}, "approved"),
    (everybody(BOARD), {"a": "approve", "b": "approve"}, None),
    (everybody(BOARD), {"a": "approve", "b": "approve", "c": "approve"}, "approved"),
    (everybody(BOARD), {"a": "approve", "b": "reject"}, "rejected"),
    (at_least(2, BOARD), {"a": "reject", "b": "approve"}, None),
    (at_least(2, BOARD), {"a": "reject", "b": "approve", "c": "approve"}, "approved"),
    (at_least(2, BOARD), {"a": "reject", "b": "reject"}, "rejected"),
    (share(34, BOARD), {"a": "approve"}, None),
    (share(34, BOARD), {"a": "approve", "c": "approve"}, "approved"),
    (one_of_each(BOARD, role("finance")), {"c": "approve", "he": "approve"}, "approved"),
    (one_of_each(BOARD, role("finance")), {"c": "approve", "qian": "reject"}, "rejected"),
    (hear_all(BOARD), {"a": "approve", "b": "reject"}, None),
    (hear_all(BOARD), {"a": "approve", "b": "reject", "c": "reject"}, "approved"),
    (hear_all(BOARD), {"a": "reject", "b": "reject", "c": "reject"}, "rejected"),
    (in_turn(BOARD), {"a": "approve", "b": "approve", "c": "approve"}, "approved"),
    (in_turn(BOARD), {"a": "approve", "b": "reject"}, "rejected"),
    (everybody(role("finance"), at_least(1, BOARD)), {"b": "approve", "he": "approve", "qian": "approve"}, "approved"),
    (everybody(any_of(person(A), person(B)), owner), {"b": "approve"}, None),
]


@pytest.mark.parametrize(
    ("approver", "said", "end"), POLICIES, ids=[f"{p}-{'-'.join(s.values())}" for p, s, _ in POLICIES]
)
def test_a_gate_takes_as_many_answers_as_its_policy_says(
    opened_in_memory: Callable[..., Office], approver: Decider, said: dict[str, str], end: str | None
) -> None:
    office = opened_in_memory(approver)
    code = start(office)
    assert answers(office, code, **said) == end


def test_all_are_asked_and_told_and_who_has_answered_is_asked_no_more(opened: Callable[..., Office]) -> None:
    office = opened(everybody(BOARD))
    code = start(office)
    assert asked(office, code) == [A, B, C]
    request = office.mails("approval_request", to=B)[0].context["request"]
    assert request["asked_as_well"] == ["安", "曹"]
    assert request["agreement"] == "须每人同意，一人驳回即为驳回 / everybody must approve; one rejection rejects"
    done = office.answer(code, "approve", by=A, comment="价格合理")
    assert "白" in done.follows
    assert asked(office, code) == [B, C]
    assert views.inbox(office.engine, A) == []
    again = office.answer(code, "reject", by=A, comment="改主意")
    assert not again.effective
    assert "安 已先行答复“同意”" in again.sentence
    office.advance(working_days(1))
    assert {m.recipient for m in office.mails("reminder")} == {B, C}
    told = office.mails("reminder", to=B)[0].context["request"]["approved_before"]
    assert [(one["name"], one["comment"]) for one in told] == [("安", "价格合理")]
    office.advance(working_days(1))
    assert {m.context["assignee_email"] for m in office.mails("escalation")} == {B, C}
    answers(office, code, b="approve", c="approve")
    notice = office.mails("decision_notice", to=OWNER)[0].context
    assert notice["decided_by"] == "安、白、曹"
    assert got[-1].approved
    assert [d["by"] for d in office.view(code)["decisions"] if d["effective"]] == [A, B, C]


def test_a_reply_counts_like_any_answer_and_a_second_one_is_told_what_was_said(opened: Callable[..., Office]) -> None:
    office = opened(at_least(2, BOARD))
    code = start(office)
    asking = {who: office.mails("approval_request", to=who)[0] for who in (A, B, C)}
    office.reply(asking[A], "同意")
    assert row(office, code).status == "waiting"
    assert office.mails("receipt", to=A)[0].context["decision"] == "approve"
    intake.take_in(office.engine, office.reply_bytes(asking[A], "驳回 太贵", n=2), "test")
    assert "您已先行答复“同意”" in office.mails("refused", to=A)[0].context["reason"]
    office.reply(asking[C], "approve")
    assert row(office, code).outcome == "approved"
    assert [m.recipient for m in office.mails("decision_notice") if m.context["asked_as_well"]] == [A, B]


def test_of_each_group_the_first_answers_and_the_others_hear_who(opened: Callable[..., Office]) -> None:
    office = opened(one_of_each(BOARD, role("finance")))
    code = start(office)
    answers(office, code, b="approve")
    assert asked(office, code) == [HE, QIAN]
    told = {m.recipient: m.context for m in office.mails("decision_notice")}
    assert sorted(told) == [A, C]
    assert told[A]["decided_by"] == "白"
    late = office.answer(code, "reject", by=A, comment="不行")
    assert not late.effective
    assert "白 已先行答复" in late.sentence
    assert answers(office, code, he="approve") == "approved"


def test_in_turn_nobody_is_asked_before_their_turn_and_times_count_anew(opened: Callable[..., Office]) -> None:
    office = opened(in_turn(BOARD))
    code = start(office)
    assert asked(office, code) == [A]
    assert not office.mails("approval_request", to=B)
    office.advance(working_days(1))
    answers(office, code, a="approve")
    assert asked(office, code) == [B]
    shown = office.mails("approval_request", to=B)[0].context["request"]
    assert [one["name"] for one in shown["approved_before"]] == ["安"]
    office.advance(working_days(1))
    assert [m.recipient for m in office.mails("reminder")] == [A, B]
    assert not office.mails("escalation"), "B has had one working day only"
    answers(office, code, b="approve")
    assert answers(office, code, c="approve") == "approved"


def test_whose_turn_comes_while_they_are_away_is_stood_in_for(opened: Callable[..., Office]) -> None:
    office = opened(in_turn(BOARD))
    code = start(office)
    today = office.engine.today(office.clock.now())
    people = office.staff.people
    away = {B: Deputy(HEAD, today), C: Deputy(A, today)}
    changed = [
        Person(
            email=p.email,
            name=p.name,
            department=p.department,
            roles=p.roles,
            manager=p.manager,
            deputies=(away[p.email],),
        )
        if p.email in away
        else p
        for p in people.people
    ]
    office.staff.people = Directory(changed, people.roles, people.departments)
    answers(office, code, a="approve")
    items = office.view(code)["waiting_for"]
    assert [(i["assignee"]["email"], i["assignee"]["deputy_for"]) for i in items] == [(HEAD, B)]
    assert answers(office, code, head="approve") == "approved", "A has approved already and need not do so again for C"


def test_a_send_back_by_one_sends_back_and_everybody_is_asked_anew(opened: Callable[..., Office]) -> None:
    office = opened(in_turn(BOARD))
    code = start(office)
    answers(office, code, a="approve")
    office.answer(code, "send_back", by=B, to="T-1", comment="再看")
    assert asked(office, code) == [A]
    assert office.waiting(code)["round"] == 2
    assert views.inbox(office.engine, B) == []


def test_silence_decides_for_all(opened: Callable[..., Office]) -> None:
    office = opened(everybody(BOARD), on_silence=approve_after(working_days(3)))
    code = start(office)
    answers(office, code, a="approve")
    office.advance(working_days(3))
    assert row(office, code).outcome == "approved"
    assert office.view(code)["decisions"][-1]["channel"] == "silence"


def test_too_few_different_people_stop_the_case_and_say_so(opened: Callable[..., Office]) -> None:
    office = opened(at_least(3, role("finance"), person(QIAN)))
    with attention_told(office, "TY-2026-00001", saying="3 different people must approve, and only 2"):
        start(office)


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
