"""A decision against an amendment at the same moment: one order or the other, never a yes to what nobody saw (G-6)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest

from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import Decision, Request
from crm_workflows.engine.decisions import amending, answers
from crm_workflows.engine.decisions.amending import Amendment
from crm_workflows.engine.decisions.answered import Answer, Answered
from tests.engine.conftest import Install
from tests.engine.decisions.amending import BUYING
from tests.engine.toys import HEAD, OWNER, start
from tests.office import Office

RACES = 12
T = TypeVar("T")


@pytest.mark.parametrize("races", [RACES, pytest.param(5_000, marks=pytest.mark.soak)])
def test_no_yes_to_the_old_stands_for_the_new(install: Install, races: int) -> None:
    office = install(BUYING)
    firsts = {race(office, price) for price in range(200, 200 + races)}
    assert firsts <= {"decision", "amendment"}


def race(office: Office, price: int) -> str:
    """One case, one decision, one amendment; who was first. The price that was shown to whoever said yes is kept."""
    code = start(office, process="buying")
    request = office.waiting(code)["id"]
    both = Barrier(2)

    def decide() -> Answered:
        both.wait()
        return again(lambda: answers.answer(office.engine, request, Answer("approve", HEAD, "page")))

    def amend() -> object:
        both.wait()
        return again(lambda: amending.amend(office.engine, code, Amendment({"price": price}, OWNER, "r", "page")))

    with ThreadPoolExecutor(2) as threads:
        decided, amended = threads.submit(decide), threads.submit(amend)
        answered = decided.result()
        amended.result()
    with office.engine.store.read() as reader:
        (open_now,) = reader.find(Request, case=code, name="buy", status="open")
        effective = [d.request for d in reader.find(Decision, case=code) if d.effective]
    assert open_now.shows["facts"][0]["value"] == str(price), "whatever was first, the new price is asked about"
    assert effective == ([request] if answered.effective else [])
    office.answer(code, "approve", gate="buy")
    assert [item["gate"] for item in office.view(code)["waiting_for"]] == ["note"]
    return "decision" if answered.effective else "amendment"


def again(what: Callable[[], T]) -> T:
    """Try again while the database is busy, as people do."""
    for _ in range(20):
        try:
            return what()
        except StoreBusy:
            continue
    return what()
