"""Whoever a customer's case, a complaint or a callback named can be erased from it once it is over (G-7)."""

from collections.abc import Callable

import pytest

from crm_workflows.domain.audit import person_id
from crm_workflows.domain.records import (
    Booking,
    CaseRow,
    CustomerContact,
    InboundMail,
    Link,
    MailboxMail,
    Message,
    WantedReview,
)
from crm_workflows.engine.decisions.amending import Amendment, amend
from crm_workflows.engine.erasing import erasure
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.record import auditing
from tests.engine.erasing.test_erasing import named, order
from tests.flows import complaints, customers, test_periodic_callbacks
from tests.office import COMPLAINTS, Office, application

NAME, ADDRESS, PHONE = "欧阳晚晴", "ouyang@chenglan.example", "+8613955500188"
CONTACT = {"name": NAME, "email": ADDRESS, "phone": PHONE, "language": "zh"}
TRACES = (NAME, ADDRESS, "13955500188")


def onboarded(office: Office) -> str:
    """A customer in the register, with the person as its contact and owner."""
    code = customers.finished(office, customers.onboarding(office, contact=CONTACT), archive={"legal_owner": NAME})
    with office.engine.store.write() as tx:
        tx.insert(WantedReview("C-MA-0001", "change_of_ownership", None, f"顾晚晴 → {NAME}", 1))
    return code


def complained(office: Office) -> str:
    """A complaint that came by mail from somebody nobody knows, with a number in its words only."""
    head = f"From: {NAME} <{ADDRESS}>\nTo: {COMPLAINTS}\nMessage-ID: <1@chenglan.example>\nSubject: 水泵漏水"
    intake.take_in(office.engine, f"{head}\n\n密封件漏水。{NAME} {PHONE}".encode(), "test")
    office.work()
    opened = office.mails(to=ADDRESS)[0]
    complaints.sent(office, opened.case)
    complaints.finish(office, opened.case)
    return opened.case


def called(office: Office) -> str:
    """A callback of which the record names the person, by a reply that quotes whom to call."""
    customers.enter(office)
    code = test_periodic_callbacks.call(office, contact=CONTACT)
    office.reply(office.asking(code, "callback_record"), f"已联系上 5 {NAME}很满意\n\n> 致电 {NAME} · {ADDRESS}")
    office.work()
    return code


def recognised(office: Office) -> str:
    """A supplier in the register, with certificates and a re-evaluation booked for later."""
    code = office.until_code(application(contact=CONTACT))
    office.submit(code, gate="payment_terms")
    return code


def keep_in_local_mailbox(office: Office) -> None:
    """What came in, as the mailbox of the local default keeps it: the same bytes."""
    with office.engine.store.write() as tx:
        for mail in tx.find(InboundMail):
            to = [COMPLAINTS]
            tx.insert(MailboxMail(mail.id, mail.received_at, mail.sender, to, mail.subject, mail.id, 1, mail.sha256))


@customers.IN_MEMORY
@pytest.mark.parametrize("story", [recognised, onboarded, complained, called])
def test_nobody_finds_them_and_everything_verifies(office: Office, story: Callable[[Office], str]) -> None:
    code = story(office)
    assert office.view(code)["status"] == "closed"
    with office.engine.store.read() as reader:
        cases = [row.case for row in reader.find(Message)]
    for one in set(cases):
        complaints.sent(office, one)
    keep_in_local_mailbox(office)
    assert {"CaseRow", "JournalEntry"} <= set(named(office, TRACES))
    found = erasure.erase(office.engine, order(ADDRESS, names=(PHONE,)))
    assert code in found.cases
    assert found.held == ()
    assert [one for one in found.registers if " " in one] == [], "codes, and each once"
    assert list(named(office, TRACES)) == []
    assert auditing.verify(office.engine) == []
    with office.engine.store.read() as reader:
        assert not [one for one in reader.find(CustomerContact, is_active=True) if "erased" in one.email]


@customers.IN_MEMORY
def test_a_case_that_was_booked_asks_whomever_it_is_given_in_their_place(office: Office) -> None:
    complaints.sent(office, recognised(office))
    found = erasure.erase(office.engine, order(ADDRESS))
    assert [one.split()[0] for one in found.booked] == ["supplier-reevaluation", *["supplier-certificate"] * 2]
    with office.engine.store.read() as reader:
        days = sorted(str(office.engine.today(booking.due_at)) for booking in reader.find(Booking))
    assert sorted(one.split()[1] for one in found.booked) == days, "as the company counts days"
    with office.engine.store.read() as reader:
        due = max(booking.due_at for booking in reader.find(Booking))
    office.move_to(due)
    office.work()
    with office.engine.store.read() as reader:
        row = reader.find(CaseRow, process="supplier-certificate")[0]
    assert row.subject["contact"]["email"].endswith("@erased.example")
    new = Amendment({"contact.email": "new@chenglan.example"}, row.owner, "erased by law", "cli")
    amend(office.engine, row.code, new)
    office.work()
    assert [mail.template for mail in office.mails(to="new@chenglan.example")] == ["documents_request"]


@customers.IN_MEMORY
@pytest.mark.parametrize("asked", [ADDRESS, person_id(ADDRESS)])
def test_a_linked_case_that_names_them_without_an_address_is_found_again_once_it_is_over(
    office: Office, asked: str
) -> None:
    first = complained(office)
    complaints.sent(office, first)
    other = complaints.complain(office, what=f"{NAME}又来电话")
    with office.engine.store.write() as tx:
        tx.insert(Link(first, other, "follow_up"), Link(other, first, "from_follow_up"))
    found = erasure.erase(office.engine, order(asked, names=(PHONE,)))
    assert (found.cases, found.held) == ((first,), (other,))
    assert list(named(office, TRACES))
    complaints.finish(office, other)
    complaints.sent(office, other)
    assert erasure.finish(office.engine) == 1
    assert list(named(office, TRACES)) == []
    assert auditing.verify(office.engine) == []
