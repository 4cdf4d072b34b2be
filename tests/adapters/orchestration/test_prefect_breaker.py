"""The circuit breaker by itself, on a clock that the test moves."""

import pytest

from crm_workflows.adapters.orchestration.prefect_breaker import FAILURES, OPEN_SECONDS, SLOW_SECONDS, CircuitBreaker


class Hands:
    """A monotonic clock moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def breaker(hands: Hands) -> CircuitBreaker:
    return CircuitBreaker(hands)


def opened(breaker: CircuitBreaker) -> CircuitBreaker:
    for _ in range(FAILURES):
        breaker.failed()
    return breaker


def test_stays_closed_on_fewer_failures_than_allowed(breaker: CircuitBreaker) -> None:
    for _ in range(FAILURES - 1):
        breaker.failed()
    assert breaker.is_closed
    assert breaker.may_try()


def test_a_success_forgives_earlier_failures(breaker: CircuitBreaker) -> None:
    for _ in range(3):
        breaker.failed()
        breaker.failed()
        breaker.succeeded(0.01)
    assert breaker.is_closed


def test_opens_after_failures_in_a_row_and_lets_nobody_try(breaker: CircuitBreaker) -> None:
    opened(breaker)
    assert not breaker.is_closed
    assert not breaker.may_try()
    assert breaker.seconds_to_probe() == OPEN_SECONDS


def test_opens_at_once_when_it_made_work_wait(breaker: CircuitBreaker) -> None:
    breaker.failed(made_wait=True)
    assert not breaker.is_closed


def test_slow_answers_count_as_failures(breaker: CircuitBreaker) -> None:
    for _ in range(FAILURES):
        breaker.succeeded(SLOW_SECONDS + 0.1)
    assert not breaker.is_closed


def test_lets_one_probe_through_after_a_while(breaker: CircuitBreaker, hands: Hands) -> None:
    opened(breaker)
    hands.at += OPEN_SECONDS
    assert breaker.seconds_to_probe() == 0
    assert breaker.may_try()
    assert not breaker.may_try(), "a second one must wait for the first probe's outcome"
    assert not breaker.is_closed


def test_a_good_probe_closes_it(breaker: CircuitBreaker, hands: Hands) -> None:
    opened(breaker)
    hands.at += OPEN_SECONDS
    assert breaker.may_try()
    breaker.succeeded(0.01)
    assert breaker.is_closed


def test_a_bad_probe_opens_it_for_as_long_again(breaker: CircuitBreaker, hands: Hands) -> None:
    opened(breaker)
    hands.at += OPEN_SECONDS
    assert breaker.may_try()
    breaker.failed()
    hands.at += OPEN_SECONDS / 2
    assert not breaker.may_try()
    hands.at += OPEN_SECONDS / 2
    assert breaker.may_try()
