"""What the received copy of our own mail says: identifiers, SPF, DKIM and DMARC as the receiver saw them (RFC 8601).

It must not verify signatures itself: what counts is what receivers find.
"""

import re
from email import message_from_bytes
from email.message import Message
from typing import Final

from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.mail_check.finding import Finding
from crm_workflows.settings import Mailbox

METHODS: Final = ("spf", "dkim", "dmarc")
RESULT: Final = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)
SIGNER: Final = re.compile(r"\bd\s*=\s*([A-Za-z0-9.-]{1,253})")
REMEDIES: Final = {
    "spf": (
        "在发件域名的 DNS 中加 TXT 记录，按服务商说明写 include（如 v=spf1 include:… ~all）",
        "add a TXT record to the DNS of the sender's domain that includes the provider (v=spf1 include:… ~all)",
    ),
    "dkim": (
        "在服务商处开启 DKIM 签名，并把它给出的公钥加到发件域名的 DNS",
        "switch DKIM signing on at the provider, and add the key that it shows to the DNS of the sender's domain",
    ),
    "dmarc": (
        "SPF 或 DKIM 的域名须与发件域名一致；再加 _dmarc 的 TXT 记录（v=DMARC1; p=none; …）",
        "the domain of SPF or DKIM must be the sender's; then add the TXT record _dmarc (v=DMARC1; p=none; …)",
    ),
}


def findings_in(raw: bytes, message_id: str, sender: str, mailbox: Mailbox) -> list[Finding]:
    """Findings about the copy `raw`, in that mailbox, of a mail that left with this Message-ID and sender."""
    mail = message_from_bytes(raw)
    found = [*_identity(mail, message_id), *_authentication(mail, sender.rpartition("@")[2].lower())]
    return found if mailbox.is_internal else [*found, *_whose_word(mail, mailbox)]


def _whose_word(mail: Message, mailbox: Mailbox) -> list[Finding]:
    """Whether the server named in the settings is the one that writes the topmost results."""
    stated = _header(mail, "Authentication-Results").partition(";")[0].split(" ")[0]
    server = "" if "=" in stated else stated
    if not mailbox.servers:
        if not server:
            return []
        says = bilingual(f"收信服务器 {server} 写明验证结果", f"the receiving server {server} states what it found")
        zh = f"若它给每封来信都写，可设 CRMW_IMAP_AUTHSERV_ID={server}，以它为准；不设则由本程序验证签名"
        en = f"set CRMW_IMAP_AUTHSERV_ID={server} if it does so on every mail; else we check signatures ourselves"
        return [Finding("sender", says, remedy=bilingual(zh, en))]
    if server.lower() in (name.lower() for name in mailbox.servers):
        return []
    zh, en = (f"最上面的验证结果来自 {server}", f"the topmost results are those of {server}")
    if not server:
        zh, en = "最上面的验证结果没有写明来自哪个服务器", "the topmost results name no server"
    named = mailbox.authserv_id
    advice = bilingual(
        f"CRMW_IMAP_AUTHSERV_ID={named} 与此不符，外来答复都不会算数：请改正，或删去而由本程序验证签名",
        f"CRMW_IMAP_AUTHSERV_ID={named} does not fit, so no answer will count: correct it, or leave it out",
    )
    return [Finding("sender", bilingual(zh, en), ok=False, remedy=advice)]


def _identity(mail: Message, message_id: str) -> list[Finding]:
    """Answers without the plus part are told by the Message-ID of the mail that they answer."""
    if _header(mail, "Message-ID") == message_id:
        return []
    zh = "服务商改写了 Message-ID：邮件不会归为一个会话，只能靠带加号的地址识别答复"
    en = "the provider replaces the Message-ID: mails form no conversation, and only plus addresses tell answers"
    advice = bilingual(
        "改用不改写的提交服务器（如 SMTP 提交而非群发接口）；不要设 CRMW_REPLY_TO=plain",
        "submit by a server that keeps it (SMTP submission, no bulk service); do not set CRMW_REPLY_TO=plain",
    )
    return [Finding("sender", bilingual(zh, en), ok=False, remedy=advice)]


def _authentication(mail: Message, domain: str) -> list[Finding]:
    """The topmost results are those of the receiver; further down anybody may have written them."""
    stated = _header(mail, "Authentication-Results")
    if not stated:
        signers = [found[1].lower() for found in map(SIGNER.search, _headers(mail, "DKIM-Signature")) if found]
        is_signed = any(_is_aligned(signer, domain) for signer in signers)
        zh = "收信方没有写明 SPF/DKIM 结果（内部邮件常如此）"
        zh += "；有本域名的 DKIM 签名" if is_signed else "；没有本域名的 DKIM 签名"
        en = "the receiver states no SPF/DKIM results (usual within one house); "
        en += "there is a DKIM signature of our domain" if is_signed else "there is no DKIM signature of our domain"
        return [Finding("sender", bilingual(zh, en), remedy="" if is_signed else _remedy("dkim"))]
    results = {method.lower(): result.lower() for method, result in reversed(RESULT.findall(stated))}
    return [_one(method, results.get(method)) for method in METHODS if method in results or method != "dmarc"]


def _one(method: str, result: str | None) -> Finding:
    if result == "pass":
        return Finding("sender", bilingual(f"{method.upper()} 通过", f"{method.upper()} passes"))
    zh, en = (f"结果为 {result}", f"is {result}") if result else ("没有结果", "has no result")
    says = bilingual(
        f"{method.upper()} {zh}：外部收件人可能拒收或放入垃圾箱", f"{method.upper()} {en}: others may refuse it"
    )
    return Finding("sender", says, ok=False, remedy=_remedy(method))


def _remedy(method: str) -> str:
    return bilingual(*REMEDIES[method])


def _is_aligned(signer: str, domain: str) -> bool:
    return signer == domain or domain.endswith(f".{signer}") or signer.endswith(f".{domain}")


def _header(mail: Message, name: str) -> str:
    return next(iter(_headers(mail, name)), "")


def _headers(mail: Message, name: str) -> list[str]:
    return [" ".join(str(value).split()) for value in mail.get_all(name, [])]
