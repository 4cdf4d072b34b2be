"""Which mailboxes of the company's own are read, as its settings name them."""

from pathlib import Path

import pytest

from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.settings import Settings


def test_further_mailboxes_are_named_by_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.env").write_text(
        "CRMW_IMAP_HOST=imap.a.example\nCRMW_IMAP_FOLDER=INBOX,\\Junk\n"
        "CRMW_IMAP2_HOST=imap.b.example\nCRMW_IMAP2_USER=service@b.example\nCRMW_IMAP2_SECURITY=starttls\n"
    )
    monkeypatch.setenv("CRMW_IMAP2_PASSWORD", "秘密")
    first, second = Settings.load().mailboxes
    assert (first.host, first.folders) == ("imap.a.example", ("INBOX", "\\Junk"))
    assert (second.host, second.user, second.password) == ("imap.b.example", "service@b.example", "秘密")
    assert (second.security, second.folders) == ("starttls", ("INBOX",))
    assert "秘密" not in repr(second)


def test_a_further_mailbox_may_be_named_in_small_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("crmw_imap9_host", "imap.i.example")
    assert [one.host for one in Settings.load().mailboxes] == ["imap.i.example"]


def test_a_mistake_in_a_further_mailbox_is_named_by_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRMW_IMAP3_SECURITY", "tls")
    with pytest.raises(ConfigurationError, match="CRMW_IMAP3_SECURITY"):
        Settings.load()


def test_without_any_mailbox_none_is_read() -> None:
    assert Settings().mailboxes == ()
