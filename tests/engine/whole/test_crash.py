"""A kill at every commit of a whole supplier case: who restarts and goes on as people would, ends at the same rows."""

import itertools
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.domain.records import Decision, Message
from crm_workflows.engine.case import Case
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import leases, opening, worker
from crm_workflows.engine.running.attempt import plainly
from crm_workflows.engine.steps import Books
from tests.engine.breaking import BreakingStore, Killed
from tests.engine.databases import Databases, InMemory, OnPostgres, OnSqlite
from tests.engine.stories import (
    CASE,
    MORNING,
    STORIES,
    Deed,
    at_work,
    drawn_kills,
    goes_on,
    killed_in,
    rows,
    same,
    told,
    told_with_kills,
)
from tests.engine.toys import GATE, NOTE, OWNER, Matter, office_of, step, toy
from tests.office import Office, application
from tests.postgres import PostgresServer


@pytest.fixture(params=["memory", "sqlite"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    """An empty database that can be copied."""
    if request.param == "memory":
        return InMemory()
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "crm.db")
    return OnSqlite(tmp_path / "crm.db")


# -- killed everywhere ------------------------------------------------------------------------------------------


def told_before(story: str) -> int:
    """How many of its deeds a story shares with the first one, where they are killed: equal deeds, equal rows."""
    first = next(iter(STORIES))
    pairs = zip(STORIES[story].values(), STORIES[first].values(), strict=False)
    return 0 if story == first else sum(1 for _ in itertools.takewhile(lambda pair: pair[0] is pair[1], pairs))


WHERE = [(where, story) for where in ("memory", "sqlite") for story in STORIES]


@pytest.mark.parametrize(("databases", "story"), WHERE, indirect=["databases"])
def test_a_kill_at_any_commit_changes_no_row_of_the_end(databases: Databases, story: str) -> None:
    deeds = list(STORIES[story].values())
    undisturbed = told(databases, deeds)
    assert undisturbed.rows[-1]["CaseRow"][0]["status"] in ("closed", "cancelled")
    for n, name in enumerate(STORIES[story]):
        if n < told_before(story):
            continue
        for commit in range(1, undisturbed.commits[n] + 1):
            for after in (False, True):
                databases.restore(n)
                at = killed_in(databases, deeds[n], undisturbed.times[n], commit, after=after)
                found = goes_on(databases, deeds[n : n + 1], at)
                where = f"{name}: killed {'behind' if after else 'before'} commit {commit}"
                same(found, undisturbed.rows[n], where)


@pytest.mark.parametrize("databases", ["memory"], indirect=True)
def test_some_killed_stories_told_to_their_end(databases: Databases) -> None:
    """The same, without the argument that equal rows after a deed are enough."""
    deeds = list(STORIES["recognised after a send-back"].values())
    undisturbed = told(databases, deeds)
    for n, deed in enumerate(deeds):
        databases.restore(n)
        at = killed_in(databases, deed, undisturbed.times[n], 1, after=bool(n % 2))
        same(goes_on(databases, deeds[n:], at), undisturbed.rows[-1], f"killed in deed {n}")


def test_kills_on_postgresql_sampled(postgres: PostgresServer) -> None:
    """From the first deed to the last, killed three times on the way at commits drawn anew in each run."""
    seed = random.randrange(2**32)
    deeds = list(STORIES["recognised after a send-back"].values())
    undisturbed = told(InMemory(), deeds)
    draw = random.Random(seed)
    kills = drawn_kills(undisturbed, draw)
    found = told_with_kills(postgres, deeds, undisturbed, kills, draw)
    same(found, undisturbed.rows[-1], f"seed {seed}, killed at {kills}")


def test_a_kill_before_a_case_is_there_loses_its_number_on_postgresql_and_nothing_else(
    postgres: PostgresServer,
) -> None:
    """Whoever is not sure that it worked starts it again with the same key (docs/decisions/0019)."""
    begins = next(iter(STORIES["cancelled"].values()))
    expected = {kind: len(found) for kind, found in told(InMemory(), [begins]).rows[0].items()}
    databases = OnPostgres(postgres, postgres.database())
    killed_in(databases, begins, MORNING, 1, after=False)
    found = goes_on(databases, [begins, begins], MORNING)
    databases.drop()
    assert [row["code"] for row in found["CaseRow"]] == ["SV-2026-00002"]
    assert {kind: len(rows_) for kind, rows_ in found.items()} == expected


def test_who_repeats_without_looking_is_told_and_changes_nothing(databases: Databases) -> None:
    """Behind a kill that came after the commit, people who repeat blindly: on record, without any effect."""
    deeds = list(STORIES["recognised after a send-back"].values())
    undisturbed = told(databases, deeds)
    databases.restore(len(deeds) - 2)
    with databases.opened() as store:
        office = at_work(store, undisturbed.times[-2])
        item = office.waiting(CASE, "payment_terms")
        for _ in range(3):
            _submit_blindly(office, item)
        office.work()
        with store.read() as reader:
            made = reader.find(Decision, request=item["id"], order="n")
            sent = Counter(m.id for m in reader.find(Message))
        assert [d.effective for d in made] == [True, False, False]
        assert sent == Counter(m["id"] for m in undisturbed.rows[-1]["Message"])


def _submit_blindly(office: Office, item: dict[str, Any]) -> None:
    from crm_workflows.engine.decisions import answers
    from crm_workflows.engine.decisions.answered import Answer
    from crm_workflows.engine.views import views

    form = views.task_view(office.engine, item["id"])["example"]
    answers.answer(office.engine, item["id"], Answer("submit", item["assignee"]["email"], "page", form=form))


# -- with leases ------------------------------------------------------------------------------------------------

calls: Counter[str] = Counter()


@step("T-1")
def number(*, books: Books) -> int:
    books.write("number", books.case)
    return books.tx.next_number("toy")


@step("T-2", outside=True)
def ring(*, idempotency_key: str) -> str:
    calls[idempotency_key] += 1
    return idempotency_key


@step("T-3")
def enter(said: str, *, books: Books) -> None:
    books.write("said", said)


def rings(case: Case[Matter]) -> Outcome:
    """Books, a call to the outside, books, and a gate."""
    number()
    enter(ring())
    case.task(NOTE)
    ring()
    if case.approval(GATE).rejected:
        return case.reject()
    return case.approve()


LEASED: dict[str, Deed] = {
    "begins": lambda office: _begin_once(office),
    "note": lambda office: _if_waiting(office, "note", lambda code: office.submit(code)),
    "sent back": lambda office: _if_waiting(
        office, "gate", lambda code: office.answer(code, "send_back", to="T-1", comment="改"), 1
    ),
    "note again": lambda office: _if_waiting(office, "note", lambda code: office.submit(code), 2),
    "approved": lambda office: _if_waiting(office, "gate", lambda code: office.answer(code, "approve"), 2),
}


def _begin_once(office: Office) -> None:
    opening.start(
        office.engine, "toy", {"owner": OWNER}, requester=None, origin="cli", idempotency_key="k"
    )  # fmt: skip


def _if_waiting(office: Office, gate: str, do: Callable[[str], object], round_: int | None = None) -> None:
    code = "TY-2026-00001"
    items = office.view(code)["waiting_for"]
    if any(i["gate"] == gate and round_ in (None, i["round"]) for i in items):
        do(code)


@pytest.mark.parametrize("tracked", [False, True])
def test_a_kill_at_any_commit_of_a_leased_case_calls_again_with_the_same_key_and_writes_once(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, tracked: bool
) -> None:
    """Also where every stretch runs under a lease, as tracked ones do; a lease left behind has to run out first.

    Each telling goes from the first deed to the last: all of them in memory, every fifth kill on SQLite.
    """
    monkeypatch.setattr(leases, "keep_lease", _unrenewed)
    databases.save(0)
    undisturbed, commits = _leased(databases, 0, after=False, tracked=tracked)
    once = set(calls)
    assert commits > 10
    for commit in range(1, commits + 1, 1 if isinstance(databases, InMemory) else 5):
        for after in (False, True):
            databases.restore(0)
            calls.clear()
            found, _ = _leased(databases, commit, after=after, tracked=tracked)
            assert set(calls) == once
            assert max(calls.values()) <= 2
            assert _timeless(found) == _timeless(undisturbed), f"killed at commit {commit}, after={after}"


@contextmanager
def _unrenewed(engine: object, row: object) -> Iterator[None]:
    yield


def _leased(databases: Databases, commit: int, *, after: bool, tracked: bool) -> tuple[dict[str, list[Any]], int]:
    """Tell the story of `LEASED`, killed once at that commit of all (0 for never); returns rows and commits."""
    at, done, kill = MORNING, 0, commit or None
    while True:
        with databases.opened() as store:
            breaking = BreakingStore(store)
            office = office_of(breaking, toy(rings))
            office.clock.move_to(at)
            if kill is not None:
                breaking.fail_at(kill, after=after)
            try:
                for deed in LEASED.values():
                    deed(office)
                    worker.work_until_idle(office.engine, _tracked if tracked else None)
            except Killed:
                at, kill = office.clock.now() + timedelta(seconds=leases.LEASE_SECONDS), None
                continue
            done = breaking.commits
            return rows(store), done


def _tracked(process: str, code: str, body: Any) -> Any:
    return body(plainly)


INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00")


def _timeless(found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Without instants and what is computed from them, and without how often the case was taken up."""
    hidden = {"hash", "previous", "audit_head", "fence", "failures"}

    def plain(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        kept = {k: v for k, v in value.items() if k not in hidden and not isinstance(v, datetime)}
        return INSTANT.sub("then", str({k: v for k, v in kept.items() if "_at" not in k and k != "context"}))

    return {table: [plain(row) for row in found_rows] for table, found_rows in found.items()}


def test_the_stories_show_what_they_say() -> None:
    """Reminders, a send-back, an escalation: what the kills are aimed at does happen."""
    seen: dict[str, Counter[str]] = {}
    for story, deeds in STORIES.items():
        final = told(InMemory(), list(deeds.values())).rows[-1]
        seen[story] = Counter(m["template"] for m in final["Message"])
        assert final["CaseRow"][0]["outcome"] == {"recognised after a send-back": "approved"}.get(
            story, {"cancelled": "withdrawn"}.get(story, story)
        )
    assert seen["recognised after a send-back"]["reminder"] == 2
    assert seen["recognised after a send-back"]["receipt"] == 2
    assert seen["rejected"]["escalation"] == 1
    assert seen["lapsed"]["reminder"] == 2
    assert seen["cancelled"]["case_closed"] == 1
    assert application()["owner"] == OWNER
