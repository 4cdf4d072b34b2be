"""What several answers come to: held against every way in which the rest could answer."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_workflows.domain.seats import Seats, Takes

PEOPLE = ("a", "b", "c", "d", "e")
PLACES = ("before", "after", "beside")
people = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4, unique=True)


@st.composite
def trees(draw: st.DrawFn, depth: int = 2) -> Seats:
    """Seats of any shape, with people who sit in several groups."""
    members: list[str | Seats] = list(draw(people))
    if depth:
        members = [draw(trees(depth=depth - 1)) if draw(st.booleans()) else member for member in members]
    members = list(dict.fromkeys(members))
    takes: Takes = draw(st.sampled_from(["any", "all", "count", "hear_all", "turn"]))
    return Seats(takes, tuple(members), draw(st.integers(1, len(members))) if takes == "count" else 0)


def finally_(seats: Seats, votes: dict[str, bool]) -> bool:
    """The verdict once everybody has answered, by the words of the rule; nothing of the code under test."""
    said = [votes[m] if isinstance(m, str) else finally_(m, votes) for m in seats.members]
    if seats.takes == "hear_all":
        return any(said)
    return sum(said) >= (seats.count if seats.takes == "count" else len(said))


@given(trees(), st.permutations(PEOPLE), st.lists(st.booleans(), min_size=5, max_size=5))
@settings(max_examples=300)
def test_answering_in_any_order_comes_to_a_verdict_that_stays(seats: Seats, order: list[str], yes: list[bool]) -> None:
    votes: list[tuple[str, bool]] = []
    said = dict(zip(PEOPLE, yes, strict=True))
    while seats.verdict(votes) is None:
        wanted = seats.wanted(votes)
        assert wanted, "nobody is asked any more, and nothing is decided"
        assert not set(wanted) & {seat for seat, _ in votes}, "asked twice"
        seat = min(wanted, key=order.index)
        votes.append((seat, said[seat]))
    verdict = seats.verdict(votes)
    assert seats.wanted(votes) == ()
    left = [seat for seat in seats.people() if seat not in dict(votes)]
    for later in product((True, False), repeat=len(left)):
        assert seats.verdict([*votes, *zip(left, later, strict=True)]) is verdict
    assert Seats.from_json(seats.to_json()) == seats


def without_first_answers(seats: Seats) -> bool:
    return seats.takes != "any" and all(without_first_answers(m) for m in seats.members if isinstance(m, Seats))


@given(trees().filter(without_first_answers), st.lists(st.booleans(), min_size=5, max_size=5), st.integers(0, 5))
@settings(max_examples=300)
def test_a_verdict_is_there_when_no_answer_left_could_change_it_and_not_before(
    seats: Seats, yes: list[bool], first: int
) -> None:
    everybody = seats.people()
    votes = list(zip(everybody, yes, strict=False))[:first]
    left = [seat for seat in everybody if seat not in dict(votes)]
    ends = {
        finally_(seats, dict(votes) | dict(zip(left, later, strict=True)))
        for later in product((True, False), repeat=len(left))
    }
    verdict = seats.verdict(votes)
    assert verdict is None or ends == {verdict}
    if not any_hears_all(seats):
        assert (verdict is None) == (len(ends) > 1)
    if not left:
        assert verdict is not None


def any_hears_all(seats: Seats) -> bool:
    return seats.takes == "hear_all" or any(any_hears_all(m) for m in seats.members if isinstance(m, Seats))


def test_everybody_is_heard_although_one_has_said_yes() -> None:
    seats = Seats("hear_all", ("a", "b"))
    assert seats.verdict([("a", True)]) is None
    assert seats.verdict([("a", True), ("b", False)]) is True


def test_of_a_group_the_first_answer_counts_even_where_somebody_sits_in_two() -> None:
    seats = Seats("all", (Seats("any", ("x", "y")), Seats("any", ("x", "z"))))
    votes = [("y", True)]
    assert seats.wanted(votes) == ("x", "z"), "x is still wanted for the second group"
    assert seats.verdict([*votes, ("z", True)]) is True
    assert Seats("any", ("x", "y")).verdict([("y", True), ("x", False)]) is True


def test_in_turn_only_the_next_is_wanted() -> None:
    seats = Seats("turn", ("a", Seats("any", ("b", "c")), "d"))
    assert seats.wanted([]) == ("a",)
    assert seats.wanted([("a", True)]) == ("b", "c")
    assert seats.wanted([("a", True), ("c", True)]) == ("d",)
    assert seats.verdict([("a", False)]) is False


@pytest.mark.parametrize(
    ("seats", "possible"),
    [
        (Seats("count", ("a", "b"), 2), True),
        (Seats("count", ("a", "b"), 2).replaced("b", "a"), False),
        (Seats("all", ("a", "b")).replaced("b", "a"), True),
        (Seats("all", (Seats("count", ("a",), 2), "b")), False),
    ],
)
def test_one_person_on_two_seats_is_one_person(seats: Seats, *, possible: bool) -> None:
    assert seats.is_possible is possible


@given(
    trees(), st.sampled_from(PEOPLE), st.sampled_from(["before", "after", "beside"]), st.permutations((*PEOPLE, "new"))
)
@settings(max_examples=200)
def test_with_one_more_beside_a_seat_answers_still_come_to_a_verdict_in_the_right_order(
    seats: Seats, seat: str, place: str, order: list[str]
) -> None:
    if seat not in seats.people():
        return
    joined = seats.joined(seat, "new", place)
    votes: list[tuple[str, bool]] = []
    asked: list[str] = []
    while joined.verdict(votes) is None:
        wanted = joined.wanted(votes)
        asked += wanted
        votes.append((min(wanted, key=order.index), True))
    assert joined.verdict(votes) is True
    alone = Seats("any", (seat,)).joined(seat, "new", place)
    assert alone.verdict([(seat, True)]) is None
    assert alone.wanted([]) == {"before": ("new",), "after": (seat,), "beside": (seat, "new")}[place]
