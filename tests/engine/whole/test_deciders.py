"""Several people who decide at the same moment: one is effective, or as many as it takes, and the others hear who."""

from collections import Counter
from collections.abc import Callable

import pytest

from crm_workflows.domain.errors import Refused
from crm_workflows.domain.records import Decision, Number
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer, Answered
from tests.engine.toys import OWNER, row, start
from tests.engine.whole.at_once import EIGHT, PEOPLE, at_once, offices
from tests.office import Office

__all__ = ["offices"]
OTHER = "feng.xue@yongchang.example"


def test_of_eight_who_decide_at_once_one_is_effective_and_the_others_hear_who(offices: list[Office]) -> None:
    case = start(offices[0])
    request = offices[0].waiting(case)["id"]
    words = ("approve", "reject", "send_back")

    def decide(n: int) -> Callable[[], Answered]:
        given = Answer(words[n % 3], PEOPLE[n], "link", comment=f"因为{n}", to="T-1" if n % 3 == 2 else None)
        return lambda: answers.answer(offices[n].engine, request, given)

    answered = at_once(*(decide(n) for n in range(EIGHT)))
    winners = [n for n, a in enumerate(answered) if a.effective]
    assert len(winners) == 1
    winner = PEOPLE[winners[0]]
    assert {a.decided_by for a in answered} == {winner}
    name = f"董事{winners[0]}"
    assert all(name in a.sentence for a in answered if not a.effective)
    with offices[0].engine.store.read() as reader:
        decisions = reader.find(Decision, request=request, order="n")
        assert [d.n for d in decisions] == list(range(1, EIGHT + 1))
        assert [d.by for d in decisions if d.effective] == [winner] == [decisions[0].by]
    _what_follows_happened_once(offices[0], case, words[winners[0] % 3])


@pytest.mark.parametrize(("panel", "counted"), [("all", {8}), ("three", {3}), ("heard", {8}), ("groups", {2})])
def test_of_eight_who_approve_together_at_once_as_many_count_as_it_takes(
    offices: list[Office], panel: str, counted: set[int]
) -> None:
    case = start(offices[0], process=panel)
    request = offices[0].waiting(case)["id"]
    given = [Answer("approve", email, "link") for email in PEOPLE]
    works = [lambda n=n: answers.answer(offices[n].engine, request, given[n]) for n in range(EIGHT)]
    answered = at_once(*works)
    with offices[0].engine.store.read() as reader:
        decisions = reader.find(Decision, request=request, order="n")
        number = reader.get(Number, "code")
    assert {sum(a.effective for a in answered)} == {sum(d.effective for d in decisions)} == counted
    assert row(offices[0], case).outcome == "approved"
    assert number is not None
    assert number.last == 1
    assert Counter(m.recipient for m in offices[0].mails("case_closed"))[OWNER] == 1


def test_a_turn_that_two_take_at_once_is_taken_once(offices: list[Office]) -> None:
    case = start(offices[0], process="turn")
    request = offices[0].waiting(case)["id"]
    for n in range(EIGHT):
        given = Answer("approve", PEOPLE[n], "link")
        works = [lambda office=office, given=given: answers.answer(office.engine, request, given) for office in offices]
        answered = at_once(*works)
        assert sum(a.effective for a in answered) == 1
    assert row(offices[0], case).outcome == "approved"
    assert Counter(m.recipient for m in offices[0].mails("approval_request")) == dict.fromkeys(PEOPLE, 1)


def test_a_decision_and_a_passing_on_at_once_leave_one_voice_on_the_seat(offices: list[Office]) -> None:
    case = start(offices[0])
    request = offices[0].waiting(case)["id"]
    given = [Answer("approve", PEOPLE[0], "link"), Answer("delegate", PEOPLE[0], "link", to=OTHER)] * 4

    def say(n: int) -> Callable[[], bool]:
        def work() -> bool:
            try:
                return answers.answer(offices[n].engine, request, given[n]).effective
            except Refused:
                return False

        return work

    assert sum(at_once(*(say(n) for n in range(EIGHT)))) == 1
    asked = {item["assignee"]["email"] for item in offices[0].view(case)["waiting_for"]}
    if PEOPLE[1] in asked:
        assert OTHER in asked, "passed on: the other has the seat"
        assert PEOPLE[0] not in asked
    else:
        assert offices[0].waiting(case)["gate"] == "note", "decided, and nobody else is asked"
        assert not offices[0].mails("approval_request", to=OTHER)


def _what_follows_happened_once(office: Office, case: str, decision: str) -> None:
    with office.engine.store.read() as reader:
        number = reader.get(Number, "code")
    if decision == "approve":
        assert number is not None
        assert number.last == 1
        assert office.waiting(case)["gate"] == "note"
        assert len(office.mails("task_request")) == 1
    elif decision == "reject":
        assert row(office, case).outcome == "rejected"
        assert Counter(m.recipient for m in office.mails("case_closed"))[OWNER] == 1
    else:
        assert office.waiting(case)["round"] == 2
        assert len(office.mails("approval_request")) == 2 * EIGHT
