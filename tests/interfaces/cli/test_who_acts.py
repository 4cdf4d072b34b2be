"""Where people are asked by real mail and nobody signs in, the machine's pages let anybody act: that is said."""

from pathlib import Path

import pytest

from crm_workflows.interfaces.addresses import Ports
from crm_workflows.interfaces.cli.serving_shown import show_running
from crm_workflows.interfaces.up.everything import Running
from crm_workflows.settings import Settings
from tests.interfaces.cli.conftest import Crmw

SMTP, IMAP = {"smtp_host": "mail.yongchang.example"}, {"imap_host": "mail.yongchang.example"}
SAID = "nobody signs in, so whoever uses this machine, under any account, acts as anybody"


@pytest.mark.parametrize(
    ("given", "says"),
    [({}, False), (SMTP, True), (IMAP, True), (SMTP | {"sign_in": True}, False), (SMTP | IMAP, True)],
)
def test_what_came_up_says_whether_anybody_acts_as_anybody(
    given: dict[str, object], says: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    settings = Settings.model_validate({"home": tmp_path} | given)
    show_running(Running(settings, Ports(8000, None, None), "http://127.0.0.1:8000", None))
    assert (SAID in capsys.readouterr().out) == says


@pytest.mark.parametrize(
    ("language", "first"),
    [("zh_CN.UTF-8", "第一步：在“发起案件”页立一案"), ("C", "First step: start a case on its page")],
)
def test_what_came_up_says_where_to_begin(
    language: str, first: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    running = Running(Settings(home=tmp_path), Ports(8123, None, None), "http://127.0.0.1:8123", None)
    show_running(running)
    said = capsys.readouterr().out
    assert first in said
    assert "http://127.0.0.1:8123/start " in said


def test_the_doctor_says_it_too_to_people_and_fails_for_nothing_of_it(crmw: Crmw) -> None:
    given = {"CRMW_SMTP_HOST": "mail.yongchang.example", "CRMW_MAIL_FROM": "crm@yongchang.example"}
    said = crmw("doctor", **given)
    assert (said.status, SAID in said.out) == (0, True)
    assert crmw("doctor", "--json", **given).json == []
