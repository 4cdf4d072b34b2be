"""The secret that a mail carries: whose it is and whether the reader may answer with it. It must not store any."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from crm_workflows.domain.messages import ANSWERABLE, OF_DIGESTS, SIGN_IN, SURVEY
from crm_workflows.domain.records import Assignee, Digest, Message, Request, SignInCode, SurveyInvitation
from crm_workflows.engine.access.codes import code_of
from crm_workflows.engine.decisions.requesting import is_door
from crm_workflows.engine.ports import Secrets

UNASKED: Final = "0"
"""Stands in the Message-ID of mails that belong to no asked person."""


@dataclass(frozen=True, slots=True)
class MailSecret:
    """The secret for the Message-ID, and for reply address and link where `is_answerable`."""

    text: str
    is_answerable: bool
    code: str = ""
    """What the mail tells its reader to type, and its link carries, while its headers hold nothing of it."""

    @property
    def token(self) -> str | None:
        """What the answering link carries; None where there is nothing to answer."""
        return self.code or (self.text if self.is_answerable else None)


class Rows(Protocol):
    """Where requests and assignees are looked up by their keys: a reader, or what has been read of one case."""

    def get(self, record: type[Any], /, *key: object) -> Any:
        """The row, or None."""
        ...


class AskedInCase:
    """The requests and assignees of one case, read at once: a case that has sent forty mails would ask eighty times."""

    def __init__(self, requests: Iterable[Request], assignees: Iterable[Assignee]) -> None:
        self._rows: dict[tuple[object, ...], Any] = {(Request, request.id): request for request in requests}
        self._rows |= {(Assignee, one.request, one.person): one for one in assignees}

    def get(self, record: type[Any], /, *key: object) -> Any:
        """The row of this case, or None."""
        return self._rows.get((record, *key))


def secret_of(reader: Rows, secrets: Secrets, message: Message) -> MailSecret:
    """The secret of the person this mail asks, for the request's present revision."""
    if message.template in OF_DIGESTS:
        return _of_digest(reader, secrets, message)
    if message.template == SURVEY:
        return _of_survey(reader, secrets, message)
    if message.template == SIGN_IN:
        return _of_sign_in(reader, secrets, message)
    request, assignee = _asked(reader, message)
    if assignee is None:
        return MailSecret(UNASKED, is_answerable=False)
    token = secrets.token(assignee.request, assignee.person, request.revision if request else 1, assignee.nonce)
    return MailSecret(token, is_answerable=message.template in ANSWERABLE)


def was_sent_as(reader: Rows, secrets: Secrets, message: Message, message_id: str) -> bool:
    """Whether this is the Message-ID of that mail, whatever revision of the request it was sent for."""
    before, _, after = message.message_id.partition("*")
    claimed = message_id.removeprefix(before).removesuffix(after)
    request, assignee = _asked(reader, message)
    if request is None or assignee is None or message.template in (*OF_DIGESTS, SURVEY):
        return claimed == secret_of(reader, secrets, message).text
    revisions = range(1, request.revision + 1)
    return claimed in [secrets.token(request.id, assignee.person, n, assignee.nonce) for n in revisions]


def _asked(reader: Rows, message: Message) -> tuple[Request | None, Assignee | None]:
    """The request of a mail, none at a requester's door, and the person it asks, where it asks somebody."""
    request = reader.get(Request, message.request) if message.request else None
    is_known = request is not None or is_door(message.request)
    return request, reader.get(Assignee, message.request, _person(message)) if is_known else None


def digest_token(secrets: Secrets, digest: Digest) -> str:
    """The secret by which a digest is answered."""
    return secrets.token(digest.id, digest.person, 1, digest.nonce)


def _of_digest(reader: Rows, secrets: Secrets, message: Message) -> MailSecret:
    """Whoever answers in the place of the person it was made for, gets no secret of theirs."""
    digest = reader.get(Digest, message.case)
    if digest is None or digest.person != message.context.get("person"):
        return MailSecret(UNASKED, is_answerable=False)
    return MailSecret(digest_token(secrets, digest), is_answerable=True)


def _of_survey(reader: Rows, secrets: Secrets, message: Message) -> MailSecret:
    """A mail that is sent again to another address of the same person carries the same link."""
    asked = reader.get(SurveyInvitation, message.request)
    if asked is None:
        return MailSecret(UNASKED, is_answerable=False)
    return MailSecret(secrets.token(asked.id, asked.email, 1, asked.nonce), is_answerable=True)


def _of_sign_in(reader: Rows, secrets: Secrets, message: Message) -> MailSecret:
    """Not in Message-ID or reply address, which mail servers log."""
    asked = reader.get(SignInCode, message.case)
    return MailSecret(UNASKED, is_answerable=False, code=code_of(secrets, asked) if asked else "")


def true_message_id(reader: Rows, secrets: Secrets, message: Message) -> str:
    """The Message-ID as sent; the row holds a star in place of the secret."""
    return message.message_id.replace("*", secret_of(reader, secrets, message).text)


def secret_in(content: bytes, message: Message) -> str | None:
    """The secret with which these bytes were composed: a request may have been revised since. None if there is none."""
    before, _, after = message.message_id.partition("*")
    start = content.find(before.encode())
    end = content.find(after.encode(), start)
    if start < 0 or end < 0:
        return None
    secret = content[start + len(before) : end].decode("ascii", "replace")
    return None if secret == UNASKED else secret


def _person(message: Message) -> str:
    """Whom the mail asks. Not always the recipient: a mail may be sent again to another address of the same person.

    Only where the reader may answer: an escalation names the person asked too, but goes to somebody else.
    """
    request = message.context.get("request") if isinstance(message.context, dict) else None
    if message.template in ANSWERABLE and isinstance(request, dict):
        return str(request.get("person") or message.recipient)
    return message.recipient
