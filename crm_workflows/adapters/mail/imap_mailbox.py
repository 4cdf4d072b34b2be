"""Fetches the mails of an IMAP mailbox by UID and leaves it as it was, by IMAPClient.

The folder is opened for reading only, so that no mail is marked as seen and people may use the mailbox beside us. What
has been fetched is remembered by the caller as a watermark. It must not read mails, delete them or decide what is a
repeat.
"""

import imaplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError, ProtocolError

from crm_workflows.adapters.mail.access_token import AccessToken
from crm_workflows.adapters.mail.imap_heads import HEAD, authentication_sentence, head_of
from crm_workflows.domain.errors import MailTrouble
from crm_workflows.domain.text import counted

_REFUSALS: Final = (IMAPClientError, imaplib.IMAP4.error, ProtocolError)
# What IMAPClient 4 stumbles over when a server's answer lacks what the protocol demands.
_NOT_IMAP: Final = (AttributeError, KeyError, IndexError, TypeError, ValueError)
_LOST: Final = (IMAPClientAbortError, ProtocolError, OSError, *_NOT_IMAP)
"""After these a connection is of no more use: the server said BYE, hung up, fell silent or sent what cannot be read."""

Watermark = tuple[int, int]
"""UIDVALIDITY of the folder and the last UID fetched; a folder made anew counts its UIDs anew (RFC 3501 §2.3.1.1)."""

_AT_ONCE: Final = 200  # mails whose sizes are asked for together


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """Where the mailbox is; `timeout` in seconds holds for connecting and for each answer of the server."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    security: Literal["none", "starttls", "ssl"] = "ssl"
    folder: str = "INBOX"
    timeout: float = 30.0
    token: AccessToken | None = field(default=None, repr=False)
    """In place of the password (XOAUTH2)."""


@dataclass(frozen=True, slots=True)
class FetchedMail:
    """A mail as the server keeps it; `raw` is None when `size` (bytes) is over the limit it was fetched with.

    Of such a mail `head` has the headers, or as much of them as is looked at.
    """

    uid: int
    uidvalidity: int
    size: int
    raw: bytes | None
    head: bytes = b""
    is_refused: bool = False
    """The server does not hand it out, whatever its size."""


class ImapMailbox:
    """One folder of one account; every call opens its own connection."""

    def __init__(self, settings: ImapSettings) -> None:
        self._settings = settings
        self._is_one_by_one = False

    def fetch_new(
        self,
        watermark: Watermark | None,
        limit: int,
        since: Callable[[], date | None] = lambda: None,
        limit_for: Callable[[bytes], int] = lambda _head: 0,
        is_given_up: Callable[[int], bool] = lambda _uid: False,
    ) -> Iterator[FetchedMail]:
        """The mails after `watermark` in the order of their UIDs, all of them when it is None.

        Where the folder was made anew since: its mails of the day that `since` gives and later, all if it gives none.
        Mails over `limit` bytes are only reported, with their headers, unless `limit_for` the headers allows so many.
        One that the server refuses, or over which it hangs up, stops or sends what cannot be read, is trouble unless
        `is_given_up` says of its UID that those behind it shall come.
        Nothing is marked as seen. Raises MailTrouble.
        """
        with self.opened() as (client, folder):
            uidvalidity = self._uidvalidity(folder)
            is_same = watermark is not None and watermark[0] == uidvalidity
            last = watermark[1] if watermark and is_same else 0
            first_day = since() if watermark and not is_same else None
            wanted = ["SINCE", first_day] if first_day else ["UID", f"{last + 1}:*"]
            # A server answers "n:*" with its last mail even when n is beyond it.
            uids = sorted(uid for uid in client.search(wanted) if uid > last)
            for start in range(0, len(uids), _AT_ONCE):
                batch = uids[start : start + _AT_ONCE]
                sizes = self._sizes(client, batch)
                for uid in batch:
                    is_lost = False
                    try:
                        mail = self._fetch(client, uid, uidvalidity, sizes.get(uid), limit, limit_for)
                    except (*_LOST, *_REFUSALS) as error:
                        if not is_given_up(uid):
                            raise
                        is_lost = isinstance(error, _LOST)
                        head = self._head_anew(client, uid) if is_lost else head_of(client, uid)
                        mail = FetchedMail(uid, uidvalidity, sizes.get(uid, 0), None, head, is_refused=True)
                    if mail is not None:
                        yield mail
                    if is_lost:
                        return  # what lies behind it comes with the next look
            self._is_one_by_one = False

    def _sizes(self, client: IMAPClient, uids: list[int]) -> dict[int, int]:
        """The bytes of each mail; none where the last look failed over them, so that it is known over which."""
        if self._is_one_by_one:
            return {}
        self._is_one_by_one = True
        stated = client.fetch(uids, ["RFC822.SIZE"])
        self._is_one_by_one = False
        return {uid: content[b"RFC822.SIZE"] for uid, content in stated.items()}

    def _head_anew(self, lost: IMAPClient, uid: int) -> bytes:
        """The headers on a connection of their own, since the other is lost; empty where this one is lost as well.

        Raises MailTrouble where the server lets nobody in: then it is in trouble, and not the mail.
        """
        _leave(lost, politely=False)
        with self.opened() as (client, _):
            with suppress(*_LOST):
                return head_of(client, uid)
            return b""

    def newest(self) -> Watermark:
        """The watermark after which only mails of the future come. Raises MailTrouble."""
        with self.opened() as (client, folder):
            return self._uidvalidity(folder), max(client.search(["ALL"]), default=0)

    def holds(self, message_id: str) -> bool:
        """Whether a mail of this Message-ID is in the folder. Raises MailTrouble."""
        with self.opened() as (client, _):
            return bool(client.search(["HEADER", "Message-ID", message_id]))

    def check(self) -> list[str]:
        """What a person who connects the mailbox wants to know, one sentence a line. Raises MailTrouble."""
        with self.opened() as (client, folder):
            found = [self._connection_sentence(), _folder_sentence(self._settings.folder, folder[b"EXISTS"])]
            if client.has_capability("ID"):
                found.append("服务器要求或支持 ID，已发送 / The server knows the ID command; it was sent")
            found.append(authentication_sentence(client))
        return found

    @staticmethod
    def _fetch(
        client: IMAPClient, uid: int, uidvalidity: int, size: int | None, limit: int, limit_for: Callable[[bytes], int]
    ) -> FetchedMail | None:
        """One mail; None when somebody deleted it meanwhile."""
        if size is None:
            stated = client.fetch([uid], ["RFC822.SIZE"]).get(uid)
            if stated is None:
                return None
            size = int(stated[b"RFC822.SIZE"])
        if size > limit:
            head = head_of(client, uid)
            limit = limit_for(head)
            if size > limit:
                return FetchedMail(uid, uidvalidity, size, None, head)
        content = client.fetch([uid], ["BODY.PEEK[]"]).get(uid)
        if content is None:
            return None
        raw = content.get(b"BODY[]") or b""
        # Some servers state a size and deliver another one.
        if len(raw) > limit:
            head = raw[:HEAD].partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            if len(raw) > limit_for(head):
                return FetchedMail(uid, uidvalidity, len(raw), None, head)
        return FetchedMail(uid, uidvalidity, max(size, len(raw)), raw)

    def _uidvalidity(self, folder: dict[bytes, Any]) -> int:
        stated = folder.get(b"UIDVALIDITY")
        if not isinstance(stated, int):
            raise self.trouble("没有给出 UIDVALIDITY", "it states no UIDVALIDITY")
        return stated

    @contextmanager
    def opened(self) -> Iterator[tuple[IMAPClient, dict[bytes, Any]]]:
        """A connection that is logged in, with the folder open for reading only; every failure becomes MailTrouble."""
        client: IMAPClient | None = None
        politely = False
        try:
            client = self._connected()
            self._log_in(client)
            yield client, client.select_folder(self._folder(client), readonly=True)
            politely = True
        except LoginError as error:
            raise self.trouble(f"拒绝登录：{_words(error)}", f"it refuses the login: {_words(error)}") from error
        except CapabilityError as error:
            raise self.trouble("不支持所设的加密方式", "it does not support the kind of encryption set") from error
        except ssl.SSLError as error:
            raise self.trouble(
                f"加密连接不可信：{_words(error)}", f"its encryption is not trusted: {_words(error)}"
            ) from error
        except TimeoutError as error:
            raise self.trouble("没有及时应答", "it did not answer in time") from error
        except OSError as error:
            raise self.trouble(f"连接不上：{_words(error)}", f"it cannot be reached: {_words(error)}") from error
        except (*_REFUSALS, *_NOT_IMAP) as error:
            raise self.trouble(f"出错：{_words(error)}", f"it failed: {_words(error)}") from error
        finally:
            if client is not None:
                _leave(client, politely)

    def _folder(self, client: IMAPClient) -> str:
        """The folder by its name, or by its use (RFC 6154) where that is set: `\\Junk` has a name in every language."""
        folder = self._settings.folder
        if not folder.startswith("\\"):
            return folder
        found = client.find_special_folder(folder.encode())
        if found is None:
            raise self.trouble(f"没有用途为 {folder} 的文件夹", f"it has no folder for {folder}")
        return str(found)

    def _connected(self) -> IMAPClient:
        settings = self._settings
        timeout = SocketTimeout(settings.timeout, settings.timeout)
        return IMAPClient(settings.host, settings.port, ssl=settings.security == "ssl", timeout=timeout)

    def _log_in(self, client: IMAPClient) -> None:
        if self._settings.security == "starttls":
            client.starttls()
        user, password, token = self._settings.user, self._settings.password, self._settings.token
        if token is not None:
            self._log_in_by_token(client, token)
        else:
            # LOGIN takes ASCII only in the standard library.
            (client.login if (user + password).isascii() else client.plain_login)(user, password)
        if client.has_capability("ID"):
            # NetEase (163, 126) refuses to open a folder to a client that has not named itself.
            client.id_({"name": "crm-workflows", "version": "1"})

    def _log_in_by_token(self, client: IMAPClient, token: AccessToken) -> None:
        first = token.get()
        try:
            client.oauth2_login(self._settings.user, first)
        except LoginError:
            if not token.is_renewed(first):
                raise
            client.oauth2_login(self._settings.user, token.get())

    def trouble(self, chinese: str, english: str) -> MailTrouble:
        """The trouble of this server, to be raised."""
        where = f"{self._settings.host}:{self._settings.port}"
        return MailTrouble(f"收信服务器 {where} {chinese} / The mailbox server at {where}: {english}")

    def _connection_sentence(self) -> str:
        settings = self._settings
        kind = {"none": "未加密 / unencrypted", "starttls": "STARTTLS / STARTTLS", "ssl": "TLS / TLS"}[
            settings.security
        ]
        chinese, _, english = kind.partition(" / ")
        return (
            f"已以 {settings.user} 登录 {settings.host}:{settings.port}（{chinese}） / "
            f"Logged in at {settings.host}:{settings.port} as {settings.user} ({english})"
        )


def _leave(client: IMAPClient, politely: bool) -> None:
    """Close the connection; to a server in trouble without a word, since its answer would have to be waited for."""
    with suppress(OSError, *_REFUSALS, *_NOT_IMAP):
        if politely:
            client.logout()
    with suppress(OSError, *_REFUSALS):
        client.shutdown()


def _folder_sentence(folder: str, count: int) -> str:
    return f"文件夹 {folder} 里有 {count} 封邮件 / The folder {folder} holds {counted(count, 'mail', 'mails')}"


def _words(error: BaseException) -> str:
    """What a library's error says, on one line."""
    said = error.args[-1] if error.args else ""
    said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join(said.split())[:200] or type(error).__name__
