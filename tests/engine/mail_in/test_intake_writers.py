"""Who may answer by mail: whom a forged sender, a stranger, a deputy and another address make of a writer."""

from dataclasses import replace
from datetime import date

import pytest

from crm_workflows.domain.elements import Gate
from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.domain.records import Message
from crm_workflows.engine.mail_in import intake
from crm_workflows.testing import MemoryStore
from tests.engine.mail_in.intake_world import answers_to, decisions, in_memory, inbound, office, replied
from tests.engine.toy_bodies import gated
from tests.engine.toys import ADMIN, GATE, HEAD, NOTE, OWNER, STRANGER, office_of, start, toy
from tests.office import Office

__all__ = ["in_memory", "office"]
FORGED = {
    "a colleague to whom it was forwarded": (STRANGER, [("refused", STRANGER)]),
    "the requester": (OWNER, [("refused", OWNER)]),
    "a stranger": ("li@elsewhere.example", [("refused", HEAD)]),
    "two addresses in one header": (f"{HEAD}, li@elsewhere.example", [("refused", HEAD)]),
    "an address behind an address": (f"{HEAD} <li@elsewhere.example>", [("refused", HEAD)]),
    "a name that is an address": (f'"{HEAD}" <li@elsewhere.example>', [("refused", HEAD)]),
    "nobody": ("", [("refused", HEAD)]),
}


@pytest.mark.parametrize("sender", FORGED)
def test_the_secret_alone_decides_nothing(in_memory: Office, sender: str) -> None:
    address, told = FORGED[sender]
    code = start(in_memory)
    raw = in_memory.reply_bytes(in_memory.asking(code), "同意").replace(
        f"From: {HEAD}".encode(), f"From: {address}".encode()
    )
    intake.take_in(in_memory.engine, raw, "test")
    (kept,) = inbound(in_memory)
    assert (kept.status, answers_to(in_memory, kept)) == ("refused", sorted(told))
    assert decisions(in_memory) == []
    assert in_memory.waiting(code)["gate"] == "gate"


def test_two_from_headers_decide_nothing(in_memory: Office) -> None:
    mail = in_memory.asking(start(in_memory))
    raw = b"From: li@elsewhere.example\n" + in_memory.reply_bytes(mail, "同意")
    intake.take_in(in_memory.engine, raw, "test")
    assert [m.status for m in inbound(in_memory)] == ["refused"]
    assert decisions(in_memory) == []


def test_a_stranger_cannot_use_up_the_questions_back(in_memory: Office) -> None:
    mail = in_memory.asking(start(in_memory))
    for n in range(5):
        assert replied(in_memory, mail, "嗯", sender="li@elsewhere.example", n=n)[0] == "refused"
    assert not in_memory.mails("unclear")
    assert replied(in_memory, mail, "嗯", n=9) == ("unclear", [("unclear", HEAD)])


def test_somebody_s_other_address_is_the_same_person(in_memory: Office) -> None:
    alias = "ZhaoLei.CaiGou@yongchang.example"
    gate = Gate("of_owner", "本人 / Owner", rule="T-2", approver=GATE.approver, requester_decides=True)
    office = office_of(MemoryStore(), toy(gated, GATE, NOTE, gate))
    person = next(p for p in office.staff.people.people if p.email.startswith("zhao.lei"))
    office.staff.people = _with_roles(office.staff.people, person.email, "head_of_marketing")
    mail = next(m for m in office_mails(office, person.email))
    assert replied(office, mail, "同意", sender=alias) == ("applied", [("receipt", alias.lower())])
    assert decisions(office) == [("approve", person.email, True)]


def office_mails(office: Office, to: str) -> list[Message]:
    """Start a case and give the mails that ask this person."""
    start(office)
    return office.mails("approval_request", to=to)


def _with_roles(directory: Directory, email: str, *roles: str) -> Directory:
    return Directory([replace(p, roles=roles) if p.email == email else p for p in directory.people])


def on_leave(office: Office, to: str = STRANGER) -> None:
    """From now on the head is away and somebody (冯雪) stands in."""
    away = Deputy(to, date(2026, 3, 1), date(2026, 3, 31))
    people = [replace(p, deputies=(away,)) if p.email == HEAD else p for p in office.staff.people.people]
    office.staff.people = Directory(people, office.staff.people.roles)


def test_a_deputy_s_answer_names_both(office: Office) -> None:
    """Asked before the leave began, answered by who stands in with the forwarded mail."""
    code = start(office)
    mail = office.asking(code)
    on_leave(office)
    assert replied(office, mail, "嗯", sender=STRANGER) == ("unclear", [("unclear", STRANGER)])
    question = office.mails("unclear")[0]
    assert question.context["to_name"] == "冯雪"
    assert replied(office, question, "同意", sender=STRANGER, n=2) == ("applied", [("receipt", STRANGER)])
    made = office.view(code)["decisions"][0]
    assert (made["by"], made["on_behalf_of"]) == (STRANGER, HEAD)
    receipt = office.mails("receipt")[0].context
    assert (receipt["to_name"], receipt["on_behalf_of"]) == ("冯雪", "郑晓东")


def test_a_requester_who_stands_in_for_the_approver_does_not_decide_their_own_request(office: Office) -> None:
    code = start(office)
    mail = office.asking(code)
    on_leave(office, to=OWNER)
    assert replied(office, mail, "同意", sender=OWNER) == ("refused", [("refused", OWNER)])
    assert "G-2" in office.mails("refused", to=OWNER)[0].context["reason"]
    assert decisions(office) == []
    assert replied(office, mail, "同意", n=2) == ("applied", [("receipt", HEAD)])


def test_who_is_asked_as_a_deputy_answers_for_the_other(office: Office) -> None:
    on_leave(office)
    code = start(office)
    mail = office.asking(code)
    assert (mail.recipient, mail.context["request"]["deputy_for"]) == (STRANGER, "郑晓东")
    assert replied(office, mail, "Approved, thanks") == ("applied", [("receipt", STRANGER)])
    made = office.view(code)["decisions"][0]
    assert (made["by"], made["on_behalf_of"]) == (STRANGER, HEAD)


def test_a_colleague_s_reply_to_a_case_whose_code_is_not_here_is_dealt_with_once(in_memory: Office) -> None:
    mail = in_memory.asking(start(in_memory))
    elsewhere = office_of(in_memory.engine.store)
    assert replied(elsewhere, mail, "同意", sender=STRANGER) == ("refused", [("refused", STRANGER)])
    assert elsewhere.mails("needs_attention", to=ADMIN)
