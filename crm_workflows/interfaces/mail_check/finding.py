"""What one check came to. It must not check anything."""

from dataclasses import dataclass
from typing import Any, Literal

What = Literal["smtp", "imap", "links", "sent", "arrived", "plus", "sender", "returns", "complaints"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`says` what is so and `remedy` what to change, both labels; `remedy` is empty where nothing is to be done."""

    what: What
    says: str
    ok: bool = True
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {"what": self.what, "ok": self.ok, "says": self.says, "remedy": self.remedy}
