"""What the mailbox shows beside the bytes of a mail: its kind, what it is about, how it is answered, its length.

It must not read the answer in a mail, and leaves a mail of somebody else unnamed: only the outbox knows our own.
"""

import base64
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Final

from crm_workflows.domain.messages import TITLES
from crm_workflows.domain.records import Message, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.ports import Store

ANSWERS_TO: Final = "approvals"
OWN_ID: Final = re.compile(r"<crmw\.[^.<>@]*\.([0-9a-f]{20})@[^<>@]+>")
ASKING: Final = frozenset(
    ["approval_request", "task_request", "documents_request", "reminder", "unclear", "refused", "start_confirmation"]
)
"""Messages after which an answer is still wanted."""
HINTS: Final = {
    "approval": bilingual(
        "第一行写邮件中所列的一句，例如：同意",
        "one of the answers listed in the mail on the first line, such as: approve",
    ),
    "documents": bilingual("附上文件即可，不需要写答复用语", "just attach the files; no answering word is needed"),
    "task": bilingual("请打开邮件中的链接填写表单", "please open the link in the mail and fill in the form"),
}


@dataclass(frozen=True)
class About:
    """One of our mails: the title of its message, the title of what it is about (labels), and how it is answered."""

    kind: str
    title: str = ""
    hint: str = ""


def abouts(store: Store, message_ids: Iterable[str]) -> dict[str, About]:
    """What is known of the mails with these Message-IDs; one that is not ours is left out."""
    ours = {found.group(1): each for each in message_ids if (found := OWN_ID.fullmatch(each.strip()))}
    with store.read() as reader:
        rows = reader.columns(Message, "id", "template", "context", "request", id=list(ours))
        asked = {request for *_, request in rows if request}
        kinds = dict(reader.columns(Request, "id", "kind", id=list(asked)))
    return {
        ours[identity]: About(TITLES[template], _title(context), _hint(template, kinds.get(request)))
        for identity, template, context, request in rows
    }


def is_answer_to_us(address: str) -> bool:
    """True for the address that answers go to, by which nobody is told from anybody else."""
    return address.lower().startswith((f"{ANSWERS_TO}@", f"{ANSWERS_TO}+"))


def _title(context: Mapping[str, Any]) -> str:
    asked = context.get("request")
    return str((asked if isinstance(asked, Mapping) else context).get("title", ""))


def _hint(template: str, kind: str | None) -> str:
    return HINTS.get(kind or "", "") if template in ASKING else ""


def with_pictures(html: str, message: EmailMessage) -> str:
    """The HTML part with the pictures that came with it put in (RFC 2392): it may load nothing."""
    for part in message.walk():
        name, content = (part["Content-ID"] or "").strip("<> "), part.get_payload(decode=True)
        if name and part.get_content_maintype() == "image" and isinstance(content, bytes):
            held = f"data:{part.get_content_type()};base64,{base64.b64encode(content).decode()}"
            html = html.replace(f"cid:{name}", held)
    return html


TALLEST: Final = 8000
"""Where a frame scrolls all the same: a mail of a megabyte must not make a page of a kilometre."""


@dataclass(frozen=True)
class Screen:
    """How a mail is set on screens of one kind; `columns` half-width characters to a line, the rest in pixels."""

    columns: int
    line: int
    block: int
    """What a line of the plain part takes more in the HTML part: padding, headings."""
    around: int
    """Band, button, margins and foot."""


NARROW: Final = Screen(columns=28, line=23, block=14, around=64)
WIDE: Final = Screen(columns=68, line=22, block=15, around=144)
"""Fitted to all examples in Chromium at 360 and 1280 px: none needs to scroll, most are a sixth too high."""


def height_of(text: str, screen: Screen) -> int:
    """A height in pixels in which the HTML part of a mail with this plain part can be read without scrolling.

    Generous, since nobody knows the reader's fonts.
    """
    told = [line for line in text.splitlines() if line.strip()]
    lines = sum(-(-_columns(line) // screen.columns) for line in told)
    return min(TALLEST, screen.around + screen.line * lines + screen.block * len(told))


def _columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)
