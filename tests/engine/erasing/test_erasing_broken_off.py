"""An erasure that is killed before or behind any of its commits, or asked for twice at once, comes to the same end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from crm_workflows.domain.audit import BY_LAW
from crm_workflows.domain.records import AuditEntry
from crm_workflows.engine.erasing import erasure, noting
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.record import auditing
from crm_workflows.testing import MemoryStore
from tests.engine.conftest import Install
from tests.engine.erasing.test_erasing import TOY_TRACES, handed_in, named, order
from tests.engine.toy_bodies import collected
from tests.engine.toys import SUPPLIER, office_of, toy
from tests.office import Office


class Killed(BaseException):
    """The process is gone."""


class Mortal:
    """A store that lets so many commits through, and dies before the next or just behind the last."""

    def __init__(self, inner: MemoryStore, commits: int, *, behind: bool) -> None:
        self.inner, self.left, self.behind = inner, commits, behind

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @contextmanager
    def write(self) -> Iterator[Any]:
        with self.inner.write() as tx:
            yield tx
            if self.left == 0:
                raise Killed
        self.left -= 1
        if self.left == 0 and self.behind:
            raise Killed


def two_cases() -> tuple[Office, MemoryStore]:
    store = MemoryStore()
    office = office_of(store, toy(collected, name="collected", code="TC"))
    handed_in(office), handed_in(office)
    return office, store


def ends(office: Office) -> list[tuple[str, int]]:
    """How often each case has it on record, with nothing left that names them and all verifying."""
    assert list(named(office, TOY_TRACES)) == []
    assert auditing.verify(office.engine) == []
    with office.engine.store.read() as reader:
        found = [entry.case for entry in reader.find(AuditEntry, event=BY_LAW)]
    return sorted((code, found.count(code)) for code in set(found))


@pytest.mark.parametrize("behind", [False, True])
def test_killed_at_any_commit_the_night_comes_to_the_same_end(behind: bool) -> None:
    office, store = two_cases()
    before, whole = store.snapshot(), office.engine
    erasure.erase(whole, order(SUPPLIER))
    same, commits = ends(office), 0
    while True:
        store.go_back_to(before)
        mortal: Any = Mortal(store, commits, behind=behind)
        commits += 1
        try:
            erasure.erase(replace(whole, store=mortal), order(SUPPLIER))
            break
        except Killed:
            assert auditing.verify(whole) == []
        if not erasure.finish(whole):
            erasure.erase(whole, order(SUPPLIER))  # killed before it was noted: whoever asked saw it fail
        assert ends(office) == same
        assert [one["done_at"] is None for one in noting.noted(whole)] == [False]
    assert commits > 6


def test_asked_for_twice_at_once_it_is_done_once(install: Install) -> None:
    office = install(toy(collected, name="collected", code="TC"))
    handed_in(office), handed_in(office)
    ready = threading.Barrier(2)

    def erase() -> None:
        ready.wait(20)
        erasure.erase(office.engine, order(SUPPLIER))

    threads = [threading.Thread(target=erase) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [count for _, count in ends(office)] == [1, 1]


def test_a_mail_that_nobody_has_taken_in_yet_is_erased_by_night() -> None:
    office, _ = two_cases()
    raw = f"From: 陈先生 <{SUPPLIER}>\nTo: x@y.example\nMessage-ID: <late@x>\nSubject: 陈先生\n\n陈先生".encode()
    intake.store_mail(office.engine, raw, "test")
    erasure.erase(office.engine, order(SUPPLIER))
    assert noting.noted(office.engine)[0]["done_at"] is None
    intake.process_new(office.engine)
    office.work()
    erasure.finish(office.engine)
    ends(office)
    assert noting.noted(office.engine)[0]["done_at"] is not None
