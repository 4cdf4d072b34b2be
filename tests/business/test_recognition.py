"""The arithmetic of recognition: validity by class, and how performance joins the six criteria (SV-12)."""

from datetime import date
from decimal import Decimal

import pytest

from crm_workflows.adapters.configuration.config_files import parse_policy
from crm_workflows.business import recognition
from crm_workflows.business.recognition import Judgement
from tests.office import shipped_text

POLICY = parse_policy(shipped_text("policy"))
JUDGED = Judgement(Decimal("80.0"), (), True, "八十 / eighty")
UNKNOWN = dict.fromkeys(recognition.PERFORMANCE)


@pytest.mark.parametrize(("letter", "years"), [("A", 1), ("B", 2), ("C", 3)])
def test_a_recognition_is_valid_for_the_years_of_its_class(letter: str, years: int) -> None:
    assert recognition.valid_until(date(2026, 3, 2), letter, POLICY) == date(2026 + years, 3, 2)


def test_a_recognition_of_a_leap_day_ends_on_the_day_before_march() -> None:
    assert recognition.valid_until(date(2028, 2, 29), "A", POLICY) == date(2029, 2, 28)


@pytest.mark.parametrize(
    ("known", "score"),
    [
        ({}, "80.0"),
        ({"quality": 100}, "90.0"),
        ({"quality": 100, "delivery": 45}, "77.5"),
        (dict.fromkeys(recognition.PERFORMANCE, 0), "40.0"),
    ],
)
def test_known_figures_share_the_weights_of_those_that_are_not(known: dict[str, int], score: str) -> None:
    assert recognition.with_performance(JUDGED, UNKNOWN | known, POLICY).score == Decimal(score)


def test_a_criterion_below_its_floor_fails_whatever_the_performance() -> None:
    low = Judgement(Decimal("80.0"), ("cost",), False, "x / x")
    assert not recognition.with_performance(low, UNKNOWN | {"quality": 100}, POLICY).passes
    poor = recognition.with_performance(JUDGED, UNKNOWN | {"quality": 10}, POLICY)
    assert (poor.score, poor.passes) == (Decimal("45.0"), False)
