"""What people hand in, applications and the bytes of their mails, and what they were told. It must not act."""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from crm_workflows.domain.credit_code import check_character
from crm_workflows.engine.requests.files import File
from tests.office import application
from tests.simulator.company import DOMAIN
from tests.simulator.post import Letter


@dataclass
class Told:
    """What people were told and may rely on."""

    cases: dict[str, str] = field(default_factory=dict)
    """idempotency key -> case"""
    decisions: list[tuple[str, str, str]] = field(default_factory=list)
    """(request, by, decision) of answers confirmed as effective"""
    taken: dict[str, int] = field(default_factory=dict)
    """Message-ID of mails that the server has taken for us -> how often"""
    about: dict[str, str] = field(default_factory=dict)
    """Message-ID of mails -> the request that their writer was asked"""


def supplier(n: int) -> dict[str, Any]:
    """The good sample under another name and code."""
    code = application()["credit_code"]
    first = f"{code[:8]}{n:09d}"
    return application(company=f"第{n}号精密机械有限公司", credit_code=first + check_character(first))


def answering(identity: str, sender: str, letter: Letter, text: str, files: list[File], *, is_automatic: bool) -> bytes:
    """The bytes of an answer; written out, since the library takes longer than the product."""
    head = [
        f"From: {sender}", f"To: approvals+{letter.token}@{DOMAIN}", f"Subject: Re: [{letter.case}]",
        f"Message-ID: {identity}", f"In-Reply-To: {letter.message_id}", "MIME-Version: 1.0",
    ]  # fmt: skip
    head += ["Auto-Submitted: auto-replied"] if is_automatic else []
    plain = ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "", _base64(text.encode())]
    if not files:
        return "\r\n".join([*head, *plain, ""]).encode()
    parts = [["Content-Type: multipart/mixed; boundary=B", ""], plain]
    for file in files:
        name = quote(file.filename)
        disposition = f"Content-Disposition: attachment; filename*=utf-8''{name}"
        parts.append(["Content-Type: application/pdf", disposition, *plain[1:3], _base64(file.content)])
    inside = "\r\n--B\r\n".join("\r\n".join(part) for part in parts[1:])
    return ("\r\n".join([*head, *parts[0]]) + f"\r\n--B\r\n{inside}\r\n--B--\r\n").encode()


def _base64(content: bytes) -> str:
    return b64encode(content).decode()
