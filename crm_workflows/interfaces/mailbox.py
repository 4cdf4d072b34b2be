"""The mailbox of the local default: keeps every mail that the loopback server takes, and hands replies to intake.

It must not read answers (intake does) or listen (the adapter does).
"""

from collections.abc import Sequence
from typing import Final

from crm_workflows.adapters.mail.mail_out import SmtpTransport
from crm_workflows.adapters.mail.smtp_listener import Envelope
from crm_workflows.bootstrap import Office
from crm_workflows.domain.mail.incoming import UnreadableMail
from crm_workflows.domain.mail.parts import parse_parts
from crm_workflows.domain.mail.sender import addresses_in
from crm_workflows.domain.records import Blob, MailboxMail
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.mail_out.outbox_notices import sentence
from crm_workflows.engine.mail_out.outbox_ports import Sent
from crm_workflows.engine.ports import Store
from crm_workflows.engine.requests.files import sha256_of
from crm_workflows.interfaces.addresses import LOOPBACK
from crm_workflows.interfaces.web.mailbox_shown import ANSWERS_TO
from crm_workflows.interfaces.web.site import MailboxEntry, PostMail

MAILBOX: Final = "embedded"
SERIES: Final = "mailbox"
NO_SUCH_MAILBOX: Final = "550 5.1.1 no such mailbox here"
MOST_LOOKED_THROUGH: Final = 5000
_HEADER_BYTES: Final = 100_000


def take(office: Office, envelope: Envelope) -> str | None:
    """Store a mail for intake where it answers us, and keep it; committed when this returns. None, or a refusal.

    Handed in again, after a failure half-way, intake knows it; the mailbox shows each copy that was acknowledged. Where
    mail leaves by a real server, this one takes only what answers us.
    """
    is_answer = any(answers_us(office, address) for address in envelope.recipients)
    if not is_answer and not office.settings.is_local_mail:
        return NO_SUCH_MAILBOX
    if is_answer:
        intake.store_mail(office.engine, envelope.data, _mailbox(office, envelope), envelope.mail_from)
    if office.settings.is_local_mail:
        _keep(office, envelope)
    office.store.wake()
    return None


def _mailbox(office: Office, envelope: Envelope) -> str:
    """The address of a desk where only the envelope says that the mail went there (Bcc), else ours."""
    desks = {desk.address for desk in office.engine.mail_desks}
    named = {address.strip().lower() for address in envelope.recipients}
    return next(iter(sorted(desks & named)), MAILBOX)


def answers_us(office: Office, address: str) -> bool:
    """Whether a mail to this address is for us: `approvals@` or `approvals+…@` the reply domain, our own sender, or an
    address to which complaints are written."""
    if address.strip().lower() in {desk.address for desk in office.engine.mail_desks}:
        return True
    local, _, domain = address.strip().lower().rpartition("@")
    own = office.settings.mail_from.rpartition("<")[2].strip(" >").lower()
    is_reply = domain == office.engine.mail_domain.lower() and local.partition("+")[0] == ANSWERS_TO
    return is_reply or address.strip().lower() == own


def _keep(office: Office, envelope: Envelope) -> None:
    sender, subject, message_id = _headers(envelope)
    digest = sha256_of(envelope.data)
    with office.store.write() as tx:
        tx.insert_new(Blob(digest, envelope.data))
        tx.insert(
            MailboxMail(
                f"{tx.next_number(SERIES):08d}", office.clock.now(), sender, list(envelope.recipients), subject,
                message_id, len(envelope.data), digest,
            )
        )  # fmt: skip


def _headers(envelope: Envelope) -> tuple[str, str, str]:
    """Sender, subject and Message-ID as the mail states them; the envelope's sender for a mail that cannot be read."""
    head = envelope.data.partition(b"\r\n\r\n")[0][:_HEADER_BYTES]
    try:
        read = parse_parts(head + b"\r\n\r\n")
    except UnreadableMail:
        return envelope.mail_from, "", ""
    sender = next(iter(addresses_in(read.raw_headers("from"))), envelope.mail_from)
    return sender, read.header("subject")[:500], read.header("message-id")[:1000].strip()


class LocalMailbox:
    """The mails kept, for pages. Safe between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self, limit: int = 200, to: str | None = None) -> Sequence[MailboxEntry]:
        """The latest mails, newest first; `to` selects one recipient."""
        wanted = to.strip().lower() if to else None
        with self._store.read() as reader:
            most = limit if wanted is None else MOST_LOOKED_THROUGH
            found = reader.find(MailboxMail, order="id", descending=True, limit=most)
        fitting = [m for m in found if wanted is None or wanted in [r.lower() for r in m.recipients]]
        return [_entry(mail) for mail in fitting[:limit]]

    def get(self, identity: str) -> bytes | None:
        """The mail as it was handed in; None when there is none of that id."""
        with self._store.read() as reader:
            mail = reader.get(MailboxMail, identity)
            blob = reader.get(Blob, mail.sha256) if mail else None
        return blob.content if blob else None


def _entry(mail: MailboxMail) -> MailboxEntry:
    return MailboxEntry(mail.id, ", ".join(mail.recipients), mail.sender, mail.subject, mail.message_id, mail.at)


def poster(port: int) -> PostMail:
    """Hands mails to the loopback server: how the mailbox page answers as a recipient, by real SMTP."""

    def post(sender: str, recipient: str, content: bytes) -> str | None:
        transport = SmtpTransport(LOOPBACK, port, security="none", sender=sender, ehlo="localhost", seconds=10.0)
        try:
            outcome = transport.deliver(recipient, content)
        finally:
            transport.close()
        return None if isinstance(outcome, Sent) else sentence(outcome)

    return post
