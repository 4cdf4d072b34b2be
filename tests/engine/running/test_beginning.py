"""A case whose first stretch runs in the commit that opens it: the same rows, whole or not at all."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from crm_workflows.adapters.database.store_postgres import PostgresStore
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import Booking, CaseRow, Link
from crm_workflows.engine.case import Case
from crm_workflows.engine.context import at_once
from crm_workflows.engine.ports import Store, StretchSummary
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import opening, worker
from crm_workflows.engine.steps import Books
from crm_workflows.testing import MemoryStore
from tests.engine.breaking import BreakingStore, Killed
from tests.engine.stories import rows
from tests.engine.toys import GATE, NOTE, OWNER, Matter, attention_told, office_of, step, toy
from tests.office import Office, application, documents


@step("T-1")
def note_down(*, books: Books) -> None:
    books.write("noted", books.case)


@step("T-2", outside=True)
def ring() -> str:
    return "hello"


def asks(case: Case[Matter]) -> Outcome:
    """Books and a gate."""
    note_down()
    return case.reject() if case.approval(GATE).rejected else case.approve()


def rings(case: Case[Matter]) -> Outcome:
    """Books, then a call to the outside."""
    note_down()
    ring()
    return case.approve()


def breaks(case: Case[Matter]) -> Outcome:
    """Fails behind its first step."""
    note_down()
    raise ValueError(case.code)


def books_another(case: Case[Matter]) -> Outcome:
    """Opens another case by itself, once."""
    if case.subject.what != "第二":
        case.open_later("toy", {"what": "第二", "owner": OWNER}, rule="T-6", relation="next")
    case.task(NOTE)
    return case.approve()


def at_once_in(office: Office) -> Office:
    """The office where nobody tracks."""
    office.engine = replace(office.engine, begins_at_once=at_once)
    return office


def opened(office: Office, **how: object) -> opening.Started:
    given = {"requester": None, "origin": "cli"} | how
    return opening.start(office.engine, "toy", {"owner": OWNER}, **given)  # type: ignore[arg-type]


def status(store: Store) -> list[str]:
    with store.read() as reader:
        return [row.status for row in reader.find(CaseRow)]


def test_leaves_the_same_rows_as_a_worker_in_one_commit(office: Office) -> None:
    twin = Office(MemoryStore())
    at_once = {True: lambda: True, False: lambda: False}
    for each, begins in ((office, True), (twin, False)):
        counting = BreakingStore(each.engine.store)
        each.engine = replace(each.engine, store=counting, begins_at_once=at_once[begins])
        opening.start(
            each.engine, "supplier-vetting", application(), requester=None, origin="cli", attachments=documents()
        )
        assert begins == (counting.commits == 1 and status(counting) == ["waiting"])
        each.work()
    assert rows(office.engine.store) == rows(twin.engine.store)


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_leaves_all_of_it_or_nothing(store: Store, after: bool) -> None:
    breaking = BreakingStore(store)
    office = at_once_in(office_of(breaking, toy(asks)))
    breaking.fail_at(1, after=after)
    with pytest.raises(Killed):
        opened(office, idempotency_key="k")
    assert status(store) == (["waiting"] if after else [])
    again = opened(office, idempotency_key="k")
    takes_another = isinstance(store, PostgresStore) and not after  # where a number is not held to the commit
    code = "TY-2026-00002" if takes_another else "TY-2026-00001"
    assert (again.code, again.status, again.created) == (code, "waiting", not after)
    office.check_invariants()


def test_a_body_that_fails_leaves_the_case_for_an_admin(install: Callable[..., Office]) -> None:
    office = at_once_in(install(toy(breaks)))
    with attention_told(office, "TY-2026-00001", saying="ValueError"):
        started = opened(office)
    assert started.status == "needs_attention"
    assert office.view(started.code)["rows"] == {}


def test_a_step_outside_is_left_to_a_worker(install: Callable[..., Office]) -> None:
    office = at_once_in(install(toy(rings)))
    started = opened(office)
    assert office.view(started.code)["rows"]["noted"] == started.code
    assert started.status == "running"
    assert worker.work_until_idle(office.engine) > 0
    assert office.view(started.code)["outcome"] == "approved"


def test_the_listener_hears_of_the_stretch(install: Callable[..., Office]) -> None:
    heard: list[tuple[str, str]] = []

    class Listener:
        def stretch_done(self, code: str, process: str, summary: StretchSummary) -> None:
            heard.append((code, summary.state))

    office = at_once_in(install(toy(asks)))
    office.engine = replace(office.engine, listener=Listener())
    opened(office)
    assert heard == [("TY-2026-00001", "Waiting")]


def test_the_same_key_with_other_input_is_refused_as_ever(install: Callable[..., Office]) -> None:
    office = at_once_in(install(toy(asks)))
    opened(office, idempotency_key="k")
    with pytest.raises(InvalidInput):
        opening.start(
            office.engine, "toy", {"what": "x", "owner": OWNER}, requester=None, origin="cli", idempotency_key="k"
        )


def test_a_booked_case_begins_at_once_too(install: Callable[..., Office]) -> None:
    office = at_once_in(install(toy(books_another)))
    opened(office)
    office.work()
    with office.engine.store.read() as reader:
        assert [row.status for row in reader.find(CaseRow)] == ["waiting", "waiting"]
        assert [link.relation for link in reader.find(Link)] == ["next", "from_next"]
        assert [booking.opened for booking in reader.find(Booking)] == ["TY-2026-00002"]


def test_mails_of_a_case_lie_together_by_its_number(install: Callable[..., Office]) -> None:
    """At random each would touch a page of the database of its own."""
    office = at_once_in(install(toy(asks)))
    codes = [opened(office).code for _ in range(2)]
    ids = {code: [mail.id for mail in office.mails() if mail.case == code] for code in codes}
    assert [{one[:6] for one in ids[code]} for code in codes] == [{"000001"}, {"000002"}]
    assert all(len(one) == 20 and int(one, 16) for code in codes for one in ids[code])
    assert all(len(set(ids[code])) == len(ids[code]) > 1 for code in codes)
