"""Reports that a mail was not delivered: who hears of it, which address is marked, and which report counts."""

from typing import Any

import pytest

from crm_workflows.domain.records import InboundMail, Message, ReturnedAddress
from crm_workflows.engine.decisions.amending import Amendment, amend
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.mail_out import addresses, outbox_desk
from crm_workflows.engine.mail_out.outbox_ports import MessageRefused, RecipientRefused
from crm_workflows.testing import MemoryStore
from tests.office import Office
from tests.outbox_world import APPROVER, World, fill, message

OWNER = "wang.fang@yongchang.example"
CONTACT = "gu.wanqing@chenglan.example"
RIGHT = "gu@chenglan.example"


@pytest.fixture
def office() -> Office:
    return Office(MemoryStore())


@pytest.fixture
def asked(office: Office) -> Message:
    """The mail that asks a supplier for papers, as the server has taken it."""
    code = office.start()
    office.work()
    return handed_over(office, next(m for m in office.mails(case=code) if m.recipient == CONTACT))


def handed_over(office: Office, mail: Message) -> Message:
    sent: dict[str, Any] = {"status": "sent", "next_at": None, "sent_at": office.clock.now(), "attempts": 1}
    with office.engine.store.write() as tx:
        tx.update(Message, (mail.id,), **sent)
    return mail


def report(
    message_id: str, *recipients: str, status: str = "5.1.1", action: str = "failed", inside: bool = True
) -> bytes:
    """As RFC 3464 wants it; without `inside` only the headers of the report name the mail."""
    head = [
        "From: Mail Delivery System <MAILER-DAEMON@mx.chenglan.example>",
        "To: crm@yongchang.example",
        "Subject: Undelivered Mail Returned to Sender",
        f"Message-ID: <report.{status}.{action}@mx.chenglan.example>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type="delivery-status"; boundary="b"',
        *([] if inside else [f"References: {message_id}"]),
    ]
    per = "".join(
        f"\r\nFinal-Recipient: rfc822; {one}\r\nAction: {action}\r\nStatus: {status}\r\n" for one in recipients
    )
    parts = [
        "Content-Type: text/plain\r\n\r\nI am sorry.\r\n",
        f"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.chenglan.example\r\n{per}",
    ]
    if inside:
        parts.append(f"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\nSubject: x\r\n")
    return ("\r\n".join(head) + "\r\n\r\n" + "".join(f"--b\r\n{part}" for part in parts) + "--b--\r\n").encode()


def message_id_of(office: Office, mail: Message) -> str:
    return mail.message_id.replace("*", office.token(mail))


def now(office: Office, mail: Message) -> Message:
    with office.engine.store.read() as reader:
        found = reader.get(Message, mail.id)
    assert found is not None
    return found


def received(office: Office) -> list[InboundMail]:
    with office.engine.store.read() as reader:
        return reader.find(InboundMail, order="received_at")


def marked(office: Office) -> list[ReturnedAddress]:
    with office.engine.store.read() as reader:
        return addresses.marked(reader)


def told(office: Office) -> list[Message]:
    return office.mails("mail_failed")


@pytest.mark.parametrize("inside", [True, False], ids=["headers returned", "named by References only"])
def test_a_mail_that_comes_back_fails_and_owner_and_admin_hear_of_it_once(
    office: Office, asked: Message, inside: bool
) -> None:
    raw = report(message_id_of(office, asked), CONTACT.upper(), inside=inside)
    for _ in range(3):
        intake.take_in(office.engine, raw, "test")
    failed = now(office, asked)
    assert failed.status == "failed"
    assert failed.error == (
        "邮件被退回：对方没有这个地址（5.1.1） / the mail came back: there is no such address (5.1.1)"
    )
    assert sorted(m.recipient for m in told(office)) == sorted({OWNER} | admins(office))
    assert {m.context["message"] for m in told(office)} == {asked.id}
    assert [(one.address, one.mail) for one in marked(office)] == [(CONTACT, asked.id)]
    assert [(m.status, m.case) for m in received(office)] == [("automatic", asked.case)]
    with office.engine.store.read() as reader:
        assert [dead.id for dead in outbox_desk.dead(reader)] == [asked.id]
    office.check_invariants()


def admins(office: Office) -> set[str]:
    return {person.email for person in office.engine.staff.directory().with_role("admin")}


def test_the_address_put_right_in_the_case_is_asked_and_what_it_answers_counts(office: Office, asked: Message) -> None:
    intake.take_in(office.engine, report(message_id_of(office, asked), CONTACT), "test")
    amend(office.engine, asked.case, Amendment({"contact.email": RIGHT}, OWNER, "退信 / it came back", "page"))
    office.work()
    (again,) = [m for m in office.mails("documents_request") if m.recipient == RIGHT]
    office.reply(again, "资料见附件")
    assert "unclear" in {m.status for m in received(office)}, "taken as theirs; there was no file in it"
    office.check_invariants()


@pytest.mark.parametrize(
    ("status", "words", "is_marked"),
    [
        ("5.2.1", "closed", True),
        ("5.2.2", "full", False),
        ("5.7.1", "rules refuse", False),
        ("4.4.7", "in time", False),
        ("5.0.0", "not delivered", False),
    ],
)
def test_only_an_address_where_nobody_is_gets_marked(
    office: Office, asked: Message, status: str, words: str, is_marked: bool
) -> None:
    intake.take_in(office.engine, report(message_id_of(office, asked), CONTACT, status=status), "test")
    failed = now(office, asked)
    assert failed.status == "failed"
    assert words in (failed.error or "")
    assert bool(marked(office)) is is_marked


def test_a_delay_or_a_receipt_changes_nothing(office: Office, asked: Message) -> None:
    for action in ("delayed", "delivered", "relayed", "expanded"):
        intake.take_in(office.engine, report(message_id_of(office, asked), CONTACT, action=action), "test")
    assert now(office, asked).status == "sent"
    assert told(office) == []


INVENTED: dict[str, Any] = {
    "another secret": lambda office, mail: (mail.message_id.replace("*", "x" * 32), CONTACT),
    "no secret": lambda office, mail: (mail.message_id.replace("*", "0"), CONTACT),
    "the row's own star": lambda office, mail: (mail.message_id, CONTACT),
    "another recipient": lambda office, mail: (message_id_of(office, mail), "somebody@else.example"),
    "another mail of ours": lambda office, mail: (message_id_of(office, mail).replace(mail.id, "0" * 20), CONTACT),
    "a mail of somebody else": lambda office, mail: ("<1@else.example>", CONTACT),
    "another domain": lambda office, mail: (message_id_of(office, mail).rpartition("@")[0] + "@else.example>", CONTACT),
}


@pytest.mark.parametrize("what", INVENTED)
def test_a_report_that_is_not_about_this_mail_counts_for_nothing(office: Office, asked: Message, what: str) -> None:
    message_id, recipient = INVENTED[what](office, asked)
    intake.take_in(office.engine, report(message_id, recipient), "test")
    assert now(office, asked).status == "sent"
    assert (told(office), marked(office)) == ([], [])
    assert [m.status for m in received(office)] == ["automatic"]


def test_a_report_that_is_faster_than_our_own_commit_waits_for_it(office: Office, asked: Message) -> None:
    with office.engine.store.write() as tx:
        tx.update(Message, (asked.id,), status="sending", next_at=office.clock.now())
    identity = intake.store_mail(office.engine, report(message_id_of(office, asked), CONTACT), "test")
    assert intake.process_new(office.engine) == 0, "nothing to do now, so that nobody spins"
    handed_over(office, asked)
    assert intake.process_new(office.engine) == 1
    assert now(office, asked).status == "failed"
    assert [(m.id, m.attempts) for m in received(office)] == [(identity, 0)]


def test_a_sign_of_life_takes_the_mark_away(office: Office, asked: Message) -> None:
    intake.take_in(office.engine, report(message_id_of(office, asked), CONTACT), "test")
    office.reply(asked, "我在")
    assert marked(office) == []
    intake.take_in(office.engine, report(message_id_of(office, asked), CONTACT), "test")
    assert marked(office) == [], "the same report again is no new one"


def test_sending_again_takes_the_mark_away_and_a_second_return_brings_it_back(office: Office, asked: Message) -> None:
    intake.take_in(office.engine, report(message_id_of(office, asked), CONTACT), "test")
    with office.engine.store.write() as tx:
        outbox_desk.resend(tx, asked.id, office.clock.now())
    assert marked(office) == []
    intake.take_in(office.engine, report(message_id_of(office, asked), CONTACT, status="5.1.10"), "test")
    assert now(office, asked).status == "queued", "a report about the first sending cannot stop the second"
    handed_over(office, asked)
    intake.take_in(office.engine, report(message_id_of(office, asked), CONTACT, status="5.1.2"), "test")
    assert [one.address for one in marked(office)] == [CONTACT]


@pytest.mark.parametrize(
    ("outcome", "is_marked"),
    [
        (RecipientRefused(550, "5.1.1 no such user"), True),
        (RecipientRefused(550, "no such user"), True),
        (RecipientRefused(550, "5.7.1 you are not welcome"), False),
        (RecipientRefused(552, "5.2.2 mailbox full"), False),
        (MessageRefused(554, "5.1.1 strange"), False),
    ],
)
def test_an_address_refused_at_once_is_marked_as_well(outcome: Any, is_marked: bool) -> None:
    world = World(MemoryStore())
    fill(world.store, message())
    world.server.answers = [outcome]
    world.run()
    with world.store.read() as reader:
        assert [one.address for one in addresses.marked(reader)] == ([APPROVER] if is_marked else [])
