"""Hands out kept files: what browsers can show safely is shown, the rest is downloaded. It must not look inside."""

from pathlib import PurePath
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

SHOWN: Final = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".html": "text/html; charset=utf-8",
}
LOCKED: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
"""A document shown by itself: no script, no form, no address of ours; a report brings its own style."""


def file_response(filename: str, content: bytes, *, trusted: bool = True) -> Response:
    """The file; what is not `trusted` (refused when it came in) is only ever downloaded.

    The type follows the ending, never what the sender claimed.
    """
    media_type = SHOWN.get(PurePath(filename).suffix.lower()) if trusted else None
    kind = "inline" if media_type else "attachment"
    headers = {"Content-Disposition": f"{kind}; filename*=utf-8''{quote(filename, safe='')}"}
    if media_type != "application/pdf":
        # A sandbox would also keep the browser's own PDF viewer from working.
        headers["Content-Security-Policy"] = LOCKED
    return Response(content, media_type=media_type or "application/octet-stream", headers=headers)
