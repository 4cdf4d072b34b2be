"""Which text of a mail is its body, and how it is made readable. It must not cut quotes: `visible_text` does."""

import re
from typing import Final

from crm_workflows.domain.mail.attachments import is_file
from crm_workflows.domain.mail.html_text import html_to_text
from crm_workflows.domain.mail.parts import Part

_ENTITIES: Final = {"&nbsp;": " ", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}
_NOT_PROSE: Final = frozenset({"text/calendar", "text/x-vcard", "text/vcard", "text/css", "text/rfc822-headers"})


def read_body(root: Part) -> str:
    """The text a person wrote, with quotes as they were marked; empty when there is none."""
    return _text_of(root, inside="").strip("\n")


def _text_of(part: Part, inside: str) -> str:
    media_type, children = part.media_type(), part.children()
    if media_type.startswith("message/"):
        return ""
    if media_type == "multipart/alternative" and children:
        return _best([(child.media_type(), _text_of(child, media_type)) for child in children])
    if children:
        # Apple Mail splits one text around its attachments; of related parts the first is all the text (RFC 2387).
        taken = children[:1] if media_type == "multipart/related" else children
        return "\n".join(text for child in taken if (text := _text_of(child, media_type)))
    # A multipart without parts is a broken mail whose text is worth showing.
    prose = media_type.startswith(("text/", "multipart/")) and media_type not in _NOT_PROSE
    if not prose or is_file(part, inside):
        return ""
    return html_to_text(part.text()) if media_type == "text/html" else plain_text(part.text())


def _best(versions: list[tuple[str, str]]) -> str:
    """The plain version, unless it is empty or a mail program lost its line ends while the rich one kept them."""
    plain = next((text for media_type, text in versions if media_type == "text/plain" and text.strip()), "")
    rich = next((text for media_type, text in reversed(versions) if media_type != "text/plain" and text.strip()), "")
    flattened = "\n" not in plain.strip() and "\n" in rich.strip()
    return rich if rich and (not plain or flattened) else plain


def plain_text(text: str) -> str:
    """`text` with one kind of line end, and the entities that QQ mail leaves in plain text resolved."""
    text = re.sub(r"\r\n?", "\n", text)
    if "&nbsp;" in text:
        for entity, char in _ENTITIES.items():
            text = text.replace(entity, char)
    return text
