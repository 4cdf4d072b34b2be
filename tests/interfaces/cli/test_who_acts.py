"""In whose name a command acts, and where pages let anybody act since nobody signs in: that is said."""

from pathlib import Path

import pytest

from crm_workflows.interfaces.addresses import Ports
from crm_workflows.interfaces.cli.serving_shown import show_running
from crm_workflows.interfaces.up.everything import Running
from crm_workflows.settings import Settings
from tests.interfaces.cli.conftest import ADMIN, BUYER, Crmw, Story

SMTP, IMAP = {"smtp_host": "mail.yongchang.example"}, {"imap_host": "mail.yongchang.example"}
ROUND = ("schedule", "add", "--as", ADMIN, "--title", "每周回访", "--cron", "0 9 * * 1")
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


def test_a_name_that_only_one_person_has_stands_for_their_address(
    crmw: Crmw, at_papers_check: Story, tmp_path: Path
) -> None:
    form = tmp_path / "form.json"
    item = at_papers_check.waiting()["id"]
    for name in ("王芳", " 王芳 "):
        assert [one["id"] for one in crmw("inbox", "--as", name, "--json").json] == [item]
    assert crmw("digest", "show", "王芳", "--json").json["person"] == BUYER
    assert {one["owner"] for one in crmw("cases", "--owner", "王芳", "--json").json} == {BUYER}
    made = crmw("reassign", item, "--from", "王芳", "--to", "赵磊", "--as", "刘洋", "--reason", "请假", "--json")
    assert made.json["to"] == "zhao.lei@yongchang.example"
    crmw("session", "token", "--as", "王芳", "--for", "ERP")
    assert [one["person"] for one in crmw("session", "list", "--of", "王芳", "--json").json] == [BUYER]
    assert crmw("session", "end", "--of", "王芳", "--json").json == {"ended": 1}
    form.write_text(crmw("task", item, "--example").out)
    answered = crmw("submit", item, "--as", "赵磊", "--input", form, "--json").json
    assert (answered["effective"], answered["by"]) == (True, "zhao.lei@yongchang.example")


def test_a_name_that_nobody_has_is_told_in_one_sentence_by_every_command(crmw: Crmw, at_papers_check: Story) -> None:
    code, item = at_papers_check.code, at_papers_check.waiting()["id"]
    for words in (
        ("inbox", "--as"), ("digest", "show"), ("digest", "resume"), ("cases", "--owner"),
        ("session", "token", "--for", "x", "--as"), ("schedule", "pause", "X", "--as"),
        ("session", "list", "--of"), ("session", "end", "--of"),
        ("simulate", "customer-review", "--all-paths", "--as"),
        (*ROUND, "--does"), (*ROUND, "--owner"), ("schedule", "edit", "R-0000", "--as", ADMIN, "--owner"),
        ("decide", item, "approve", "--as"), ("cancel", code, "--reason", "x", "--as"),
        ("amend", code, "--set", "amount=1", "--reason", "x", "--as"),
        ("override", item, "approve", "--reason", "x", "--as"),
    ):  # fmt: skip
        assert "nobody here is called “王五”; give a colleague's name or address" in crmw(*words, "王五").refusal, words
