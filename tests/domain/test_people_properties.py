"""Whatever the people file says, the search for an approver ends, asks nobody twice and never the requester."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_workflows.domain.approvers import Approver
from crm_workflows.domain.people import (
    Assignment,
    Deputy,
    Directory,
    NobodyToAsk,
    Person,
    department,
    manager,
    owner,
    person,
    role,
)

EMAILS = [f"{name}@a.example" for name in ("a", "b", "c", "d", "e")]
emails = st.sampled_from(EMAILS)
dates = st.integers(1, 9).map(lambda day: date(2026, 3, day))
names = st.sampled_from(["x", "y"])
words = st.one_of(names.map(role), names.map(department), emails.map(person), st.just(owner), st.just(manager))


def people_of(email: str) -> st.SearchStrategy[Person]:
    return st.builds(
        Person,
        email=st.just(email),
        name=st.just(email[0]),
        department=names,
        roles=st.lists(names, max_size=2, unique=True).map(tuple),
        manager=st.none() | emails,
        deputies=st.lists(st.builds(Deputy, emails, dates, st.none() | dates), max_size=3).map(tuple),
        active=st.booleans(),
    )


directories = st.tuples(*map(people_of, EMAILS)).map(Directory)


def search(directory: Directory, approver: Approver, on: date, who: tuple[str | None, ...]) -> tuple[Assignment, ...]:
    requester, subject_owner, assignee = who
    return directory.resolve(
        approver, on=on, never=[requester] if requester else [], subject_owner=subject_owner, assignee=assignee
    )


@settings(max_examples=600, deadline=None)
@given(directories, words, dates, st.tuples(st.none() | emails, st.none() | emails, st.none() | emails))
def test_whoever_is_asked_may_be_asked(
    directory: Directory, approver: Approver, on: date, who: tuple[str | None, ...]
) -> None:
    try:
        found = search(directory, approver, on, who)
    except NobodyToAsk:
        return
    asked = [assignment.person.email for assignment in found]
    assert asked
    assert len(set(asked)) == len(asked)
    assert who[0] not in asked
    assert who[0] is None or who[0] not in [assignment.deputy_for for assignment in found]
    assert all(assignment.person.active for assignment in found)
    assert all(assignment.deputy_for != assignment.person.email for assignment in found)
    assert found == search(directory, approver, on, who)


@settings(max_examples=300, deadline=None)
@given(directories, words, dates, st.tuples(emails, emails, st.none() | emails))
def test_somebody_active_who_is_named_and_did_not_ask_is_never_overlooked(
    directory: Directory, approver: Approver, on: date, who: tuple[str | None, ...]
) -> None:
    named = {
        "role": directory.with_role(approver.name),
        "department": directory.department(approver.name),
        "person": tuple(filter(None, [directory.person(approver.name)])),
    }.get(str(approver).partition(":")[0], ())
    for holder in (p for p in named if p.active and p.email != who[0]):
        found = search(directory, approver, on, who)
        in_own_right = any(a.person is holder and a.deputy_for is None for a in found)
        by_deputy = any(d.covers(on) for d in holder.deputies)
        assert in_own_right or by_deputy
