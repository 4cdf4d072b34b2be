"""Duties: held by one, taken over when the holder is silent, whatever the clocks of the machines say."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

import pytest

from crm_workflows.domain.records import Duty
from crm_workflows.engine.ports import Store
from crm_workflows.engine.running.duties import BEAT_SECONDS, SILENT_SECONDS, STEP_DOWN_SECONDS, Post


@dataclass
class Monotonic:
    """A clock of one machine, since some moment that no other machine knows."""

    now: float

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clocks() -> tuple[Monotonic, Monotonic]:
    """Two machines, of which one has been up for a year."""
    return Monotonic(5.0), Monotonic(31_536_000.0)


@pytest.fixture
def another(open_again: Callable[[], Store]) -> Iterator[Callable[[], Store]]:
    """Opens one more store on the same rows, closed at the end of the test."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(open_again()))


@pytest.fixture
def posts(another: Callable[[], Store], clocks: tuple[Monotonic, Monotonic]) -> tuple[Post, Post]:
    """The same duty on both."""
    first, second = (Post(another(), "imap", name, clock) for name, clock in zip("ab", clocks, strict=True))
    return first, second


def pass_time(clocks: tuple[Monotonic, Monotonic], seconds: float) -> None:
    for clock in clocks:
        clock.now += seconds


def test_one_of_two_has_it(posts: tuple[Post, Post]) -> None:
    assert [post.take() for post in posts] == [True, False]


def test_it_stays_with_whoever_gives_signs_of_life(
    posts: tuple[Post, Post], clocks: tuple[Monotonic, Monotonic]
) -> None:
    holder, other = posts
    assert holder.take()
    for _ in range(10):
        pass_time(clocks, SILENT_SECONDS - 0.1)
        assert holder.beat()
        assert not other.take()


def test_it_is_taken_over_once_the_holder_has_been_silent_and_not_before(
    posts: tuple[Post, Post], clocks: tuple[Monotonic, Monotonic]
) -> None:
    dead, other = posts
    assert dead.take()
    assert not other.take()
    pass_time(clocks, SILENT_SECONDS - 0.1)
    assert not other.take()
    pass_time(clocks, 0.2)
    assert other.take()


def test_who_was_stopped_and_goes_on_hears_that_it_is_somebody_elses(
    posts: tuple[Post, Post], clocks: tuple[Monotonic, Monotonic]
) -> None:
    stopped, other = posts
    assert stopped.take()
    other.take()
    pass_time(clocks, SILENT_SECONDS)
    assert other.take()
    assert stopped.is_overdue
    assert not stopped.beat()
    stopped.leave()
    assert other.beat(), "leaving what is somebody else's changes nothing"
    assert not stopped.take()


def test_who_looked_long_ago_does_not_take_the_beats_since_then_for_silence(
    posts: tuple[Post, Post], clocks: tuple[Monotonic, Monotonic]
) -> None:
    holder, other = posts
    assert holder.take()
    assert not other.take()
    pass_time(clocks, 3600.0)
    assert holder.beat()
    assert not other.take(), "the holder gave a sign of life while the other machine slept"


def test_of_two_who_find_the_holder_silent_one_has_it(another: Callable[[], Store]) -> None:
    clock = Monotonic(0.0)
    dead, *others = [Post(another(), "imap", name, clock) for name in "abc"]
    assert dead.take()
    assert [post.take() for post in others] == [False, False]
    clock.now += SILENT_SECONDS
    assert sorted(post.take() for post in others) == [False, True]


def test_what_is_left_can_be_had_at_once(posts: tuple[Post, Post]) -> None:
    first, second = posts
    assert first.take()
    assert not second.take()
    first.leave()
    assert second.take()
    assert not first.take()


def test_duties_of_other_names_are_others(another: Callable[[], Store]) -> None:
    assert Post(another(), "imap", "a").take()
    assert Post(another(), "sealing", "b").take()


def test_a_holder_steps_down_before_anybody_takes_over(posts: tuple[Post, Post]) -> None:
    assert BEAT_SECONDS < STEP_DOWN_SECONDS < SILENT_SECONDS


def test_every_beat_is_in_the_database(another: Callable[[], Store]) -> None:
    store = another()
    post = Post(store, "imap", "a")
    assert post.take()
    assert post.beat()
    with store.read() as reader:
        assert reader.get(Duty, "imap") == Duty("imap", "a", 2)
