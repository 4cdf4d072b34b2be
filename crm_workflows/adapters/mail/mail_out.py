"""Hands one mail to the company's mail server, in one attempt, by yagmail. It must not compose, retry or keep mail.

yagmail 0.16 brings connection, TLS and login. Its own sending is shut off: when a server drops the connection it sends
up to three copies and then returns False. Here every reply is told apart instead, above all whether a connection was
lost before or after the last byte of the mail, since only the first may be repeated freely.
"""

import logging
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from crm_workflows.adapters.mail.access_token import AccessToken
from crm_workflows.adapters.mail.mail_compose import ascii_address
from crm_workflows.domain.errors import InvalidInput, MailTrouble
from crm_workflows.domain.text import in_language
from crm_workflows.engine.mail_out.outbox_ports import (
    Ambiguous,
    MessageRefused,
    Outcome,
    RecipientRefused,
    Sent,
    ServerTrouble,
)

if TYPE_CHECKING:
    from crm_workflows.adapters.mail.mail_attempt import OneAttempt

_Answer = TypeVar("_Answer")
Security = Literal["none", "starttls", "ssl"]
_MAILS_PER_CONNECTION: Final = 50
"""Many servers close after a number of mails; to begin anew is cheaper than to tell that close from trouble."""
_SLOWEST_LINE: Final = 16_000
"""Bytes a second that a line must carry for a large mail not to be given up."""
_PIECE: Final = 65_536
"""Handed over at once; the limit of seconds holds for each piece: for the whole it would end every large mail."""
_PHASES: Final = 4
_NOT_OURS_TO_FAIL: Final = frozenset({421, 530, 534, 535, 538, 454})
"""Closing down, or login wanted, wrong or broken: trouble of server or settings, never of the mail (contract)."""
_ABOUT_US: Final = re.compile(
    rb"\s*(?:[45]\.\d+\.\d+ )?<[^>]*>: (?:Sender address|Client host|Helo command) rejected:", re.IGNORECASE
)
"""How Postfix refuses us, at the recipient, since it waits for that: not logged in, a sender that is not the login's, a
machine that may not send. What another server said of the recipient stands further behind."""
_LEADING_DOT: Final = re.compile(rb"^\.", re.MULTILINE)

log = logging.getLogger(__name__)


class _Refusal(Exception):
    """The end of an attempt, with what it means."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class SmtpTransport:
    """Implements the port `Transport`. One thread only; keeps its connection for the next mail."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        security: Security,
        sender: str,
        ehlo: str,
        user: str = "",
        password: str = "",
        token: AccessToken | None = None,
        seconds: float = 30.0,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        """`sender` is the bare envelope address, `ehlo` the name we greet with, `seconds` the limit for each reply.

        `token` takes the place of the password. `trusted` replaces the system's certificates (tests, private
        authorities); it must verify.
        """
        context = trusted or ssl.create_default_context()
        if context.verify_mode != ssl.CERT_REQUIRED:
            raise ValueError("mail is handed over only to servers whose certificate is verified")
        self._sender = ascii_address(sender)
        self._token = token
        self._seconds = seconds
        options: dict[str, Any] = {"timeout": seconds, "local_hostname": ehlo}
        self._arguments: dict[str, Any] = {
            "host": host,
            "port": port,
            "user": user,
            "password": password,
            "smtp_ssl": security == "ssl",
            "starttls": {"context": context} if security == "starttls" else False,
            **options,
            **({"context": context} if security == "ssl" else {}),
        }
        self._connection: OneAttempt | None = None
        self._sent_here = 0

    def deliver(self, recipient: str, content: bytes) -> Outcome:
        """See the port."""
        try:
            address = ascii_address(recipient)
        except InvalidInput as error:
            return RecipientRefused(553, error.message)
        with self._watched(len(content)):
            try:
                outcome = self._attempt(address, content)
            except _Refusal as refusal:
                outcome = refusal.outcome
            if isinstance(outcome, RecipientRefused | MessageRefused):
                self.close()
            elif not isinstance(outcome, Sent):
                self._drop()
        return outcome

    def greet(self) -> Outcome:
        """Connect, log in and offer our sender, but no mail: whether the settings fit (`crmw mail check`).

        With ourselves as recipient, since Postfix and others judge the sender no sooner than at the first one.
        """
        try:
            smtp = self._ready(0)
            self._offer(smtp, self._sender)
            _before_data(smtp.rset)
        except _Refusal as refusal:
            self._drop()
            return refusal.outcome
        return Sent()

    def close(self) -> None:
        """See the port; a server that does not answer the goodbye is left without one."""
        if self._connection is not None:
            try:
                self._connection.smtp.quit()
            except OSError as error:
                log.debug("the mail server did not say goodbye: %s", type(error).__name__)
        self._drop()

    def _attempt(self, recipient: str, content: bytes) -> Outcome:
        smtp = self._ready(len(content))
        self._offer(smtp, recipient)
        code, text = _before_data(smtp.docmd, "DATA")
        if code != 354:
            raise _Refusal(_refused(code, text, MessageRefused))
        stuffed = _stuffed(content)
        for start in range(0, len(stuffed), _PIECE):
            _before_data(smtp.send, stuffed[start : start + _PIECE])
        return self._last_reply(smtp)

    @staticmethod
    def _offer(smtp: Any, recipient: str) -> None:
        code, text = _before_data(smtp.rcpt, recipient)
        if code not in (250, 251):
            is_ours = _ABOUT_US.match(text) is not None
            raise _Refusal(ServerTrouble(code, _decoded(text)) if is_ours else _refused(code, text, RecipientRefused))

    def _last_reply(self, smtp: Any) -> Outcome:
        """From here on the server may have the mail: an answer that does not come or cannot be read decides nothing."""
        try:
            code, text = smtp.getreply()
        except OSError as error:
            return Ambiguous(_text_of(error))
        if code == 250:  # nothing else: half a line before a drop would be read as some other code of the 200s
            self._sent_here += 1
            return Sent(_decoded(text))
        return _refused(code, text, MessageRefused) if 400 <= code <= 599 else Ambiguous(_decoded(text))

    def _ready(self, size: int) -> Any:
        """A connection on which the server has accepted our sender; a kept one that fails is replaced once."""
        if self._connection is not None and self._sent_here < _MAILS_PER_CONNECTION:
            try:
                return self._begin(self._connection, size)
            except _Refusal as refusal:
                if not isinstance(refusal.outcome, ServerTrouble):
                    raise
                log.debug("the kept connection is of no use any more; connecting anew")
                self._drop()
        return self._begin(self._connect(), size)

    def _begin(self, connection: "OneAttempt", size: int) -> Any:
        smtp = connection.smtp
        _before_data(smtp.ehlo_or_helo_if_needed)
        limit = str(smtp.esmtp_features.get("size", ""))
        if limit.isdigit() and 0 < int(limit) < size:
            raise _Refusal(MessageRefused(552, f"{size} bytes; the server takes at most {limit}"))
        code, text = _before_data(smtp.mail, self._sender, [f"size={size}"] if "size" in smtp.esmtp_features else [])
        if code != 250:
            # A refused sender is a matter of settings or login, not of this mail; only "too large" is.
            raise _Refusal(MessageRefused(code, _decoded(text)) if code == 552 else ServerTrouble(code, _decoded(text)))
        return smtp

    def _connect(self) -> "OneAttempt":
        from crm_workflows.adapters.mail.mail_attempt import OneAttempt

        self.close()
        self._sent_here = 0
        token = _said(self._token.get) if self._token else ""
        self._connection = OneAttempt(**self._arguments, token=token)
        try:
            _before_data(self._connection.login)
        except _Refusal as refusal:
            self._drop()
            source = self._token
            if source is None or not _is_refused_login(refusal.outcome) or not _said(lambda: source.is_renewed(token)):
                raise
            self._connection = OneAttempt(**self._arguments, token=_said(source.get))
            _before_data(self._connection.login)
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def _watched(self, size: int) -> Iterator[None]:
        """Ends an attempt that a server drags out byte by byte: the limit for one reply does not catch that."""
        limit = self._seconds * _PHASES + size / _SLOWEST_LINE
        watch = threading.Timer(limit, self._cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()
            watch.join()

    def _cut(self) -> None:
        connection = self._connection
        if connection is not None:
            log.warning("a mail server drags out its answers; the connection is cut")
            try:
                connection.cut()
            except OSError as error:
                log.debug("it was over already: %s", type(error).__name__)


def _before_data(step: Any, *arguments: Any) -> Any:
    """A step before the mail is handed over; whatever goes wrong here, the server has not got the mail."""
    try:
        return step(*arguments)
    except (OSError, ValueError) as error:
        # OSError is also the parent of the SMTP library's errors and of TLS errors; ValueError comes from answers that
        # cannot be decoded and from logins that cannot be encoded.
        raise _Refusal(ServerTrouble(max(getattr(error, "smtp_code", 0), 0), _text_of(error))) from error


def _said(asked: Callable[[], _Answer]) -> _Answer:
    """What the source of tokens answers; none to be had is trouble like that of a server."""
    try:
        return asked()
    except MailTrouble as error:
        raise _Refusal(ServerTrouble(0, in_language(error.message, "en"))) from error


def _is_refused_login(outcome: Outcome) -> bool:
    return isinstance(outcome, ServerTrouble) and outcome.code in (334, 535)


def _refused(code: int, text: bytes, finally_: type[RecipientRefused] | type[MessageRefused]) -> Outcome:
    if 500 <= code <= 599 and code not in _NOT_OURS_TO_FAIL:
        return finally_(code, _decoded(text))
    return ServerTrouble(
        max(code, 0), _decoded(text), only_this_mail=400 <= code <= 499 and code not in _NOT_OURS_TO_FAIL
    )


def _stuffed(content: bytes) -> bytes:
    """The mail as DATA wants it (RFC 5321 4.5.2): dots doubled, ended by a dot of its own."""
    body = content if content.endswith(b"\r\n") else content + b"\r\n"
    return _LEADING_DOT.sub(b"..", body) + b".\r\n"


def _text_of(error: Exception) -> str:
    answer = getattr(error, "smtp_error", None)
    return _decoded(answer) if answer else _one_line(str(error) or type(error).__name__)


def _decoded(text: bytes | str) -> str:
    """What the server said, on one line and not endless: it goes into notices and lists."""
    return _one_line(text if isinstance(text, str) else text.decode("utf-8", "replace"))


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:300].strip()
