"""yagmail's connection and login to a mail server, without its sending. It must not send: `mail_out` does.

A module of its own because yagmail brings a library for signatures and one for names, which take a fifth of a second to
import; nobody needs them before the first mail.
"""

import socket
from typing import Any, NoReturn

import yagmail


class OneAttempt(yagmail.SMTP):  # type: ignore[misc]
    """yagmail's connection and login; nothing that sends, waits or asks at the keyboard."""

    def __init__(self, *, user: str, password: str, token: str, starttls: bool | dict[str, Any], **kwargs: Any) -> None:
        """`token` logs in by XOAUTH2 in place of the password; without `user` nobody is logged in."""
        # yagmail appends @gmail.com to a bare login name, so the name is set afterwards.
        super().__init__(
            user=user or "nobody@localhost",
            password=password,
            smtp_starttls=starttls,
            smtp_skip_login=not user or bool(token),
            soft_email_validation=False,
            **kwargs,
        )
        self.user = user
        self._token = token
        self.set_logging(None)

    def login(self) -> None:
        """Connect and log in; raises what the library raises."""
        super().login()
        if self._token:
            self.smtp.ehlo_or_helo_if_needed()
            self.smtp.auth("XOAUTH2", self._xoauth2)

    def _xoauth2(self, challenge: bytes | None = None) -> str:
        """Name and token at once; a challenge only tells why they were refused, and is answered by nothing."""
        return "" if challenge is not None else f"user={self.user}\x01auth=Bearer {self._token}\x01\x01"

    @property
    def connection(self) -> type[Any]:
        """The library's class, made known here before it connects, so that a dragging greeting can be cut too."""
        owner, library = self, super().connection

        class Known(library):  # type: ignore[misc, valid-type]
            def connect(self, *arguments: Any, **options: Any) -> Any:
                owner.smtp = self
                return super().connect(*arguments, **options)

        return Known

    def _attempt_send(self, *arguments: Any, **options: Any) -> NoReturn:
        raise NotImplementedError("mail leaves through SmtpTransport.deliver only")

    send_unsent = send = _attempt_send

    def cut(self) -> None:
        """End the connection under a thread that waits on it; below TLS, which is in the middle of a read."""
        sock = getattr(self.smtp, "sock", None)
        if sock is not None:
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Without waiting for a server that no longer answers."""
        self.is_closed = True
        if self.smtp is not None:
            self.smtp.close()
