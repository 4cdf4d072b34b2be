"""The files that came with a mail: their names made safe, pictures of signatures left out. It must not open them."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from crm_workflows.domain.mail.incoming import IncomingFile
from crm_workflows.domain.mail.parts import Part

_LONGEST_NAME: Final = 120
_SIGNATURE_PICTURE: Final = 100_000  # bytes; a photograph of a paper pasted into the text is larger
_MAILS: Final = ("message/rfc822", "message/global")
_NOT_FILES: Final = frozenset(
    {
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "text/rfc822-headers",
    }
)
# Fixed here, since the standard library's table depends on files of the machine.
_ENDINGS: Final = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/tiff": ".tif",
    "message/rfc822": ".eml",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/csv": ".csv",
    "text/calendar": ".ics",
}


def read_files(root: Part) -> tuple[IncomingFile, ...]:
    """All attached files in order; an attached mail is one file, its own attachments are not taken out."""
    files: list[IncomingFile] = []
    for part in _leaves(root, inside=""):
        name = part.parameter("content-disposition", "filename") or part.parameter("content-type", "name")
        media_type = part.media_type()
        if media_type in _MAILS and not name:
            name = next((child.header("subject") for child in part.children()), "") + ".eml"
        safe = safe_name(name) or f"attachment-{len(files) + 1}{_ENDINGS.get(media_type, '')}"
        files.append(IncomingFile(safe, media_type, part.content()))
    return tuple(files)


def is_file(part: Part, inside: str) -> bool:
    """True for a leaf that is a file and not text of the mail; `inside` is the media type of what holds it, if any."""
    media_type, disposition = part.media_type(), part.disposition()
    if media_type in _NOT_FILES or media_type.startswith("multipart/"):
        return False
    if disposition == "attachment" or media_type in _MAILS:
        return True
    if media_type.startswith("image/") and inside == "multipart/related" and part.header("content-id"):
        return len(part.content()) > _SIGNATURE_PICTURE
    named = part.parameter("content-disposition", "filename") or part.parameter("content-type", "name")
    if media_type in ("text/plain", "text/html"):
        return bool(named) and inside not in ("", "multipart/alternative")
    return bool(named) or not media_type.startswith("text/")


def _leaves(part: Part, inside: str) -> Iterator[Part]:
    media_type = part.media_type()
    if part.children() and not media_type.startswith("message/"):
        for child in part.children():
            yield from _leaves(child, media_type)
    elif is_file(part, inside):
        yield part


def safe_name(name: str) -> str:
    """The last part of a path, composed (NFC), without characters that hide, turn or break a name; may be empty.

    Long names keep their ending.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(
        char
        for char in " ".join(last.split())
        if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp", "Co")
    )
    kept = re.sub(r'[<>:"|?*]', "_", kept).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    if len(kept) > _LONGEST_NAME:
        kept = (
            stem[: _LONGEST_NAME - len(ending) - 1] + dot + ending if dot and len(ending) < 10 else kept[:_LONGEST_NAME]
        )
    return kept
