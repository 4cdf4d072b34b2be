"""When a store is asked for its invariants, and how a test says that it breaks them."""

from collections.abc import Callable
from contextlib import closing

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.domain.records import Request
from crm_workflows.engine.ports import Store
from crm_workflows.testing import MemoryStore
from tests.adapters.rows import request
from tests.invariants import INVARIANTS, suite

CASES, DECISIONS, MANY, WHO, EFFECTS, MAILS, TIMES, RECORD = INVARIANTS
LOST = ["no case lost: request TY-2026-00001-R1 belongs to no case"]


def loses_a_case(store: Store) -> None:
    with store.write() as tx:
        tx.insert(request("TY-2026-00001-R1", case="TY-2026-00001", status="superseded"))


def test_a_store_is_asked_at_the_end_of_the_test_that_wrote_to_it() -> None:
    loses_a_case(MemoryStore())
    assert suite.SUITE.end() == LOST
    assert suite.SUITE.end() == [], "once"


def test_a_database_is_asked_when_it_is_closed(open_again: Callable[[], Store]) -> None:
    with closing(open_again()) as store:
        loses_a_case(store)
    with closing(open_again()) as store, store.read() as reader:
        assert reader.count(Request) == 1, "a store that only reads is not asked"
    assert suite.SUITE.end() == LOST


def test_what_another_process_wrote_is_asked_by_address(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url)) as store:
        loses_a_case(store)
    assert suite.SUITE.end() == LOST
    suite.SUITE.begin(is_asking=True)
    suite.ask_database(sqlite_url)
    assert suite.SUITE.end() == LOST
    with pytest.raises(AssertionError):
        suite.ask_database(sqlite_url)


def test_a_test_fails_that_breaks_more_than_it_says() -> None:
    for names, is_excused in (((), True), ((CASES,), True), ((MAILS,), False)):
        marked = Marked(pytest.mark.breaks_invariants("to see it", *names).mark)
        asked = suite.asked(marked)
        next(asked)
        loses_a_case(MemoryStore())
        if is_excused:
            assert next(asked, None) is None
        else:
            with pytest.raises(pytest.fail.Exception, match="TY-2026-00001"):
                next(asked)


@pytest.mark.parametrize("arguments", [(), ("",), ("a reason", "no such invariant")])
def test_who_breaks_invariants_says_why_and_which(arguments: tuple[str, ...]) -> None:
    with pytest.raises(pytest.fail.Exception, match="takes the reason"):
        next(suite.asked(Marked(pytest.mark.breaks_invariants(*arguments).mark)))


class Marked:
    """A test with one marker."""

    def __init__(self, mark: pytest.Mark) -> None:
        self._mark = mark

    def get_closest_marker(self, name: str) -> pytest.Mark:
        assert name == self._mark.name
        return self._mark
