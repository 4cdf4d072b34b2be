"""Stories of customers for kills at every commit: one taken on, a morning round, complaints, a review, a survey.

They are not written out: each is told once in memory, where whoever is asked answers, and so becomes deeds that any
process can do again. Staff fill in forms on pages; gates and outsiders answer by mail, with the same bytes each time.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from crm_workflows.business import calling, rounds, surveys
from crm_workflows.domain.records import CaseRow, Customer, SurveyInvitation
from crm_workflows.engine.mail_in import intake
from crm_workflows.testing import MemoryStore
from crm_workflows.testing.office import ASKS
from flows.complaint_resolution.examples import COMPLAINT
from tests.engine.stories import MORNING, Deed, at_work
from tests.flows.complaints import FAULT, HANDLER, RECEIPT
from tests.flows.customers import OWNER, customer, enter
from tests.office import COMPLAINTS, Office

LATER = timedelta(days=16)
"""After which what a story has booked is open, the first callback, the question after a complaint; a survey is over."""
OURS = "@yongchang.example"
SAID = {"complaint-follow-up": "5"}
"""What an outsider answers by mail, by the process that asks; else that they accept."""
FIRST: dict[str, dict[str, Any]] = {
    "a complaint with a question and an appeal": {
        "short_answer": {"question": "少的是哪两套？", "verdict": None, "answer": "", "remedy": "none"},
        "customer_question": "是 A 型密封件", "answer": "申诉：还是少一套",
    },
}  # fmt: skip
"""What a story says when it is asked something for the first time, by gate."""
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


def complained_shortly(office: Office) -> None:
    """The handler enters a complaint that one person settles, and again when not sure that it worked."""
    office.start(COMPLAINT, process="complaint-resolution", idempotency_key="k")


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
            enter(
                office,
                f"C-MA-000{n}",
                credit_code=f"c{n}",
                name=f"客户{n}",
                last_contact_at=MORNING - timedelta(days=396),
            )
    rounds.begin_morning(office.engine)


def called(office: Office) -> None:
    """The round of the next morning."""
    office.clock.move_to(max(MORNING + timedelta(days=1), office.clock.now()))
    calling.fire(office.engine)
    office.work()


def reviewed(office: Office) -> None:
    """Changed data bring a review of the first customer, asked for again when not sure that it worked."""
    row = {"contact": {"name": "顾晚晴", "email": "gu@chenglan.example", "phone": "+8651255500188"}} | {
        "customer": "C-MA-0001",
        "company": "客户1",
        "tier": "B",
        "owner": OWNER,
        "trigger": "changed_data",
    }
    office.start(row, process="customer-review", idempotency_key="k")


def surveyed(office: Office) -> None:
    """A survey of the three, begun again when not sure that it worked."""
    given = {"title": "上半年满意度调查", "owner": HANDLER}
    office.start(given, process="customer-survey", idempotency_key="k")


def answered_by_two(office: Office) -> None:
    """One is satisfied and one is not; who sees the thanks does not press the button again."""
    with office.engine.store.read() as reader:
        asked = reader.find(SurveyInvitation, order="id")
    for row, grade in zip(asked, "51", strict=False):
        if row.answer is None:
            surveys.answer(office.engine, row, grade, "两次迟到")
    office.work()


def _submits(changes: dict[str, Any], code: str, request: str, office: Office) -> None:
    item = next((item for item in office.view(code)["waiting_for"] if item["id"] == request), None)
    if item:
        office.submit(code, gate=item["gate"], **changes)
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
    "a complaint with a question and an appeal": (complained_shortly,),
    "a review of a customer": (known, reviewed),
    "a survey": (known, surveyed, answered_by_two),
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
    first = dict(FIRST.get(name, {}))
    yield from _answers(office, first)
    yield "days later", partial(_waits, office.clock.now() + LATER)
    yield from _answers(office, first)
    assert not first, "all of this was to be said"


def _answers(office: Office, first: dict[str, Any]) -> Iterator[tuple[str, Deed]]:
    while True:
        with office.engine.store.read() as reader:
            cases = reader.find(CaseRow, status="waiting", order="code")
        asked = ((row, item) for row in cases for item in office.view(row.code)["waiting_for"])
        row, item = next(((r, i) for r, i in asked if i["kind"] != "timer"), (None, None))
        if row is None or item is None:
            return
        yield (
            f"{item['gate']} {item['id']} {item['assignee']['email']}",
            _answer(row, item, first.pop(item["gate"], None)),
        )


def _answer(row: CaseRow, item: dict[str, Any], first: Any) -> Deed:
    person = item["assignee"]["email"]
    if not person.endswith(OURS):
        return partial(_replies, first or SAID.get(row.process, "接受，谢谢"), item["id"], person)
    if item["kind"] == "task":
        return partial(_submits, first or {}, row.code, item["id"])
    if item["kind"] == "documents":
        return partial(_hands_in, row.code, item["id"])
    return partial(_replies, "同意", item["id"], person)
