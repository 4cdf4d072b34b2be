"""Where the parts of a running product answer: `<home>/ports.json`, and the address that links begin with.

It must not open a port.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from crm_workflows.settings import Settings

FILE: Final = "ports.json"
LOOPBACK: Final = "127.0.0.1"
USUAL_PORT: Final = 8000


@dataclass(frozen=True)
class Ports:
    """What listens on this machine; `prefect` is None without a Prefect server of our own."""

    web: int
    smtp: int | None = None
    prefect: int | None = None


def publish(home: Path, ports: Ports) -> None:
    """Write the file so that a reader sees all of it or nothing."""
    draft = home / f".{FILE}.{os.getpid()}"
    draft.write_text(json.dumps(asdict(ports)) + "\n", encoding="utf-8")
    draft.replace(home / FILE)


def withdraw(home: Path) -> None:
    """Nothing listens any more, or not yet."""
    (home / FILE).unlink(missing_ok=True)


def published(home: Path) -> Ports | None:
    """What the last `crmw up` on this home listens on; None when it has ended, or never ran."""
    try:
        return Ports(**json.loads((home / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def public_url(settings: Settings, ports: Ports | None = None) -> str:
    """What links begin with: CRMW_PUBLIC_URL, else the pages on this machine as far as they are known."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    found = ports or published(settings.home)
    return f"http://{LOOPBACK}:{found.web if found else USUAL_PORT}"
