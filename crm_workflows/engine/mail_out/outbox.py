"""The outbox: renders a queued mail once, stores its bytes, and hands them over until the server has taken them.

    queued → sending (committed before the handing over) → sent | failed | uncertain
    uncertain, or found sending by a later pass, → sending with the same bytes → sent | failed | uncertain;
        sent without another copy where the server's own copies show that it has the mail
    sending → queued when the server has certainly not taken it

Queued exactly once, delivered at least once, every copy byte-identical. No transaction is open while the server is
spoken to. It must not know SMTP, and never decides that a mail is lost: what cannot be delivered is shown to a person.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from crm_workflows.domain.errors import CrmError, MailTrouble, NotFound, OfNewerRelease, StoreBusy
from crm_workflows.domain.records import Blob, Message
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.mail_out import addresses
from crm_workflows.engine.mail_out import outbox_notices as notices
from crm_workflows.engine.mail_out.outbox_claim import Claim
from crm_workflows.engine.mail_out.outbox_ports import (
    Ambiguous,
    Attachment,
    MailComposer,
    MailRenderer,
    MessageRefused,
    Outcome,
    RecipientRefused,
    Sent,
    SentCopies,
    ServerTrouble,
    Transport,
)
from crm_workflows.engine.mail_out.outbox_secrets import UNASKED, MailSecret, secret_in, secret_of
from crm_workflows.engine.mail_out.pacing import Pace
from crm_workflows.engine.ports import Clock, Reader, Secrets, Staff, Store

log = logging.getLogger(__name__)
FIRST_RETRY_SECONDS: Final = 2.0
_OFTEN_UNCERTAIN: Final = 10
_UNCERTAIN_SECONDS: Final = 3600.0
"""After so many attempts that may each have delivered a copy, the next ones follow hourly at most."""

_LEFT_SECONDS: Final = 5.0
_LEFT_FOR_SECONDS: Final = 3600.0
"""How soon a mail that only a newer release can read is looked at again, and for how long."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How an installation sends. `retry_max`: longest wait between two tries, in real seconds."""

    retry_max: float
    links: bool = True
    redirect_to: str | None = None
    """Takes every mail (staging)."""
    per_minute: Mapping[str, int] = field(default_factory=dict)
    """See `Pace`."""


class Sender:
    """One sender thread's way from the outbox to the server. Not to be shared between threads."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        staff: Staff,
        secrets: Secrets,
        *,
        renderer: MailRenderer,
        composer: MailComposer,
        transport: Transport,
        habits: Habits,
        copies: SentCopies | None = None,
    ) -> None:
        """`copies` settles whether a mail was taken that may or may not have been."""
        self._store, self._clock, self._staff, self._secrets = store, clock, staff, secrets
        self._renderer, self._composer, self._transport = renderer, composer, transport
        self._habits, self._copies = habits, copies
        self._pace = Pace(store, clock, habits.per_minute)
        self._copies_answer = True
        self._troubles = 0
        self._pause_until: datetime | None = None
        self._may_be_in_trouble = True
        self._others_have_it = False

    def send_due(self, limit: int = 20) -> int:
        """One pass over the mails that are due; returns how many it dealt with, sent or not.

        While the server as a whole is in trouble one mail at a time asks whether it is back. Raises StoreBusy when the
        database is; a mail under way is then taken up again by a later pass.
        """
        now = self._clock.now()
        if self._pause_until is not None and now < self._pause_until:
            return 0
        with self._store.read() as reader:
            first = reader.earliest(Message, "next_at")
        if first is None or first > now:
            return 0
        claim = Claim(self._store, self._clock, 1 if self._troubles else limit)
        self._others_have_it = not claim.messages
        if self._others_have_it:
            return 0
        handled, self._copies_answer = 0, True
        self._pace.begin()
        with claim.kept():
            for message in claim.messages:
                handled += 1
                if not self._send(claim, message):
                    break
        return handled

    def seconds_to_next(self, at_most: float) -> float:
        """Real seconds until a mail may be due, for the loop that waits between passes."""
        with self._store.read() as reader:
            first = reader.earliest(Message, "next_at")
        waits = [instant for instant in (first, self._pause_until if first else None) if instant is not None]
        if not waits:
            return at_most
        virtual = (max(waits) - self._clock.now()).total_seconds()
        # What another sender holds is due all the while; there is no use in asking for it again and again.
        shortest = 0.5 if self._others_have_it else 0.0
        return min(max(self._clock.real_seconds(virtual), shortest), at_most)

    def close(self) -> None:
        """Leave the server."""
        self._transport.close()

    def _send(self, claim: Claim, message: Message) -> bool:
        """One mail; False when there is no use in trying the next one now."""
        if self._has_arrived(message):
            self._sent(claim, message)
            return True
        recipient = self._habits.redirect_to or message.recipient
        later = self._pace.wait_for(recipient)
        if later is not None:
            with claim.finishing(message, next_at=later):
                return True
        try:
            content, columns = self._prepared(message)
        except StoreBusy:
            raise
        except OfNewerRelease as error:
            self._leave(claim, message, error.message)
            return True
        except CrmError as error:
            self._give_up(claim, message, error.message)
            return True
        except Exception as error:  # one bad mail must not hold up the others, nor be lost
            log.exception("a mail could not be composed", extra={"mail": message.id, "case": message.case})
            self._give_up(claim, message, _could_not_be_made(message, error))
            return True
        tried = replace(message, attempts=message.attempts + 1, content=content)
        if not claim.mark(message, status="sending", attempts=tried.attempts, **columns):
            return True
        return self._conclude(claim, tried, self._transport.deliver(recipient, content))

    def _has_arrived(self, message: Message) -> bool:
        """Whether the server's copies show a mail that may have been taken; without an answer it is sent once more."""
        if self._copies is None or not self._copies_answer or message.content is None or not _may_have_arrived(message):
            return False
        secret = secret_in(message.content, message) or UNASKED
        try:
            return self._copies.holds(message.message_id.replace("*", secret))
        except MailTrouble as error:
            self._copies_answer = False  # nor for the others of this pass
            log.warning("the copies of sent mails could not be looked through", extra={"error": error.message})
            return False

    def _prepared(self, message: Message) -> tuple[bytes, dict[str, Any]]:
        """The bytes to send and the columns to write: rendered now, or those of the first attempt."""
        if message.content is not None:
            return message.content, {}
        with self._store.read() as reader:
            secret = secret_of(reader, self._secrets, message)
            attachments = [_attachment(reader, message, wanted) for wanted in message.attachments]
        return self._composed(message, secret, attachments)

    def _composed(
        self, message: Message, secret: MailSecret, attachments: list[Attachment]
    ) -> tuple[bytes, dict[str, Any]]:
        rendered = self._renderer.render(message, token=secret.token, links=self._habits.links)
        content = self._composer.compose(
            message, rendered, attachments, secret=secret.text, is_answerable=secret.is_answerable,
            at=self._clock.now(), to=self._habits.redirect_to or message.recipient,
        )  # fmt: skip
        hash_ = self._renderer.template_hash(message.template)
        return content, {"content": content, "subject": rendered.subject, "template_hash": hash_}

    def _conclude(self, claim: Claim, message: Message, outcome: Outcome) -> bool:
        if isinstance(outcome, Sent):
            self._sent(claim, message)
            return True
        why = notices.sentence(outcome)
        code = getattr(outcome, "code", 0)
        log.warning("mail not taken", extra={"mail": message.id, "outcome": type(outcome).__name__, "code": code})
        match outcome:
            case RecipientRefused() | MessageRefused():
                self._server_is_well()
                is_wrong = isinstance(outcome, RecipientRefused) and addresses.refused_for_good(outcome)
                self._give_up(claim, message, why, is_wrong_address=is_wrong)
                return True
            case ServerTrouble(only_this_mail=True):
                self._server_is_well()
                self._try_later(claim, message, why, is_uncertain=_may_have_arrived(message), tell=message.attempts > 1)
                return True
            case ServerTrouble() | Ambiguous():
                is_uncertain = isinstance(outcome, Ambiguous) or _may_have_arrived(message)
                self._pause()
                self._try_later(claim, message, why, is_uncertain=is_uncertain, tell=True)
                return False

    def _sent(self, claim: Claim, message: Message) -> None:
        self._server_is_well()
        final = {"status": "sent", "sent_at": self._clock.now(), "error": None, "content": self._masked(message)}
        with claim.finishing(message, next_at=None, **final) as tx:
            if tx is not None and self._may_be_in_trouble:
                notices.trouble_ended(tx)
        self._may_be_in_trouble = False

    def _give_up(self, claim: Claim, message: Message, why: str, *, is_wrong_address: bool = False) -> None:
        """The mail fails; owner and admins hear of it, and `crmw mail resend` renders it anew."""
        final = {"status": "failed", "error": why, "content": self._masked(message)}
        with claim.finishing(message, next_at=None, **final) as tx:
            if tx is not None:
                notices.queue_failed(tx, self._staff, message, why, self._clock.now())
                if is_wrong_address:
                    addresses.mark(tx, message, why, self._clock.now())
        self._store.wake()

    def _leave(self, claim: Claim, message: Message, why: str) -> None:
        """To the newer release beside this one; where none takes it within the hour, it fails as any other."""
        waited = self._clock.real_seconds((self._clock.now() - message.queued_at).total_seconds())
        if waited > _LEFT_FOR_SECONDS:
            self._give_up(claim, message, why)
            return
        log.info("a mail is left to a newer release", extra={"mail": message.id, "case": message.case})
        with claim.finishing(message, next_at=self._clock.after_real(_LEFT_SECONDS)):
            return

    def _try_later(self, claim: Claim, message: Message, why: str, *, is_uncertain: bool, tell: bool) -> None:
        often = is_uncertain and message.attempts > _OFTEN_UNCERTAIN
        most = max(self._habits.retry_max, _UNCERTAIN_SECONDS) if often else self._habits.retry_max
        wait = back_off(max(message.attempts, self._troubles), most)
        status = "uncertain" if is_uncertain else "queued"
        next_at = self._clock.after_real(wait)
        with claim.finishing(message, status=status, error=why, next_at=next_at) as tx:
            if tx is not None and tell:
                notices.trouble_began(tx, self._staff, self._clock, message, why)
        self._may_be_in_trouble = self._may_be_in_trouble or tell

    def _masked(self, message: Message) -> bytes | None:
        if message.content is None:
            return None
        secret = secret_in(message.content, message)
        return message.content if secret is None else self._composer.mask(message.content, secret)

    def _pause(self) -> None:
        self._troubles += 1
        self._pause_until = self._clock.after_real(back_off(self._troubles, self._habits.retry_max))

    def _server_is_well(self) -> None:
        self._troubles, self._pause_until = 0, None


def back_off(attempts: int, most: float) -> float:
    """Real seconds to wait after so many attempts: 2, 4, 8 … up to `most`."""
    return min(FIRST_RETRY_SECONDS * 2.0 ** min(max(attempts, 1) - 1, 30), most)


def _may_have_arrived(message: Message) -> bool:
    """True when an earlier attempt ended without an answer, or never ended because its process died."""
    return message.status in ("sending", "uncertain")


def _attachment(reader: Reader, message: Message, wanted: dict[str, str]) -> Attachment:
    blob = reader.get(Blob, wanted["sha256"])
    if blob is None:
        raise NotFound(
            bilingual(
                f"案件 {message.case} 的附件 {wanted['filename']} 不在库中：请从备份恢复，"
                f"再执行 crmw mail resend {message.id}",
                f"attachment {wanted['filename']} of case {message.case} is not in the store: restore it from the "
                f"backup, then run crmw mail resend {message.id}",
            )
        )
    return Attachment(wanted["filename"], wanted["media_type"], blob.content)


def _could_not_be_made(message: Message, error: Exception) -> str:
    return bilingual(
        f"案件 {message.case} 的邮件 {message.template} 无法生成（{type(error).__name__}）；详情见日志",
        f"mail {message.template} of case {message.case} could not be made ({type(error).__name__}); see the log",
    )
