"""A mailbox on a real Dovecot, and what becomes of one that cannot be read."""

import uuid
from typing import Any

import pytest

from crm_workflows.adapters.mail.imap_mailbox import ImapMailbox, ImapSettings
from crm_workflows.domain.errors import MailTrouble
from crm_workflows.domain.text import in_language
from tests.dovecot import PASSWORD, Dovecot

BIG = 1_000_000


@pytest.fixture
def user() -> str:
    """Somebody whose mailbox nobody has used."""
    return f"u{uuid.uuid4().hex[:12]}"


@pytest.fixture
def mailbox(dovecot: Dovecot, user: str) -> ImapMailbox:
    return ImapMailbox(settings(dovecot, user))


def settings(dovecot: Dovecot, user: str, **changed: Any) -> ImapSettings:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": dovecot.port, "user": user, "password": PASSWORD}
    return ImapSettings(**{**values, "security": "none", "timeout": 10.0, **changed})


def trouble_of(wrong: ImapSettings) -> str:
    """The sentence of the trouble that fetching has; it never tells the password."""
    with pytest.raises(MailTrouble) as trouble:
        list(ImapMailbox(wrong).fetch_new(None, BIG))
    sentence = trouble.value.message
    assert in_language(sentence, "zh") != in_language(sentence, "en")
    assert f"{wrong.host}:{wrong.port}" in sentence
    assert "\n" not in sentence
    assert wrong.password not in sentence
    return sentence
