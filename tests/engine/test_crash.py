"""A kill at every commit of a whole supplier case: who restarts and goes on as people would, ends at the same rows.

The story is told once undisturbed, with a copy of the database after each deed. Then each deed is killed at each of its
commits, before and behind it; a new store on the same database repeats the deed, and every row must be as it was.
Since a deed depends on nothing but database and clock, equal rows after it mean an equal end; some are told to the end.
"""

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.opening import open_store
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.records import KEYS, Blob, Decision, InboundMail, Message
from crm_workflows.engine import auditing, intake, leases, opening, worker
from crm_workflows.engine.attempt import plainly
from crm_workflows.engine.case import Case, Outcome
from crm_workflows.engine.ports import Store
from crm_workflows.engine.steps import Books
from crm_workflows.testing import MemoryStore
from tests.engine.breaking import BreakingStore, Killed
from tests.engine.toys import GATE, NOTE, OWNER, Matter, office_of, step, toy
from tests.office import Office, application, documents

Deed = Callable[[Office], None]
"""What somebody does; done again after a kill, it does what is left to do."""
CASE = "SV-2026-00001"
BLIND: frozenset[str] = frozenset({"nonce", "token_hash"})
"""Random by nature, as are the reply addresses made of it; nothing else may differ."""


# -- the story --------------------------------------------------------------------------------------------------


def begins(office: Office) -> None:
    """The buyer starts the case; whoever is not sure that it worked starts it again with the same key."""
    office.start(idempotency_key="k")


def mails(pick: slice, n: int) -> Deed:
    """The supplier answers with some of the papers; its mail server delivers again what was not acknowledged."""

    def deed(office: Office) -> None:
        asked = office.mails("documents_request")[0]
        raw = office.reply_bytes(asked, "见附件", files=documents()[pick], n=n)
        intake.take_in(office.engine, raw, "supplier")
        office.work()

    return deed


def uploads(pick: slice) -> Deed:
    """The buyer hands in what is missing, if the page still asks for it."""

    def deed(office: Office) -> None:
        if _waits_for(office, "survey_papers"):
            office.hand_in(CASE, documents()[pick], by=OWNER, channel="page")
        office.work()

    return deed


def submits(task: str, round_: int = 1, **changes: Any) -> Deed:
    """Whoever is asked fills in the form, if the page still asks for it."""

    def deed(office: Office) -> None:
        if _waits_for(office, task, round_):
            office.submit(CASE, gate=task, **changes)
        office.work()

    return deed


def replies(text: str, n: int) -> Deed:
    """The head of marketing answers the latest request by mail, and the server delivers until it is acknowledged."""

    def deed(office: Office) -> None:
        asked = next(m for m in office.mails("approval_request") if m.context["request"]["round"] == n)
        intake.take_in(office.engine, office.reply_bytes(asked, text, n=n), "staff")
        office.work()

    return deed


def waits(days: int) -> Deed:
    """Time passes: after so many working days from the first morning, whatever was due is done."""

    def deed(office: Office) -> None:
        at = office.staff.hours.add(MORNING, working_days(days))
        office.move_to(max(at, office.clock.now()))

    return deed


def cancels(office: Office) -> None:
    """The owner cancels, if the case is not cancelled yet."""
    if office.view(CASE)["status"] != "cancelled":
        opening.cancel(office.engine, CASE, by=OWNER, reason="项目取消")
    office.work()


def _waits_for(office: Office, gate: str, round_: int | None = None) -> bool:
    items = office.view(CASE)["waiting_for"]
    return any(i["gate"] == gate and round_ in (None, i["round"]) for i in items)


MORNING = Office(MemoryStore(), versions={}).clock.now()
UNTIL_GATE: dict[str, Deed] = {
    "a case begins": begins,
    "papers by mail": mails(slice(0, 3), 1),
    "a reminder": waits(3),
    "the rest by upload": uploads(slice(3, None)),
    "papers checked": submits("papers_check"),
    "criteria judged": submits("criteria"),
    "application written": submits("recognition_application"),
}
STORIES: dict[str, dict[str, Deed]] = {
    "recognised after a send-back": UNTIL_GATE
    | {
        "reminded at the gate": waits(4),
        "sent back by mail": replies("退回 SV-6 请补充基本方针", 1),
        "application written again": submits("recognition_application", 2, basic_policy="独家"),
        "approved by mail": replies("同意", 2),
        "terms of payment": submits("payment_terms", 2),
        "long afterwards": waits(40),
    },
    "cancelled": dict(list(UNTIL_GATE.items())[:2]) | {"cancelled": cancels, "long afterwards": waits(40)},
    "lapsed": dict(list(UNTIL_GATE.items())[:3]) | {"reminded again": waits(5), "lapsed": waits(15)},
    "rejected": UNTIL_GATE | {"escalated": waits(5), "rejected by mail": replies("驳回 产能不足", 1)},
}


# -- the databases ----------------------------------------------------------------------------------------------


class Databases:
    """Copies of one database, by number; the copy 0 is the one at work."""

    def save(self, n: int) -> None:
        """Keep the database at work as copy `n`."""
        raise NotImplementedError

    def restore(self, n: int) -> None:
        """Put copy `n` to work."""
        raise NotImplementedError

    @contextmanager
    def opened(self) -> Iterator[Store]:
        """A new store object on the database at work, as a new process would open it."""
        raise NotImplementedError
        yield


@dataclass
class InMemory(Databases):
    """Its rows are what outlives a process."""

    at_work: MemoryStore = field(default_factory=MemoryStore)
    copies: dict[int, Any] = field(default_factory=dict)

    def save(self, n: int) -> None:
        self.copies[n] = {record: dict(rows) for record, rows in self.at_work._tables.items()}

    def restore(self, n: int) -> None:
        self.at_work = MemoryStore()
        self.at_work._tables = {record: dict(rows) for record, rows in self.copies[n].items()}

    @contextmanager
    def opened(self) -> Iterator[Store]:
        again = MemoryStore()
        again._tables = self.at_work._tables
        self.at_work = again
        yield again


@dataclass
class OnSqlite(Databases):
    """One file; closing the last connection folds the write-ahead log into it."""

    file: Path

    def save(self, n: int) -> None:
        shutil.copy(self.file, self.file.with_suffix(f".{n}"))

    def restore(self, n: int) -> None:
        shutil.copy(self.file.with_suffix(f".{n}"), self.file)

    @contextmanager
    def opened(self) -> Iterator[Store]:
        store = open_store(f"sqlite:///{self.file}")
        try:
            yield store
        finally:
            store.close()


@pytest.fixture(params=["memory", "sqlite"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    """An empty database that can be copied."""
    if request.param == "memory":
        return InMemory()
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "crm.db")
    return OnSqlite(tmp_path / "crm.db")


def rows(store: Store) -> dict[str, list[Any]]:
    """Every row of every table, without what is random by nature."""
    with store.read() as reader:
        received = {mail.sha256 for mail in reader.find(InboundMail)}
        found = {record.__name__: [_plain(r, received) for r in reader.find(record)] for record in KEYS}
    found["Blob"].sort()
    return found


def _plain(record: Any, received: set[str]) -> Any:
    if isinstance(record, Blob):
        return ("a mail" if record.sha256 in received else record.sha256, len(record.content))
    hidden = BLIND | ({"sha256", "recipients"} if isinstance(record, InboundMail) else set())
    return {name: value for name, value in asdict(record).items() if name not in hidden}


# -- killed everywhere ------------------------------------------------------------------------------------------


@dataclass
class Told:
    """One undisturbed telling: after each deed the rows, the time, and how many commits the deed took."""

    rows: list[dict[str, list[Any]]] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    commits: list[int] = field(default_factory=list)


def told(databases: Databases, deeds: list[Deed]) -> Told:
    """Tell the story undisturbed and keep a copy of the database before each deed."""
    story = Told(times=[MORNING])
    for n, deed in enumerate(deeds):
        databases.save(n)
        with databases.opened() as store:
            counting = BreakingStore(store)
            office = at_work(counting, story.times[-1])
            deed(office)
            office.check_invariants()
            assert auditing.verify(office.engine) == []
            story.rows.append(rows(store))
            story.times.append(office.clock.now())
            story.commits.append(counting.commits)
    return story


def at_work(store: Store, at: datetime) -> Office:
    """A process that has just started."""
    office = Office(store)
    office.clock.move_to(at)
    return office


def killed_in(databases: Databases, deed: Deed, began: datetime, commit: int, *, after: bool) -> datetime:
    """Do the deed until the kill; returns the time of the kill."""
    with databases.opened() as store:
        breaking = BreakingStore(store)
        office = at_work(breaking, began)
        breaking.fail_at(commit, after=after)
        with pytest.raises(Killed):
            deed(office)
        return office.clock.now()


def goes_on(databases: Databases, deeds: list[Deed], at: datetime) -> dict[str, list[Any]]:
    """Start again: first what was stored but not applied, then the deeds; returns the rows."""
    with databases.opened() as store:
        office = at_work(store, at)
        intake.process_new(office.engine)
        for deed in deeds:
            deed(office)
        office.check_invariants()
        return rows(store)


@pytest.mark.parametrize("story", STORIES)
def test_a_kill_at_any_commit_changes_no_row_of_the_end(databases: Databases, story: str) -> None:
    deeds = list(STORIES[story].values())
    undisturbed = told(databases, deeds)
    assert undisturbed.rows[-1]["CaseRow"][0]["status"] in ("closed", "cancelled")
    for n, name in enumerate(STORIES[story]):
        for commit in range(1, undisturbed.commits[n] + 1):
            for after in (False, True):
                databases.restore(n)
                at = killed_in(databases, deeds[n], undisturbed.times[n], commit, after=after)
                found = goes_on(databases, deeds[n : n + 1], at)
                where = f"{name}: killed {'behind' if after else 'before'} commit {commit}"
                _same(found, undisturbed.rows[n], where)


def _same(found: dict[str, list[Any]], expected: dict[str, list[Any]], where: str) -> None:
    for table, wanted in expected.items():
        there = found[table]
        other = [(a, b) for a, b in zip(there, wanted, strict=False) if a != b]
        assert len(there) == len(wanted), f"{where}: {len(there)} rows in {table} instead of {len(wanted)}"
        assert not other, f"{where}: in {table} {_first_difference(*other[0])}"


def _first_difference(found: Any, expected: Any) -> str:
    if isinstance(found, dict):
        return str({name: (found[name], expected[name]) for name in expected if found[name] != expected[name]})
    return f"{found} instead of {expected}"


def test_some_killed_stories_told_to_their_end(databases: Databases) -> None:
    """The same, without the argument that equal rows after a deed are enough."""
    deeds = list(STORIES["recognised after a send-back"].values())
    undisturbed = told(databases, deeds)
    for n, deed in enumerate(deeds):
        databases.restore(n)
        at = killed_in(databases, deed, undisturbed.times[n], 1, after=bool(n % 2))
        _same(goes_on(databases, deeds[n:], at), undisturbed.rows[-1], f"killed in deed {n}")


def test_kills_on_postgresql_sampled(postgres_url: str, request: pytest.FixtureRequest) -> None:
    """From the first deed to the last, killed three times on the way at commits drawn anew in each run."""
    seed = random.randrange(2**32)
    deeds = list(STORIES["recognised after a send-back"].values())
    undisturbed = told(InMemory(), deeds)
    draw = random.Random(seed)
    kills = {n: draw.randint(1, undisturbed.commits[n]) for n in draw.sample(range(len(deeds)), 3)}
    databases = OnPostgres(postgres_url)
    at = MORNING
    for n, deed in enumerate(deeds):
        if n in kills:
            at = killed_in(databases, deed, at, kills[n], after=draw.random() < 0.5)
        found = goes_on(databases, [deed], at)
        at = max(at, undisturbed.times[n + 1])
    _same(found, undisturbed.rows[-1], f"seed {seed}, killed at {kills}")


@dataclass
class OnPostgres(Databases):
    """One database that is never copied."""

    url: str

    @contextmanager
    def opened(self) -> Iterator[Store]:
        store = open_store(self.url)
        try:
            yield store
        finally:
            store.close()


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
        office.check_invariants()


def _submit_blindly(office: Office, item: dict[str, Any]) -> None:
    from crm_workflows.engine import answers, views
    from crm_workflows.engine.answers import Answer

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
            office.check_invariants()
            return rows(store), done


def _tracked(process: str, code: str, body: Any) -> Any:
    return body(plainly)


def _timeless(found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Without instants and what is computed from them, and without how often the case was taken up."""
    hidden = {"hash", "previous", "audit_head", "fence", "failures"}

    def plain(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        kept = {k: v for k, v in value.items() if k not in hidden and not isinstance(v, datetime)}
        return str({k: v for k, v in kept.items() if "_at" not in k and k != "context"})

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
