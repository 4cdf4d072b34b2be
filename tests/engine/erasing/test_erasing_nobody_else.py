"""Whoever is not the one to be erased keeps name, address and decisions: colleagues, and who is called alike (G-7)."""

from dataclasses import replace

import pytest

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import Assignee, Blob, InboundMail, Message
from crm_workflows.engine.erasing import erasure
from crm_workflows.engine.record import auditing
from crm_workflows.engine.running import opening
from crm_workflows.testing import MemoryStore
from tests.engine.digests.mornings import morning
from tests.engine.erasing.test_erasing import CONTACT, order, rejected, sent, toys
from tests.engine.toys import ADMIN, HEAD, start
from tests.office import COMPLAINTS, Office

__all__ = ["toys"]


def test_who_works_here_is_not_erased_and_who_has_left_keeps_the_decisions(toys: Office) -> None:
    code = start(toys)
    toys.reply(toys.asking(code), "驳回 太贵")
    sent(toys)
    with pytest.raises(InvalidInput, match="works here"):
        erasure.erase(toys.engine, order(HEAD))
    leaves(toys, HEAD)
    found = erasure.erase(toys.engine, order(HEAD))
    assert (found.staff, found.people, found.cases) == (True, (HEAD,), (code,))
    assert [(d["decision"], d["by"], d["comment"]) for d in toys.view(code)["decisions"]] == [("reject", HEAD, "太贵")]
    with toys.engine.store.read() as reader:
        assert {reader.get(Blob, mail.sha256) for mail in reader.find(InboundMail)} == {
            Blob(mail.sha256, b"") for mail in reader.find(InboundMail)
        }
        assert {mail.content for mail in reader.find(Message, recipient=HEAD)} == {None}
        assert None not in {mail.content for mail in reader.find(Message) if mail.recipient not in (HEAD, ADMIN)}
    assert auditing.verify(toys.engine) == []


def test_what_a_colleague_who_has_left_answered_by_digest_goes_once_all_its_cases_are_over(toys: Office) -> None:
    first, second = start(toys), start(toys)
    toys.reply(morning(toys), "1 驳回 太贵", sender=HEAD)
    toys.work()
    sent(toys)
    leaves(toys, HEAD)
    found = erasure.erase(toys.engine, order(HEAD))
    assert (found.cases, found.held) == ((first,), (second,))
    assert auditing.verify(toys.engine) == []
    opening.cancel(toys.engine, second, by=ADMIN, reason="x")
    toys.work()
    sent(toys)
    assert erasure.finish(toys.engine) == 1
    with toys.engine.store.read() as reader:
        assert [blob.content for mail in reader.find(InboundMail) if (blob := reader.get(Blob, mail.sha256))] == [b""]
    assert auditing.verify(toys.engine) == []


def leaves(office: Office, address: str) -> None:
    people = office.staff.people
    remain = [replace(one, active=one.email != address) for one in people.people]
    office.staff.people = Directory(remain, people.roles, people.departments)


@pytest.mark.parametrize("address", [COMPLAINTS, "Approvals@yongchang.example"])
def test_where_mails_to_us_come_is_nobody_to_be_erased(toys: Office, address: str) -> None:
    with pytest.raises(InvalidInput, match="nobody's own"):
        erasure.erase(toys.engine, order(address))


def test_whoever_is_called_like_a_colleague_takes_no_decision_along() -> None:
    office = Office(MemoryStore())
    code = rejected(office, CONTACT | {"name": "Zheng"})
    before = [(d["request"], d["decision"], d["by"]) for d in office.view(code)["decisions"]]
    erasure.erase(office.engine, order())
    assert [(d["request"], d["decision"], d["by"]) for d in office.view(code)["decisions"]] == before
    assert auditing.verify(office.engine) == []
    with office.engine.store.read() as reader:
        assert {one.person for one in reader.find(Assignee, name="郑晓东")} == {HEAD}
