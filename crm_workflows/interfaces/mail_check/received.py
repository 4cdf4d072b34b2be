"""What the received copy of our own mail says: identifiers, SPF, DKIM and DMARC as the receiver saw them (RFC 8601).

Whether an answer that came the same way would count is asked of intake's own check; it must not judge by a second rule.
"""

import re
from email import message_from_bytes
from email.message import Message
from typing import Final

from crm_workflows.adapters.mail.sender_check import Lookup, SenderCheck
from crm_workflows.domain.mail import authentication
from crm_workflows.domain.mail.incoming import IncomingMail, UnreadableMail
from crm_workflows.domain.mail.parse import read_message
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.interfaces.mail_check.finding import Finding
from crm_workflows.settings import Mailbox, is_loopback

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

INSIDE_ONLY: Final = (
    "只有外来邮件进不了的公司内部邮箱才可设 CRMW_IMAP_TRUST=internal；在此之前请用链接答复",
    "CRMW_IMAP_TRUST=internal fits only a mailbox that no mail from outside can reach; until then answer by the links",
)
ANYBODY: Final = bilingual(
    "CRMW_IMAP_TRUST=internal：不验证发件人；外来邮件能到达此邮箱的，须改为 authenticated",
    "CRMW_IMAP_TRUST=internal takes every sender's word; where mail from outside can come in, set authenticated",
)


def findings_in(
    raw: bytes, message_id: str, sender: str, mailbox: Mailbox, lookup: Lookup | None = None
) -> list[Finding]:
    """Findings about the copy `raw`, in that mailbox, of a mail that left with this Message-ID and sender."""
    mail = message_from_bytes(raw)
    found = [*_identity(mail, message_id), *_authentication(mail, sender.rpartition("@")[2].lower())]
    if not mailbox.is_internal:
        return [*found, _counts(raw, mailbox, lookup)]
    return found if is_loopback(mailbox.host) else [*found, Finding("sender", ANYBODY)]


def _counts(raw: bytes, mailbox: Mailbox, lookup: Lookup | None) -> Finding:
    """Whether intake would take a colleague's answer that came as this mail did; our own is of the same domain."""
    check = SenderCheck({mailbox.name: mailbox.servers}, lookup)
    try:
        incoming = read_message(raw)
        known = check(raw, incoming, f"{mailbox.name}/")
    except UnreadableMail as error:
        return Finding("sender", error.message, ok=False, remedy=_remedy("dkim"))
    if known.passed:
        zh = f"这样到达的答复算数，依据 {known.by}；金额大的可在 policy.yaml 设 reply_code_above，另要验证码"
        en = f"an answer that comes like this counts, as {known.by} vouches for it"
        return Finding("sender", bilingual(zh, f"{en}; with reply_code_above in policy.yaml large ones need a code"))
    zh, en = in_language(known.why, "zh"), in_language(known.why, "en")
    says = bilingual(f"这样到达的答复都不会算数：{zh}", f"no answer that comes like this will count: {en}")
    return Finding("sender", says, ok=False, remedy=_what_fits(incoming, mailbox))


def _what_fits(mail: IncomingMail, mailbox: Mailbox) -> str:
    """Which of the settings to change, by which server has judged this mail and what it said."""
    stated = mail.authentication_results
    server = stated.strip().partition(";")[0].split(" ")[0]
    server = "" if "=" in server else server
    if server and server.lower() not in (name.lower() for name in mailbox.servers):
        named = f"CRMW_IMAP_AUTHSERV_ID={server}"
        is_enough = authentication.judged_by_results(stated, (server,), mail.sender or "").passed
        also_zh, also_en = ("", "") if is_enough else (f"；并{REMEDIES['dkim'][0]}", f"; and {REMEDIES['dkim'][1]}")
        zh = f"若收信服务器 {server} 给每封来信都写验证结果，设 {named}{also_zh}"
        return bilingual(zh, f"set {named} if {server} is your receiving server and judges every mail{also_en}")
    zh, en = REMEDIES["dkim"]
    if mailbox.servers and not server:
        zh = f"删去 CRMW_IMAP_AUTHSERV_ID={mailbox.authserv_id}，由本程序验证签名；{zh}"
        en = f"leave out CRMW_IMAP_AUTHSERV_ID={mailbox.authserv_id}, so that we check signatures ourselves; {en}"
    return bilingual(f"{zh}；{INSIDE_ONLY[0]}", f"{en}; {INSIDE_ONLY[1]}")


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
        is_signed = any(authentication.is_aligned(signer, domain) for signer in signers)
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


def _header(mail: Message, name: str) -> str:
    return next(iter(_headers(mail, name)), "")


def _headers(mail: Message, name: str) -> list[str]:
    return [" ".join(str(value).split()) for value in mail.get_all(name, [])]
