"""Whole supplier cases told deed by deed, so that a kill can be aimed at each commit of each deed.

The story is told once undisturbed, with a copy of the database after each deed. Then a deed is killed, and a new store
on the same database repeats it. Since a deed depends on nothing but database and clock, equal rows mean an equal end.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import pytest

from crm_workflows.domain.durations import working_days
from crm_workflows.domain.records import KEYS, Blob, InboundMail
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.ports import Store
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.running import opening
from crm_workflows.testing import MemoryStore
from tests.engine.breaking import BreakingStore, Killed
from tests.engine.databases import Databases, OnPostgres
from tests.engine.toys import OWNER
from tests.office import ON_SITE, Office, contracts, documents
from tests.postgres import PostgresServer

Deed = Callable[[Office], None]
"""What somebody does; done again after a kill, it does what is left to do."""
CASE = "SV-2026-00001"
BLIND: frozenset[str] = frozenset({"nonce", "token_hash"})
"""Random by nature, as are the reply addresses made of it; nothing else may differ."""


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


def uploads(files: Sequence[File], papers: str = "survey_papers") -> Deed:
    """The buyer hands in what is missing, if the page still asks for it."""

    def deed(office: Office) -> None:
        if _waits_for(office, papers):
            office.hand_in(CASE, list(files), by=OWNER, channel="page")
        office.work()

    return deed


def submits(task: str, round_: int = 1, **changes: Any) -> Deed:
    """Whoever is asked fills in the form, if the page still asks for it."""

    def deed(office: Office) -> None:
        if _waits_for(office, task, round_):
            office.submit(CASE, gate=task, **changes)
        office.work()

    return deed


def all_of(*deeds: Deed) -> Deed:
    """Several people do what they are asked side by side."""

    def deed(office: Office) -> None:
        for one in deeds:
            one(office)

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
    "the rest by upload": uploads(documents()[3:]),
    "papers checked": submits("papers_check"),
    "talked": all_of(submits("technical_talk"), submits("management_talk")),
    "judged as a whole": submits("overall_judgement"),
    "surveyed on site": all_of(*(submits(part) for part in ON_SITE)),
    "criteria judged": submits("criteria"),
    "application written": submits("recognition_application"),
}
MAIN = "recognised after a send-back"
STORIES: dict[str, dict[str, Deed]] = {
    "recognised after a send-back": UNTIL_GATE
    | {
        "reminded at the gate": waits(4),
        "sent back by mail": replies("退回 SV-6 请补充基本方针", 1),
        "application written again": submits("recognition_application", 2, basic_policy="独家"),
        "approved by mail": replies("同意", 2),
        "signers named": submits("contract_signers", 2),
        "contracts by upload": uploads(contracts(), "contracts"),
        "contracts confirmed": submits("contract_check", 2),
        "account entered": submits("bank_details", 2),
        "account not confirmed": submits("bank_check", 2, account_number="6222000011112222"),
        "account entered again": submits("bank_details", 3),
        "account confirmed": submits("bank_check", 3),
        "terms of payment": submits("payment_terms", 3),
        "long afterwards": waits(40),
    },
    "cancelled": dict(list(UNTIL_GATE.items())[:2]) | {"cancelled": cancels, "long afterwards": waits(40)},
    "lapsed": dict(list(UNTIL_GATE.items())[:3]) | {"reminded again": waits(5), "lapsed": waits(15)},
    "rejected": UNTIL_GATE | {"escalated": waits(5), "rejected by mail": replies("驳回 产能不足", 1)},
}


# -- telling it -------------------------------------------------------------------------------------------------


def rows(store: Store) -> dict[str, list[Any]]:
    """Every row of every table, without what is random by nature."""
    with store.read() as reader:
        received = {mail.sha256 for mail in reader.find(InboundMail)}
        found: dict[str, list[Any]] = {
            record.__name__: [_plain(r, received) for r in reader.find(record)] for record in KEYS
        }
    found["Blob"].sort()
    return found


def _plain(record: Any, received: set[str]) -> Any:
    if isinstance(record, Blob):
        return ("a mail" if record.sha256 in received else record.sha256, len(record.content))
    hidden = BLIND | ({"sha256", "recipients"} if isinstance(record, InboundMail) else set())
    return {name: value for name, value in asdict(record).items() if name not in hidden}


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
        return rows(store)


def told_with_kills(
    postgres: PostgresServer, deeds: list[Deed], undisturbed: Told, kills: dict[int, int], draw: random.Random
) -> dict[str, list[Any]]:
    """Tell it on a PostgreSQL of its own, killed at these commits of these deeds, before or after; returns the rows."""
    databases, at = OnPostgres(postgres, postgres.database()), MORNING
    for n, deed in enumerate(deeds):
        if n in kills:
            at = killed_in(databases, deed, at, kills[n], after=draw.random() < 0.5)
        found = goes_on(databases, [deed], at)
        at = max(at, undisturbed.times[n + 1])
    databases.drop()
    return found


def drawn_kills(undisturbed: Told, draw: random.Random) -> dict[int, int]:
    """Up to three kills, a commit by deed; not where a case opens: there PostgreSQL loses the number of a case.

    See docs/decisions/0019: all rows name it.
    """
    cases = [0, *(len(found["CaseRow"]) for found in undisturbed.rows)]
    quiet = [n for n in range(len(undisturbed.rows)) if cases[n] == cases[n + 1]]
    return {n: draw.randint(1, undisturbed.commits[n]) for n in draw.sample(quiet, min(3, len(quiet)))}


def same(found: dict[str, list[Any]], expected: dict[str, list[Any]], where: str) -> None:
    for table, wanted in expected.items():
        there = found[table]
        other = [(a, b) for a, b in zip(there, wanted, strict=False) if a != b]
        assert len(there) == len(wanted), f"{where}: {len(there)} rows in {table} instead of {len(wanted)}"
        assert not other, f"{where}: in {table} {_first_difference(*other[0])}"


def _first_difference(found: Any, expected: Any) -> str:
    if isinstance(found, dict):
        return str({name: (found[name], expected[name]) for name in expected if found[name] != expected[name]})
    return f"{found} instead of {expected}"
