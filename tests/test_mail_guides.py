"""The guides of docs/mail name settings that exist, and their settings are taken as they stand."""

import re
from pathlib import Path

import pytest

from crm_workflows.adapters.mail.mail_compose import Composer
from crm_workflows.interfaces.mail_check.advice import PROVIDERS
from crm_workflows.settings import Settings
from tests.office import ROOT

GUIDES = sorted((ROOT / "docs" / "mail").glob("*.md"))


def test_every_provider_that_advice_names_has_its_guide() -> None:
    assert {guide for _, _, guide in PROVIDERS} == {guide.stem for guide in GUIDES}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_guide_has_settings_that_are_taken_as_they_stand_in_both_languages(
    guide: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = guide.read_text(encoding="utf-8")
    known = {f"CRMW_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"CRMW_[A-Z_0-9]+", text)) <= known
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert block
    assert "## 中文" in text
    assert "## English" in text
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.env").write_text(block[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    settings = Settings.load()
    (mailbox,) = settings.mailboxes
    assert settings.smtp_user in (settings.mail_from, mailbox.user)
    assert {settings.smtp_port, mailbox.port} <= {465, 587, 993}
    Composer(settings.mail_from, settings.mail_domain)  # refuses an address that cannot stand in a mail
    is_own = settings.mail_from.startswith("approvals@")
    assert is_own or settings.reply_to == "plain", "nobody else's mailbox takes approvals+…"
