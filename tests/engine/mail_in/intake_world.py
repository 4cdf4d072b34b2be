"""An office that takes mail in, and what tests ask of it. It must not judge."""

from typing import Any

import pytest

from crm_workflows.domain.records import Decision, InboundMail, Message
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.requests.files import File
from tests.engine.conftest import Install
from tests.engine.toy_bodies import collected, gated
from tests.engine.toys import toy
from tests.office import Office

LICENCE = File("执照.pdf", "application/pdf", b"%PDF-1")
TOYS = (toy(gated), toy(collected, name="collected", code="TC"))


@pytest.fixture
def office(install: Install) -> Office:
    """An office with a gate and a collection."""
    return install(*TOYS)


@pytest.fixture
def in_memory(install_in_memory: Install) -> Office:
    """The same where the store does not matter."""
    return install_in_memory(*TOYS)


def inbound(office: Office) -> list[InboundMail]:
    """Every mail that came in."""
    with office.engine.store.read() as reader:
        return reader.find(InboundMail, order="received_at")


def decisions(office: Office) -> list[tuple[str, str, bool]]:
    """(decision, by, effective) of all cases."""
    with office.engine.store.read() as reader:
        return [(d.decision, d.by, d.effective) for d in reader.find(Decision, order=("at", "n"))]


def answers_to(office: Office, mail: InboundMail) -> list[tuple[str, str]]:
    """(template, recipient) of what was sent in answer to one mail."""
    return sorted((m.template, m.recipient) for m in office.mails() if m.in_reply_to == mail.message_id)


def replied(office: Office, mail: Message, text: str, **how: Any) -> tuple[str, list[tuple[str, str]]]:
    """Reply, and say what became of it: status, and what was sent in answer."""
    identity = intake.take_in(office.engine, office.reply_bytes(mail, text, **how), "test")
    (found,) = [m for m in inbound(office) if m.id == identity]
    return found.status, answers_to(office, found)


def reply_address(office: Office, code: str) -> str:
    return f"approvals+{office.token(office.asking(code))}@yongchang.example"
