"""Fuzzed complaint mails of every kind: none is lost, none is answered twice, and the poller goes on."""

from collections import Counter

from crm_workflows.domain.records import CaseRow, InboundMail, Message
from crm_workflows.engine.mail_in import intake
from tests.flows.complaint_letters import fuzzed
from tests.flows.customers import IN_MEMORY
from tests.office import Office


@IN_MEMORY
def test_of_forty_fuzzed_complaint_mails_none_is_lost_and_none_is_answered_twice(office: Office) -> None:
    """Two hundred on the databases: `tests/business/test_load_of_complaints.py`."""
    none_is_lost(office, 20_261_122, 39, 1)


def none_is_lost(office: Office, seed: int, many: int, large: int) -> None:
    received = list(fuzzed(seed, many, large))
    for n, raw in enumerate(received):
        first = intake.store_mail(office.engine, raw, "test")
        if n % 5 == 0:
            again = intake.store_mail(office.engine, raw, "other")
            assert again == first, "the copy from another mailbox is the same mail"
    while intake.process_new(office.engine):
        office.work()
    with office.engine.store.read() as reader:
        rows = reader.find(InboundMail)
        cases = {row.code for row in reader.find(CaseRow, process="complaint-resolution")}
        answered = Counter(mail.recipient for mail in reader.find(Message, template="letter"))
    became = Counter(row.status for row in rows)
    assert set(became) <= {"applied", "automatic", "unreadable"}, (became, seed)
    assert len(rows) == len(received), seed
    assert became["applied"] > many * 3 // 4, (became, seed)
    assert {row.case for row in rows if row.status == "applied"} == cases, "each one has become a case"
    assert all(row.why for row in rows if row.status != "applied")
    assert became["unreadable"] == 0 or office.mails("mail_unread"), "what could not be read is an admin's"
    assert max(answered.values()) == 1
