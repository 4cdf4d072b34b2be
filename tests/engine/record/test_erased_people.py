"""Whoever a customer's case, a complaint or a callback named can be erased from it once it is over (G-7)."""

from collections.abc import Callable

import pytest

from crm_workflows.domain.records import CustomerContact, Message
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.record import auditing, erasing
from tests.engine.record.test_erasing import named, order
from tests.flows import complaints, customers, test_periodic_callbacks
from tests.office import COMPLAINTS, Office

NAME, ADDRESS, PHONE = "欧阳晚晴", "ouyang@chenglan.example", "+8613955500188"
CONTACT = {"name": NAME, "email": ADDRESS, "phone": PHONE, "language": "zh"}
TRACES = (NAME, ADDRESS, "13955500188")


def onboarded(office: Office) -> str:
    """A customer in the register, with the person as its contact."""
    return customers.finished(office, customers.onboarding(office, contact=CONTACT))


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
    """A callback of which the record names the person."""
    customers.enter(office)
    code = test_periodic_callbacks.call(office, contact=CONTACT)
    office.submit(code, summary=f"{NAME}很满意")
    return code


@customers.IN_MEMORY
@pytest.mark.parametrize("story", [onboarded, complained, called])
def test_nobody_finds_them_and_everything_verifies(office: Office, story: Callable[[Office], str]) -> None:
    code = story(office)
    assert office.view(code)["status"] == "closed"
    with office.engine.store.read() as reader:
        cases = [row.case for row in reader.find(Message)]
    for one in set(cases):
        complaints.sent(office, one)
    assert {"CaseRow", "JournalEntry"} <= set(named(office, TRACES))
    found = erasing.erase(office.engine, order(ADDRESS, names=(PHONE,)))
    assert code in found.cases
    assert found.held == ()
    assert list(named(office, TRACES)) == []
    assert auditing.verify(office.engine) == []
    with office.engine.store.read() as reader:
        assert not [one for one in reader.find(CustomerContact, is_active=True) if "erased" in one.email]
