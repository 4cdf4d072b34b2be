"""The usual rules as choices: each can be read, and is found again when a round is edited."""

import pytest

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.recurrence import CADENCE
from crm_workflows.domain.recurrence_choices import GROUPS, OTHER, choice_of, rule_of
from crm_workflows.domain.recurrence_words import in_words

CHOICES = [choice for group in GROUPS.values() for choice in group if choice not in (CADENCE, OTHER)]


def test_every_choice_makes_a_rule_that_is_read_and_found_again() -> None:
    for choice in CHOICES:
        for at in ("00:05", "09:00", "23:59"):
            rule = rule_of(choice, at, "")
            assert at in in_words(rule)
            assert choice_of(rule) == (choice, at)
    assert choice_of(rule_of(CADENCE, "", "")) == (CADENCE, "09:00")


@pytest.mark.parametrize(
    ("choice", "rule", "words"),
    [
        ("workday", "workday 08:30", "each working day 08:30"),
        ("workday 1", "workday 1 08:30", "the 1st working day of each month 08:30"),
        ("* * 0", "30 8 * * 0", "every Sun at 08:30"),
        ("* * 1", "30 8 * * 1", "every Mon at 08:30"),
        ("28 * *", "30 8 28 * *", "on day 28 of each month at 08:30"),
    ],
)
def test_a_choice_is_what_its_words_say(choice: str, rule: str, words: str) -> None:
    assert rule_of(choice, "08:30", "") == rule
    assert in_words(rule).endswith(words)


@pytest.mark.parametrize("rule", ["*/5 9 * * 1", "0 9 * * 1-5", "0 9 31 * *", "workday 3 09:00", "0 9 1 1 *"])
def test_what_is_no_choice_stays_as_it_was_written(rule: str) -> None:
    assert choice_of(rule) == (OTHER, "09:00")
    assert rule_of(OTHER, "09:00", rule) == rule


@pytest.mark.parametrize(
    ("choice", "at", "written", "why"),
    [
        ("workday", "9", "", "write the time as 09:00"),
        ("workday", "", "", "write the time as 09:00"),
        ("workday", "09:00", "0 9 * * 1", "clear the rule"),
        ("31 * *", "09:00", "", "choose on which days"),
    ],
)
def test_what_is_half_chosen_is_refused(choice: str, at: str, written: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        rule_of(choice, at, written)
