"""Finds out whether mail is from whom it says, as the mailbox it came to asks for (mail.md, Who). It decides nothing.

Mail of the embedded server never left this machine. An outside mailbox names the server whose word it takes; without
one the signature is checked here (DKIM, RFC 6376), by dkimpy, which is imported when it is needed: apart, since blanks
without end keep its patterns busy for minutes.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from crm_workflows.domain.mail import authentication
from crm_workflows.domain.mail.authentication import INTERNAL, Authentication
from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Apart, not_apart

OUTSIDE: Final = "imap:"
"""How the names of mailboxes begin that are not the embedded server's."""
LARGEST: Final = 1024 * 1024
"""Bytes of a mail whose signature is checked; no larger one decides anything."""
MOST_SIGNATURES: Final = 3
WEAKEST_KEY: Final = 1024
"""Bits (RFC 8301 §3.2)."""
SECONDS: Final = 5.0
SIGNED: Final = {b"from", b"to", b"subject"}
"""What a signature must cover: the sender, and what says to which request the answer belongs."""
Lookup = Callable[..., bytes | None]
"""The TXT record of a name (bytes), None where there is none; takes `timeout` in seconds."""


class SenderCheck:
    """By the name of a mailbox the servers whose word is taken there; none: signatures count, None: everybody's word.

    A mailbox that is named no more is asked for signatures.
    """

    def __init__(
        self, servers: Mapping[str, tuple[str, ...] | None], lookup: Lookup | None = None, apart: Apart = not_apart
    ) -> None:
        self._servers, self._lookup, self._apart = dict(servers), lookup or txt_record, apart

    def __call__(self, raw: bytes, mail: IncomingMail, mailbox: str) -> Authentication:
        """What is known of the sender of a mail that came to `mailbox`; UnreadableMail where that took too long."""
        known = [servers for name, servers in self._servers.items() if mailbox.startswith(f"{name}/")]
        servers = known[0] if known else ()
        if servers is None or not mailbox.startswith(OUTSIDE):
            return INTERNAL
        if servers:
            return authentication.judged_by_results(mail.authentication_results, servers, mail.sender or "")
        return self._apart(_judged_by_signatures, raw, mail.sender or "", self._lookup)


def _judged_by_signatures(raw: bytes, address: str, lookup: Lookup) -> Authentication:
    domain = address.rpartition("@")[2]
    signatures = 0 if len(raw) > LARGEST else MOST_SIGNATURES
    for index in range(signatures):
        signer = _signer(raw, index, domain, lookup)
        if signer:
            return Authentication("dkim", True, signer)
    zh = f"邮件没有 {domain} 的有效签名（DKIM），不能确认确实来自 {address}"
    en = f"the mail has no valid signature (DKIM) of {domain}, so that it is not certain to be from {address}"
    return Authentication("dkim", False, "", bilingual(zh, en))


def _signer(raw: bytes, index: int, domain: str, lookup: Lookup) -> str:
    """The domain of the signature with this number, if it holds, covers enough and is the sender's; else empty."""
    import dkim
    from dns.exception import DNSException

    try:
        checked: Any = dkim.DKIM(raw, minkey=WEAKEST_KEY, timeout=int(SECONDS))
        holds = checked.verify(index, dnsfunc=lookup)
    except (dkim.DKIMException, ValueError, LookupError, DNSException):
        # Malformed in some way: no signature of anybody.
        return ""
    if not holds:
        return ""
    fields = checked.signature_fields
    covered = {name.strip().lower() for name in fields[b"h"].split(b":")}
    signer = fields[b"d"].decode("ascii", "replace").lower()
    # With l= anything can be added below what was signed.
    is_whole = b"l" not in fields and covered >= SIGNED
    return signer if is_whole and authentication.is_aligned(signer, domain) else ""


def txt_record(name: bytes, timeout: float = SECONDS) -> bytes | None:
    """Asks the name servers of this machine; None where there is no record or no answer in time."""
    import dns.exception
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name.decode("ascii"), "TXT", lifetime=timeout, search=False)
    except (dns.exception.DNSException, UnicodeError):
        return None
    return b"".join(answer[0].strings)
