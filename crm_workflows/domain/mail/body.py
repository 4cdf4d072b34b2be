"""Which text of a mail is its body, and how it is made readable. It must not cut quotes: `visible_text` does."""

import re
from typing import Final

from crm_workflows.domain.mail.attachments import is_file
from crm_workflows.domain.mail.html_text import html_to_text
from crm_workflows.domain.mail.parts import Part
from crm_workflows.domain.mail.versions import best_version

_ENTITIES: Final = {"&nbsp;": " ", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}
_QUOTES_OF_FLOWED: Final = re.compile(r">*")
_NOT_PROSE: Final = frozenset({"text/calendar", "text/x-vcard", "text/vcard", "text/css", "text/rfc822-headers"})


def read_body(root: Part) -> str:
    """The text a person wrote, with quotes as they were marked; empty when there is none."""
    return _text_of(root, inside="").strip("\n")


def _text_of(part: Part, inside: str) -> str:
    media_type, children = part.media_type(), part.children()
    if media_type.startswith("message/"):
        return ""
    if media_type == "multipart/alternative" and children:
        return best_version([(child.media_type(), _text_of(child, media_type)) for child in children])
    if children:
        # Apple Mail splits one text around its attachments; of related parts the first is all the text (RFC 2387).
        taken = children[:1] if media_type == "multipart/related" else children
        return "\n".join(text for child in taken if (text := _text_of(child, media_type)))
    # A multipart without parts is a broken mail whose text is worth showing.
    prose = media_type.startswith(("text/", "multipart/")) and media_type not in _NOT_PROSE
    if not prose or is_file(part, inside):
        return ""
    if media_type == "text/html":
        return html_to_text(part.text())
    text = plain_text(part.text())
    flowed = part.parameter("content-type", "format").lower() == "flowed"
    return unflowed(text, part.parameter("content-type", "delsp").lower() == "yes") if flowed else text


def plain_text(text: str) -> str:
    """`text` with one kind of line end, and the entities that QQ mail leaves in plain text resolved."""
    text = re.sub(r"\r\n?", "\n", text)
    if "&nbsp;" in text:
        for entity, char in _ENTITIES.items():
            text = text.replace(entity, char)
    return text


def unflowed(text: str, delsp: bool = False) -> str:
    """`text` of format=flowed with its soft line breaks taken out (RFC 3676 §4), so that one line is read as one.

    A line that ends with a space goes on in the next of the same depth of quotes; with `delsp` that space goes too.
    """
    lines: list[str] = []
    depth, goes_on = -1, False
    for line in text.split("\n"):
        quotes = _QUOTES_OF_FLOWED.match(line)
        marks = quotes[0] if quotes else ""
        said = line[len(marks) :].removeprefix(" ")  # space-stuffing
        signature = said == "-- "
        if goes_on and len(marks) == depth and not signature:
            lines.append(said)
        else:
            lines.append(("\n" if depth >= 0 else "") + marks + (" " if marks else "") + said)
        depth, goes_on = len(marks), said.endswith(" ") and not signature
        if goes_on and delsp:
            lines[-1] = lines[-1][:-1]
    return "".join(lines)
