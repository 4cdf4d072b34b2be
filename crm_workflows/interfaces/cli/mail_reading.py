"""How a file would be read as a reply: for trying the grammar on real mails. It must not store or decide anything."""

from pathlib import Path
from typing import Any

from crm_workflows.adapters.files import must_be_file
from crm_workflows.domain.mail.decoding import decode_bytes
from crm_workflows.domain.mail.incoming import UnreadableMail
from crm_workflows.domain.mail.parse import read_message
from crm_workflows.domain.mail.reply import first_line, read_reply
from crm_workflows.domain.mail.visible_text import visible_text


def reading_of(path: Path) -> dict[str, Any]:
    """A `.eml` is a whole mail, any other file the decoded body of one. Raises InvalidInput for a file that is none."""
    must_be_file(path)
    raw = path.read_bytes()
    if path.suffix.lower() == ".eml":
        return {"file": str(path)} | _of_mail(raw)
    return {"file": str(path), "automatic": False, "bounce": False} | _of_text(decode_bytes(raw))


def _of_mail(raw: bytes) -> dict[str, Any]:
    try:
        mail = read_message(raw)
    except UnreadableMail as error:
        nothing = {"automatic": False, "bounce": False, "visible": "", "first_line": "", "comment": ""}
        return nothing | {"reading": "unclear", "why": error.message}
    about = {"automatic": mail.is_automatic, "bounce": mail.is_bounce}
    read = _of_text(mail.text)
    if mail.is_automatic:
        # Automatic mail never decides, whatever it says (mail.md).
        read |= {"reading": "unclear", "comment": "", "why": mail.why_automatic}
    return about | read


def _of_text(text: str) -> dict[str, Any]:
    visible = visible_text(text)
    reading = read_reply(text)
    return {
        "visible": visible,
        "first_line": first_line(visible),
        "reading": reading.kind,
        "comment": reading.comment,
        "why": reading.why,
    } | ({"to": reading.target} if reading.target else {})
