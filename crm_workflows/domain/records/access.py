"""What is kept of people who sign in: a code that was asked for, and what it opened. They must not hold behaviour."""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from crm_workflows.domain.records.quick import dataclass


@dataclass(frozen=True, slots=True)
class SignInCode:
    """A code that somebody asked for; derived from the server key, never stored."""

    id: str
    person: str
    """Empty where the address is nobody's: it is answered, limited and refused like any other."""
    browser_hash: str
    """SHA-256 of the secret in the browser that asked: nowhere else is the code of use."""
    address_key: str
    """A MAC of the address as typed: it counts, and cannot be read."""
    client_key: str
    """A MAC of the network address that asked."""
    nonce: str
    asked_at: datetime
    expires_at: datetime
    counts_until: datetime
    """Till then it counts against what address and client may ask."""
    tries: int = 0
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """What lets a browser (`session`) or a program (`token`) speak as a person; the secret is kept as SHA-256 only."""

    id: str
    person: str
    kind: str
    secret_hash: str
    label: str
    """Browser and network address of a session; of a token, what its owner calls it."""
    opened_at: datetime
    seen_at: datetime
    ends_at: datetime
    idle_until: datetime | None = None
    """Of a session: it ends then unless it is used before."""
    ended_at: datetime | None = None
    ended_by: str = ""
