"""A user of a real Dovecot, and mails in their folders."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from crm_workflows.bootstrap import Office, open_office
from crm_workflows.interfaces.up.imap import Imap
from crm_workflows.settings import Settings
from tests.dovecot import PASSWORD, Dovecot

SLOWLY = 3600.0
"""Seconds between two looks, so that whatever comes sooner was hinted at."""


@pytest.fixture
def user() -> str:
    return f"u{uuid.uuid4().hex[:12]}"


@pytest.fixture
def owner(dovecot: Dovecot, user: str) -> Iterator[IMAPClient]:
    with IMAPClient("127.0.0.1", dovecot.port, ssl=False) as client:
        client.login(user, PASSWORD)
        yield client


@pytest.fixture
def connect(dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Office]]:
    """Opens an office that reads this user's mailbox; a second call opens the same home again, as after a crash."""
    monkeypatch.chdir(tmp_path)
    offices: list[Office] = []

    def opened(user: str, **settings: Any) -> Office:
        given: dict[str, Any] = {
            "imap_host": "127.0.0.1",
            "imap_port": dovecot.port,
            "imap_user": user,
            "imap_password": PASSWORD,
        }
        held: dict[str, Any] = {"home": tmp_path / "home", "imap_security": "none", "imap_poll_seconds": SLOWLY}
        offices.append(open_office(Settings(**(held | given | settings))))
        return offices[-1]

    yield opened
    for office in offices:
        office.close()


def mail(name: str, way: str = "direct") -> bytes:
    """One mail; copies of it differ in the headers of the way they came."""
    message = EmailMessage()
    message["Received"] = f"by {way}"
    message["From"], message["To"] = "li@else.example", "approvals@yongchang.example"
    message["Subject"], message["Message-ID"] = name, f"<{name}@else.example>"
    message.set_content(f"{name}\n")
    return message.as_bytes()


@contextmanager
def running(made: Imap) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=made.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive(), "it ends within a second or two"
