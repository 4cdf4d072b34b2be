"""Answers whose sender is not certain: they decide nothing, whoever was asked hears why, and what was known is kept."""

from dataclasses import replace
from typing import Any

import pytest

from crm_workflows.domain.mail.authentication import Authentication
from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.records import Document, InboundMail, Message
from crm_workflows.domain.text import in_language
from crm_workflows.engine.mail_in import intake
from crm_workflows.testing import MemoryStore
from tests.engine.digests.mornings import morning
from tests.engine.mail_in.intake_world import LICENCE
from tests.engine.toy_bodies import collected, gated
from tests.engine.toys import ADMIN, HEAD, OWNER, SUPPLIER, office_of, start, toy
from tests.office import Office

FORGED = Authentication("results", False, "mx.example", "没有确认 / it was not confirmed")
GENUINE = Authentication("results", True, "mx.example")


@pytest.fixture
def office() -> Office:
    """An office with a gate and a collection, whose mailbox is outside."""
    return office_of(MemoryStore(), toy(gated), toy(collected, name="collected", code="TC"))


def known_as(office: Office, known: Authentication) -> list[str]:
    """From now on this is known of every sender; returns the mailboxes that were asked about."""
    asked: list[str] = []

    def authenticate(raw: bytes, mail: IncomingMail, mailbox: str) -> Authentication:
        assert mail.sender
        assert raw
        asked.append(mailbox)
        return known

    office.engine = replace(office.engine, authenticate=authenticate)
    return asked


def reply(office: Office, mail: Message, text: str, n: int = 1, **how: Any) -> InboundMail:
    identity = intake.take_in(office.engine, office.reply_bytes(mail, text, n=n, **how), "imap:x")
    with office.engine.store.read() as reader:
        found = reader.get(InboundMail, identity)
    assert found is not None
    return found


def test_an_answer_that_may_be_forged_decides_nothing_and_the_person_asked_hears_of_it(office: Office) -> None:
    asked = known_as(office, FORGED)
    code = start(office)
    kept = reply(office, office.asking(code), "同意")
    assert (kept.status, kept.authentication) == ("refused", FORGED.to_json())
    assert asked == ["imap:x"]
    assert office.view(code)["decisions"] == []
    (told,) = office.mails("refused")
    assert told.recipient == HEAD
    assert "it was not confirmed; if it was you, answer by the link" in in_language(told.context["reason"], "en")
    assert office.view(code)["replies"][0]["authentication"] == FORGED.to_json()


def test_an_answer_whose_sender_is_certain_counts_and_what_was_known_is_kept(office: Office) -> None:
    known_as(office, GENUINE)
    code = start(office)
    assert reply(office, office.asking(code), "同意").authentication == GENUINE.to_json()
    assert [d["decision"] for d in office.view(code)["decisions"]] == ["approve"]


@pytest.mark.parametrize("text", ["撤回 不需要了", "催办"])
def test_a_requester_s_word_must_be_certain_too(office: Office, text: str) -> None:
    known_as(office, FORGED)
    code = start(office)
    (told,) = office.mails("case_opened", to=OWNER)
    assert reply(office, told, text).status == "refused"
    assert office.view(code)["status"] == "waiting"


def test_papers_are_taken_from_a_supplier_whose_server_signs_nothing(office: Office) -> None:
    known_as(office, FORGED)
    code = start(office, process="collected")
    kept = reply(office, office.asking(code), "请查收", files=[LICENCE])
    assert (kept.status, kept.sender, kept.authentication) == ("applied", SUPPLIER, FORGED.to_json())
    with office.engine.store.read() as reader:
        assert reader.count(Document, case=code) == 1


def test_an_automatic_mail_or_one_without_a_secret_asks_no_name_server(office: Office) -> None:
    asked = known_as(office, FORGED)
    intake.take_in(office.engine, b"From: a@b.example\nMessage-ID: <1@x>\n\nhello", "imap:x")
    raw = b"Auto-Submitted: auto-replied\n" + office.reply_bytes(office.asking(start(office)), "x")
    intake.take_in(office.engine, raw, "imap:x")
    assert asked == []


def test_an_answer_to_a_digest_that_may_be_forged_decides_nothing(office: Office) -> None:
    known_as(office, FORGED)
    code = start(office)
    assert reply(office, morning(office), "全部同意").status == "refused"
    assert office.view(code)["decisions"] == []
    known_as(office, GENUINE)
    assert reply(office, morning(office), "全部同意", n=2).authentication == GENUINE.to_json()
    assert [d["decision"] for d in office.view(code)["decisions"]] == ["approve"]


def test_an_address_that_only_looks_like_ours_is_named_to_the_person_asked_and_the_admins(office: Office) -> None:
    code = start(office)
    alike = HEAD.replace("yongchang", "yongchanq")
    for n in (1, 2):
        assert reply(office, office.asking(code), "同意", n=n, sender=alike).status == "refused"
    assert office.view(code)["decisions"] == []
    told = office.mails("refused", to=HEAD)[0].context
    assert (told["written_by"], f"only looks like {HEAD}" in told["reason"]) == (alike, True)
    (notice,) = office.mails("mail_unread", to=ADMIN)
    assert "only looks like one of ours" in notice.context["problem"]
