"""Which release is the newest on a database, as programs put it on record when they start."""

from contextlib import AbstractContextManager

import pytest

from crm_workflows.domain.errors import Refused
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.running import releases
from crm_workflows.testing import MemoryStore
from tests.engine.toy_bodies import gated
from tests.engine.toys import office_of, toy
from tests.office import Office


@pytest.mark.parametrize("before", [None, 3])
def test_of_two_that_start_at_once_the_newer_stays_on_record(
    monkeypatch: pytest.MonkeyPatch, before: int | None
) -> None:
    store = MemoryStore()
    engine, write = Office(store).engine, store.write
    if before is not None:
        releases.note(engine, before)

    def after_the_other() -> AbstractContextManager[Transaction]:
        monkeypatch.setattr(store, "write", write)
        releases.note(engine, 9)
        return write()

    monkeypatch.setattr(store, "write", after_the_other)
    releases.note(engine, 5)
    with pytest.raises(Refused, match=r"tables 9.*higher version"):
        releases.check_is_current(engine, 5)
    releases.check_is_current(engine, 9)


def test_a_process_that_was_taken_back_works_again_under_a_higher_number() -> None:
    """Its version of before stays known to the database, as cases may be on it."""
    store = MemoryStore()
    versions = {n: office_of(store, toy(gated, version=n)).engine for n in (1, 2, 3)}
    releases.note(versions[2], 1)
    with pytest.raises(Refused, match="toy 2"):
        releases.check_is_current(versions[1], 1)
    releases.note(versions[3], 1)
    releases.check_is_current(versions[3], 1)
