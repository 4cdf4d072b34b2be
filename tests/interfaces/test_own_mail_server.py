"""A company with a mail server of its own: Postfix takes our mails and sends some back, Dovecot holds the mailboxes.

Both are real and in processes of their own; the servers of those outside are `misbehaving_smtp`.
"""

import email
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.policy import default
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from imapclient import IMAPClient

from crm_workflows.adapters.mail.access_token import AccessToken
from crm_workflows.adapters.mail.mail_out import SmtpTransport
from crm_workflows.bootstrap import open_office
from crm_workflows.domain.records import Message as Mail
from crm_workflows.engine.decisions.amending import Amendment, amend
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.mail_out import addresses, outbox_desk
from crm_workflows.engine.mail_out.outbox_ports import MessageRefused, Sent, ServerTrouble
from crm_workflows.interfaces.up.imap import imap_roles
from crm_workflows.interfaces.up.mail_out import new_sender
from crm_workflows.settings import Settings
from tests.adapters.mail.test_access_token import signed
from tests.dovecot import PASSWORD, Dovecot, running_dovecot
from tests.misbehaving_smtp import Misbehaving, misbehaving
from tests.office import Office, application, credit_code, shipped_company
from tests.postfix import DOMAIN, Postfix, running_postfix

OURS: Final = "approvals"
COLLEAGUES: Final = [person.email.partition("@")[0] for person in shipped_company()[0].people]
SUPPLIER: Final = "gu.wanqing@chenglan.example"
MONDAY: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MAIL: Final = b"Subject: hello\r\n\r\nhello\r\n"
Found = TypeVar("Found")


@pytest.fixture(scope="module")
def outside() -> Iterator[Misbehaving]:
    with misbehaving() as server:
        yield server


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture(scope="module")
def postfix(dovecot: Dovecot, outside: Misbehaving) -> Iterator[Postfix]:
    with running_postfix(dovecot, (OURS, *COLLEAGUES), outside.port) as server:
        yield server


class House:
    """The company: its engine, what sends and what reads its mails, and its people at their mailboxes."""

    def __init__(self, home: Path, dovecot: Dovecot, postfix: Postfix, outside: Misbehaving, stack: ExitStack) -> None:
        self.outside, self._dovecot, self._postfix = outside, dovecot, postfix
        settings = Settings(
            _env_file=None, home=home, now=MONDAY, speed=1.0, mail_from=f"永昌 <crm@{DOMAIN}>",
            smtp_host="127.0.0.1", smtp_port=postfix.port, smtp_security="starttls", smtp_user=OURS,
            smtp_password=PASSWORD, imap_host="127.0.0.1", imap_port=dovecot.port, imap_security="none",
            imap_user=OURS, imap_password=PASSWORD,
        )  # fmt: skip
        opened = stack.enter_context(closing(open_office(settings)))
        opened.load_procedures()
        self.office = Office(opened.store)
        self.office.engine = opened.engine
        self._sender = stack.enter_context(closing(new_sender(opened, "https://crm.example", postfix.port)))
        self._imap = imap_roles(opened)[0]
        self._imap.look()
        self._before = len(outside.received)

    def until(self, look: Callable[[], Found | None], turns: int = 400) -> Found:
        """Post goes out and comes in until there is what `look` wants."""
        pause = threading.Event()
        for _ in range(turns):
            self.turn()
            if found := look():
                return found
            pause.wait(0.05)
        raise AssertionError(f"it never came about; Postfix says: {self._postfix.log.read_text()}")

    def turn(self) -> None:
        """What can go out goes out, and what is there is taken in."""
        while self._sender.send_due():
            continue
        self._imap.look()
        intake.process_new(self.office.engine)
        self.office.work()

    def received_by(self, address: str, header: str, value: str) -> Message | None:
        """The mail with this in its header, in the mailbox of a colleague."""
        return next((mail for mail in self.mailbox(address) if value in str(mail[header])), None)

    def mailbox(self, address: str) -> list[Message]:
        """Of a colleague."""
        with IMAPClient("127.0.0.1", self._dovecot.port, ssl=False) as client:
            client.login(address.partition("@")[0], PASSWORD)
            client.select_folder("INBOX", readonly=True)
            raws = [data[b"RFC822"] for data in client.fetch(client.search(), ["RFC822"]).values()]
        return [email.message_from_bytes(raw, policy=default) for raw in raws]

    def answer(self, address: str, asked: Message, words: str) -> str:
        """Send a reply as a mail program does, by the company's server; answers its Message-ID."""
        reply = EmailMessage()
        reply["From"], reply["To"] = address, str(asked["Reply-To"])
        reply["Subject"], reply["Message-ID"] = f"Re: {asked['Subject']}", f"<answer.{id(asked)}@{DOMAIN}>"
        reply["In-Reply-To"] = str(asked["Message-ID"])
        reply.set_content(words)
        with closing(self.transport(address)) as out:
            taken = out.deliver(str(asked["Reply-To"]).rpartition("<")[2].strip(" >"), reply.as_bytes())
        assert isinstance(taken, Sent), taken
        return str(reply["Message-ID"])

    def transport(self, address: str, **changed: Any) -> SmtpTransport:
        """As a colleague's mail program connects: TLS at once, and their own name and password."""
        user = OURS if address.startswith("crm@") else address.partition("@")[0]
        given = {"security": "ssl", "sender": address, "ehlo": "x", "user": user, "password": PASSWORD} | changed
        return SmtpTransport("127.0.0.1", self._postfix.tls_port, **given)

    def arrived_outside(self, address: str) -> list[bytes]:
        """What the server of those outside has got for this address in this test."""
        return [mail.content for mail in self.outside.received[self._before :] if mail.recipient == address]

    def one_with(self, **wanted: Any) -> Mail | None:
        """The first mail of the outbox with these columns."""
        with self.office.engine.store.read() as reader:
            return next(iter(reader.find(Mail, **wanted)), None)

    def marked(self) -> list[str]:
        with self.office.engine.store.read() as reader:
            return [one.address for one in addresses.marked(reader)]


@pytest.fixture
def house(
    dovecot: Dovecot, postfix: Postfix, outside: Misbehaving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    monkeypatch.setenv("SSL_CERT_FILE", str(postfix.certificate))
    with ExitStack() as stack:
        yield House(tmp_path, dovecot, postfix, outside, stack)
    outside.heal()


@pytest.mark.parametrize("gate_of", ["confirm_start", pytest.param("recognition", marks=pytest.mark.soak)])
def test_a_question_goes_out_by_starttls_and_the_answer_from_a_mailbox_decides(house: House, gate_of: str) -> None:
    code = house.office.until_gate() if gate_of == "recognition" else house.office.start(origin="prefect")
    gate = house.office.waiting(code)
    head = gate["assignee"]["email"]
    asked = house.until(lambda: house.received_by(head, "X-CRM-Request", gate["id"]))
    answer = house.answer(head, asked, "同意，谢谢")
    (decided,) = house.until(lambda: [d for d in house.office.view(code)["decisions"] if d["request"] == gate["id"]])
    assert (decided["decision"], decided["by"], decided["channel"], decided["effective"]) == (
        "approve", head, "reply", True,
    )  # fmt: skip
    assert house.until(lambda: house.received_by(head, "In-Reply-To", answer)), "the receipt"
    assert len(house.arrived_outside(SUPPLIER)) == 1
    assert house.one_with(status=["queued", "failed", "uncertain"]) is None


@pytest.mark.parametrize(
    ("reply", "words", "is_marked"),
    [
        ("550 5.1.1 no such user", "there is no such address (5.1.1)", True),
        pytest.param("552 5.2.2 over quota", "the mailbox is full (5.2.2)", False, marks=pytest.mark.soak),
        pytest.param("552 5.3.4 too large", "too large for the server (5.3.4)", False, marks=pytest.mark.soak),
        pytest.param("450 4.2.0 greylisted", "could not be delivered in time (4.2.0)", False, marks=pytest.mark.soak),
        pytest.param("drop", "could not be delivered in time (4.4.2)", False, marks=pytest.mark.soak),
    ],
)
def test_what_postfix_sends_back_fails_is_told_and_is_put_right(
    house: House, postfix: Postfix, reply: str, words: str, is_marked: bool
) -> None:
    house.outside.goes_wrong("rcpt", reply, only_to=SUPPLIER)
    code = house.office.start()
    failed = house.until(lambda: house.one_with(case=code, status="failed"))
    assert (failed.recipient, words in (failed.error or "")) == (SUPPLIER, True), failed.error
    owner = house.office.view(code)["owner"]
    notice = house.until(lambda: house.one_with(case=code, template="mail_failed", recipient=owner, status="sent"))
    house.until(lambda: house.received_by(owner, "Message-ID", f".{notice.id}@"))
    assert house.marked() == ([SUPPLIER] if is_marked else [])
    if not reply.startswith("5"):
        assert "sender delay notification" in postfix.log.read_text(), "a report that says so has changed nothing"
    right = "gu@chenglan.example"
    amend(house.office.engine, code, Amendment({"contact.email": right}, owner, "退信 / it came back", "page"))
    assert house.until(lambda: house.arrived_outside(right))


def test_what_postfix_refuses_at_once_fails_at_once(house: House) -> None:
    code = house.office.start()
    sent = house.until(lambda: house.one_with(case=code, status="sent", recipient=SUPPLIER))
    nobody = f"nobody.here@{DOMAIN}"
    with house.office.engine.store.write() as tx:
        outbox_desk.resend(tx, sent.id, house.office.engine.clock.now(), nobody)
    failed = house.until(lambda: house.one_with(case=code, status="failed"))
    assert "User unknown" in (failed.error or "")
    assert house.marked() == [nobody]
    with closing(house.transport(f"{OURS}@{DOMAIN}")) as out:
        too_large = out.deliver(SUPPLIER, b"Subject: x\r\n\r\n" + b"x" * 78 * 40_000)
    assert isinstance(too_large, MessageRefused)
    assert "at most 2000000" in too_large.text


def test_an_access_token_is_as_good_as_a_password_and_one_that_has_run_out_is_a_refused_login(
    house: House, tmp_path: Path
) -> None:
    held = tmp_path / "token"
    with closing(house.transport(f"crm@{DOMAIN}", token=AccessToken(file=held))) as out:
        held.write_text(signed(OURS, until=1_700_000_000))
        refused = out.deliver(SUPPLIER, MAIL)
        assert isinstance(refused, ServerTrouble)
        assert refused.code == 535
        held.write_text(signed(OURS))
        assert isinstance(out.deliver(SUPPLIER, MAIL), Sent)


def test_a_login_that_postfix_asks_for_with_the_recipient_costs_no_mail(house: House) -> None:
    with closing(house.transport(f"crm@{DOMAIN}", user="", password="")) as out:
        wanted = out.deliver(f"{COLLEAGUES[0]}@{DOMAIN}", MAIL)
    assert isinstance(wanted, ServerTrouble)
    assert "not logged in" in wanted.text
    with closing(house.transport(f"{COLLEAGUES[0]}@{DOMAIN}", user=OURS)) as out:
        foreign = out.deliver(SUPPLIER, MAIL)
    assert isinstance(foreign, ServerTrouble), (
        "a sender of somebody else's is a wrong setting, for which no mail is lost"
    )
    assert "not owned by user" in foreign.text


@pytest.mark.soak
def test_a_server_that_takes_few_mails_at_a_time_and_hangs_up_on_idlers_gets_every_mail_once(
    dovecot: Dovecot, outside: Misbehaving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As large providers limit their customers; a mail that is refused for that is tried again later."""
    few = {"smtpd_client_message_rate_limit": "5", "anvil_rate_time_unit": "2s", "smtpd_timeout": "1s"}
    with running_postfix(dovecot, (OURS, *COLLEAGUES), outside.port, **few) as postfix, ExitStack() as stack:
        monkeypatch.setenv("SSL_CERT_FILE", str(postfix.certificate))
        house = House(tmp_path, dovecot, postfix, outside, stack)
        house.office.until_gate()
        house.until(lambda: house.one_with(status=["queued", "sending", "uncertain"]) is None, 1200)
        assert "rate limit exceeded" in postfix.log.read_text()
        assert house.one_with(status="failed") is None
        assert len(house.arrived_outside(SUPPLIER)) == 1
        house.until(lambda: "timeout after" in postfix.log.read_text())
        house.office.start(application(company="青岛另一家机械有限公司", credit_code="91370211MA3D2B2N3E"))
        house.until(lambda: len(house.arrived_outside(SUPPLIER)) == 2)


@pytest.mark.soak
def test_a_postfix_that_is_killed_again_and_again_while_mails_are_handed_over_gets_every_mail(
    house: House, postfix: Postfix
) -> None:
    begun = [house.office.until_gate()]
    for n in range(5):
        house.until(lambda: house.one_with(status="sent", case=begun[-1]))
        postfix.kill()
        begun.append(house.office.start(application(company=f"第{n}家机械有限公司", credit_code=credit_code(n))))
        house.turn()
        postfix.start()
    house.until(lambda: house.one_with(status=["queued", "sending", "uncertain"]) is None, 1200)
    with house.office.engine.store.read() as reader:
        rows = [row for row in reader.find(Mail) if row.recipient.endswith(f"@{DOMAIN}")]
    assert {row.status for row in rows} == {"sent"}
    for row in rows:
        assert house.until(partial(house.received_by, row.recipient, "Message-ID", f".{row.id}@"))
    for to in {row.recipient for row in rows}:
        copies = defaultdict(set)
        for mail in house.mailbox(to):
            copies[str(mail["Message-ID"])].add(mail.as_bytes().partition(b"\n\n")[2])
        assert all(len(same) == 1 for same in copies.values()), "copies differ"
    asked = house.arrived_outside(SUPPLIER)
    assert all(any(code.encode() in raw for raw in asked) for code in begun)
