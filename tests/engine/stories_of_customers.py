"""Stories of customers for kills at every commit: one taken on, a morning round, complaints to their end.

They are not written out: each is told once in memory, where whoever is asked answers, and so becomes deeds that any
process can do again. Staff fill in forms on pages; gates and outsiders answer by mail, with the same bytes each time.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from crm_workflows.business import calling, rounds
from crm_workflows.domain.records import CaseRow, Customer
from crm_workflows.engine.mail_in import intake
from crm_workflows.testing import MemoryStore
from crm_workflows.testing.office import ASKS
from flows.complaint_resolution.examples import COMPLAINT
from tests.engine.stories import MORNING, Deed, at_work
from tests.flows.complaints import FAULT, RECEIPT
from tests.flows.customers import customer, enter
from tests.office import COMPLAINTS, Office

LATER = timedelta(days=4)
"""After which what a story has booked is open: the first callback, the question after a complaint."""
OURS = "@yongchang.example"
SAID = {"complaint-follow-up": "5"}
"""What an outsider answers by mail, by the process that asks; else that they accept."""
LETTER = f"""From: Gu Wanqing <gu@chenglan.example>
To: {COMPLAINTS}
Subject: two seals are missing
Message-ID: <1@chenglan.example>
Date: Mon, 02 Mar 2026 09:00:00 +0800

Two of the seals of D-2026-0311 are missing.
""".replace("\n", "\r\n").encode()


def taken_on(office: Office) -> None:
    """The owner opens a case for a new customer, and again when not sure that it worked."""
    office.start(customer(), process="customer-onboarding", idempotency_key="k")


def complained(office: Office) -> None:
    """The handler enters a complaint about a fault, and again when not sure that it worked."""
    office.start(COMPLAINT | FAULT, process="complaint-resolution", idempotency_key="k")


def complained_by_mail(office: Office) -> None:
    """The mail server delivers until it is acknowledged."""
    intake.take_in(office.engine, LETTER, "complaints")
    office.work()


def known(office: Office) -> None:
    """Three customers stand in the register, long silent."""
    with office.engine.store.read() as reader:
        there = {row.code for row in reader.find(Customer)}
    for n in (1, 2, 3):
        if f"C-MA-000{n}" not in there:
            enter(office, f"C-MA-000{n}", credit_code=f"c{n}", name=f"客户{n}", last_contact_at=MORNING - 99 * LATER)
    rounds.begin_morning(office.engine)


def called(office: Office) -> None:
    """The round of the next morning."""
    office.clock.move_to(max(MORNING + timedelta(days=1), office.clock.now()))
    calling.fire(office.engine)
    office.work()


def _submits(code: str, request: str, office: Office) -> None:
    item = next((item for item in office.view(code)["waiting_for"] if item["id"] == request), None)
    if item:
        office.submit(code, gate=item["gate"])
    office.work()


def _hands_in(code: str, request: str, office: Office) -> None:
    if any(item["id"] == request for item in office.view(code)["waiting_for"]):
        office.hand_in(code, [RECEIPT])
    office.work()


def _replies(text: str, request: str, person: str, office: Office) -> None:
    asked = next(m for m in office.mails(to=person) if m.request == request and m.template in ASKS)
    intake.take_in(office.engine, office.reply_bytes(asked, text), "test")
    office.work()


def _waits(until: datetime, office: Office) -> None:
    office.move_to(max(until, office.clock.now()))


BEGINNINGS: dict[str, tuple[Callable[[Office], None], ...]] = {
    "a customer taken on": (taken_on,),
    "a morning round": (known, called),
    "a complaint on the full path": (complained,),
    "a complaint by mail": (complained_by_mail,),
}


@cache
def story(name: str) -> dict[str, Deed]:
    """The deeds of a story, by what is done; told until nobody is asked any more, days later as well."""
    office = at_work(MemoryStore(), MORNING)
    deeds: dict[str, Deed] = {}
    for title, deed in _as_they_come(office, name):
        deed(office)
        assert title not in deeds, f"{title} comes twice"
        deeds[title] = deed
    return deeds


def _as_they_come(office: Office, name: str) -> Iterator[tuple[str, Deed]]:
    for begin in BEGINNINGS[name]:
        yield begin.__name__, begin
    yield from _answers(office)
    yield "days later", partial(_waits, office.clock.now() + LATER)
    yield from _answers(office)


def _answers(office: Office) -> Iterator[tuple[str, Deed]]:
    while True:
        with office.engine.store.read() as reader:
            cases = reader.find(CaseRow, status="waiting", order="code")
        asked = ((row, item) for row in cases for item in office.view(row.code)["waiting_for"])
        row, item = next(((r, i) for r, i in asked if i["kind"] != "timer"), (None, None))
        if row is None or item is None:
            return
        yield f"{item['gate']} {item['id']} {item['assignee']['email']}", _answer(row, item)


def _answer(row: CaseRow, item: dict[str, Any]) -> Deed:
    person = item["assignee"]["email"]
    if not person.endswith(OURS):
        return partial(_replies, SAID.get(row.process, "接受，谢谢"), item["id"], person)
    if item["kind"] == "task":
        return partial(_submits, row.code, item["id"])
    if item["kind"] == "documents":
        return partial(_hands_in, row.code, item["id"])
    return partial(_replies, "同意", item["id"], person)
