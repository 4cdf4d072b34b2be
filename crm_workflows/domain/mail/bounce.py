"""Which mail could not be delivered, from a delivery report in any of its forms. It must not decide what follows."""

import re
from collections.abc import Iterator
from typing import Final

from crm_workflows.domain.mail.automatic import is_machine_address
from crm_workflows.domain.mail.incoming import Bounce
from crm_workflows.domain.mail.parts import Part

_SEARCHED: Final = 200_000  # characters of the text in which an older report is looked for
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|non[- ]?deliver|not deliver|deliver(?:y|ed)?\b.{0,30}(?:fail|status|notif|problem|error|delay|warning)|"
    r"fail(?:ure|ed)\b.{0,20}(?:deliver|notice|mail)|failure notice|returned mail|returning (?:message )?to sender|"
    r"mail (?:system )?error|could not be (?:sent|delivered)|delayed mail|message delayed|rejected|"
    r"退信|退件|无法投递|無法投遞|投递失败|投递延迟|未送达|无法送达|未能送达|无法传递|未传递|发送失败|"
    r"unzustellbar|remise impossible|non remis|no entregado|недоставл",
    re.IGNORECASE,
)
_DELAYED = re.compile(r"delay|still being retried|warning|延迟|推迟|verzögert", re.IGNORECASE)
_MESSAGE_ID = re.compile(
    r"^[> \t]{0,8}message-id[ \t]{0,3}:[ \t]{0,8}(?:\r?\n[ \t]{1,8})?(<[^<>\s]{3,900}>)", re.IGNORECASE | re.MULTILINE
)
_RECIPIENT = re.compile(
    r"^[ \t]{0,8}(?:final|original)-recipient:[ \t]{0,8}[\w-]{0,20};?[ \t]{0,8}<?([^\s<>;]{1,300}@[^\s<>;]{1,300})>?",
    re.IGNORECASE | re.MULTILINE,
)
_LONE_ADDRESS = re.compile(
    r"^[ \t*-]{0,8}<?([^\s<>:;,()\"]{1,120}@[^\s<>:;,()\"]{1,200})>?[ \t]{0,4}:?[ \t]{0,4}(?:\(|$)", re.MULTILINE
)
_QUOTED_TO = re.compile(r"^[> \t]{0,8}to:[ \t]{0,8}([^\r\n]{3,900})", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ACTIONS: Final = ("failed", "delayed", "delivered", "relayed", "expanded")


def read_bounce(root: Part, text: str) -> Bounce | None:
    """The delivery report that a mail is, or None; `text` is its body, for reports without a machine-readable part."""
    blocks = list(_status_blocks(root))
    if blocks:
        return _from_status(root, blocks, text)
    if _looks_like_bounce(root):
        action = "delayed" if _DELAYED.search(root.header("subject")) else "failed"
        failed = _addresses(root.header("x-failed-recipients")) or _named_in(text) or _sent_to(root, text)
        status = _STATUS.search(text[:_SEARCHED])
        return Bounce(action, failed, _original_id(root, text), status[1] if status else "")
    return None


def _looks_like_bounce(root: Part) -> bool:
    if root.raw_headers("x-failed-recipients"):
        return True
    sender = root.header("from")
    if "mailer-daemon" in sender.lower():
        return True
    null_path = any(value.strip() == "<>" for value in root.raw_headers("return-path"))
    return (null_path or is_machine_address(sender)) and bool(_BOUNCE_SUBJECT.search(root.header("subject")))


def _from_status(root: Part, blocks: list[Part], text: str) -> Bounce:
    recipients: list[str] = []
    actions: list[str] = []
    statuses: list[str] = []
    for block in blocks:
        address = block.header("original-recipient") or block.header("final-recipient")
        if address:
            recipients.append(address.rpartition(";")[2].strip(" <>"))
        actions.append(block.header("action").partition(" ")[0].lower())
        statuses += _STATUS.findall(block.header("status"))
    action = next((known for known in _ACTIONS if known in actions), "failed")
    return Bounce(action, tuple(dict.fromkeys(recipients)), _original_id(root, text), statuses[0] if statuses else "")


def _status_blocks(part: Part) -> Iterator[Part]:
    """The groups of fields of a message/delivery-status part (RFC 3464 §2.1), not of one in an attached mail."""
    if part.media_type() == "message/delivery-status":
        yield from part.children()
    elif part.media_type().startswith("multipart/"):
        for child in part.children():
            yield from _status_blocks(child)


def _original_id(root: Part, text: str) -> str:
    """The Message-ID of the mail that the report is about."""
    for part in _parts(root):
        if part.media_type() in ("message/rfc822", "message/global") and part.children():
            found = part.children()[0].header("message-id")
            if found:
                return found
        if part.media_type() in ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
            stated = _MESSAGE_ID.search(part.text()[:_SEARCHED])
            if stated:
                return stated[1]
    stated = _MESSAGE_ID.search(text[:_SEARCHED])
    return stated[1] if stated else ""


def _parts(part: Part) -> Iterator[Part]:
    yield part
    if part.media_type().startswith("multipart/"):
        for child in part.children():
            yield from _parts(child)


def _sent_to(root: Part, text: str) -> tuple[str, ...]:
    """The recipients of the returned mail, where the report itself names none."""
    returned = [child for part in _parts(root) if part.media_type() == "message/rfc822" for child in part.children()]
    quoted = _QUOTED_TO.search(text[:_SEARCHED])
    return _addresses(returned[0].header("to") if returned else quoted[1] if quoted else "")


def _addresses(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"[^\s<>,;]{1,300}@[^\s<>,;]{1,300}", value)))


def _named_in(text: str) -> tuple[str, ...]:
    searched = text[:_SEARCHED]
    return tuple(dict.fromkeys(_RECIPIENT.findall(searched) or _LONE_ADDRESS.findall(searched)[:5]))
