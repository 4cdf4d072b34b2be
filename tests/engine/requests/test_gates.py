"""Gates that several people decide: each policy as a story, by every way of answering (0011)."""

from collections.abc import Callable

import pytest

from crm_workflows.domain.approvers import any_of, owner, person, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import approve_after
from crm_workflows.domain.panels import Decider, at_least, everybody, hear_all, in_turn, one_of_each, share
from crm_workflows.domain.people import Deputy, Directory, Person
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.views import views
from tests.engine.requests.gate_world import BOARD, HE, QIAN, A, B, C, answers, asked, got, opened, opened_in_memory
from tests.engine.toys import HEAD, OWNER, attention_told, row, start
from tests.office import Office

__all__ = ["opened", "opened_in_memory"]
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
    assert "安 于 2026年3月2日 周一 09:00 答复的“同意”仍然有效" in again.sentence
    office.advance(working_days(1))
    assert {m.recipient for m in office.mails("reminder")} == {B, C}
    told = office.mails("reminder", to=B)[0].context["request"]["approved_before"]
    assert [(one["name"], one["comment"]) for one in told] == [("安", "价格合理")]
    office.advance(working_days(1))
    assert {m.context["assignee_email"] for m in office.mails("escalation")} == {B, C}
    answers(office, code, b="approve", c="approve")
    notice = office.mails("case_closed", to=OWNER)[0].context["decision"]
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
    assert "答复的“同意”仍然有效，这次的答复已留存但不生效" in office.mails("refused", to=A)[0].context["reason"]
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
