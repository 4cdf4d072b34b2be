"""Every mail is taken by a server, or is on its way, or a person hears why it is not. The same for mails received."""

from collections import Counter
from collections.abc import Iterator

from crm_workflows.domain.records import MailboxMail, Message
from tests.invariants.rows import Rows, Sent, repeated

WAITS = ("queued", "sending", "uncertain")
NOTICES = ("mail_failed", "mail_trouble", "mail_unread", "audit_checkpoint")
"""Mails whose failure gives rise to no further mail; they stand in the list of dead mails."""
RESTORED, HELD = "restored", "restored from a backup of"
"""The note of a restore, and why it holds mails: `crmw restore` tells of them whoever restores."""
EPISODE, SET_ASIDE = "mail_trouble", "mail_set_aside"
"""The notes of having told the admins."""


def arrive_or_are_told(rows: Rows) -> Iterator[str]:
    """No mail is forgotten, none is sent in two kinds, none is answered twice, and no failure is silent."""
    for message_id in repeated(mail.message_id for mail in rows.messages):
        yield f"two mails have the Message-ID {message_id}"
    for mail in rows.messages:
        yield from _goes_on(mail)
        if mail.attempts > 1 and mail.error and mail.status in WAITS and EPISODE not in rows.meta:
            yield f"mail {mail.id} is in trouble ({mail.error}), and no admin was told"
    yield from _failures(rows)
    yield from _answers(rows)
    yield from _kept(rows)


def _goes_on(mail: Sent) -> Iterator[str]:
    if mail.status in WAITS and mail.next_at is None:
        yield f"mail {mail.id} is {mail.status}, and no sender will take it up"
    if mail.status not in WAITS and mail.next_at is not None:
        yield f"mail {mail.id} is {mail.status} and would be sent again"
    if mail.status == "sent" and (mail.sent_at is None or not mail.attempts):
        yield f"mail {mail.id} was sent without any attempt, or nobody knows when"
    if mail.status == "failed" and not mail.error:
        yield f"mail {mail.id} has failed, and nobody can read why"


def _failures(rows: Rows) -> Iterator[str]:
    failed = [m for m in rows.messages if m.status == "failed" and m.template not in NOTICES and m.case in rows.cases]
    told = {m.context.get("message") for m in rows.reader.find(Message, template="mail_failed")} if failed else set()
    for mail in failed:
        is_held = RESTORED in rows.meta and HELD in (mail.error or "")
        if mail.id not in told and not is_held:
            yield f"mail {mail.id} ({mail.template}) has failed, and nobody was told"
    told_of = {mail.case for mail in rows.messages if mail.template == "needs_attention"}
    for row in rows.cases.values():
        if row.status == "needs_attention" and row.code not in told_of:
            yield f"{row.code} needs attention, and no admin was told"


def _answers(rows: Rows) -> Iterator[str]:
    received = Counter(mail.message_id for mail in rows.inbound.values())
    answered = Counter(m.in_reply_to for m in rows.messages if m.in_reply_to and "-" not in m.id)
    for message_id, count in answered.items():
        if count > received[message_id]:
            yield f"{message_id} came {received[message_id]} times and was answered {count} times"
    for mail in rows.inbound.values():
        if mail.status == "unreadable" and SET_ASIDE not in rows.meta:
            yield f"mail {mail.id} cannot be read, and no admin was told"


def _kept(rows: Rows) -> Iterator[str]:
    """The embedded server keeps all that it takes: what was sent to it has arrived, and every copy is the same."""
    copies = rows.reader.columns(MailboxMail, "message_id", "sha256")
    if not copies:
        return
    arrived: dict[str, set[str]] = {}
    for message_id, sha256 in copies:
        if message_id.startswith("<crmw."):
            arrived.setdefault(_identity(message_id), set()).add(sha256)
    for identity, versions in arrived.items():
        if len(versions) > 1:
            yield f"mail {identity} has arrived in {len(versions)} versions"
    for mail in rows.messages:
        if arrived and mail.status == "sent" and _identity(mail.message_id) not in arrived:
            yield f"mail {mail.id} was sent and has not arrived"


def _identity(message_id: str) -> str:
    """Without the secret, which stands in the middle: `<crmw.SECRET.IDENTITY@DOMAIN>`."""
    return message_id.partition("@")[0].rpartition(".")[2]
