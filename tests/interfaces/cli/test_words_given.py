"""Words of a command that are empty, no text, or name what is not there; and terminals that lack our letters."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interfaces.cli.conftest import ADMIN, SAMPLES, SUPPLIER, Crmw, Story

CHINESE = {"LANG": "zh_CN.UTF-8"}
NO_TEXT = "\udcff"
"""How Python hands on a byte that is no UTF-8."""


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("case", NO_TEXT), "CODE"),
        (("cases", "--text", NO_TEXT), "--text"),
        (("cancel", "SV-2026-00001", "--as", "x", "--reason", f"太贵{NO_TEXT}"), "--reason"),
        (("amend", "SV-2026-00001", "--as", "x", "--reason", "x", "--set", f"goods={NO_TEXT}"), "--set"),
    ],
)
def test_bytes_that_are_no_text_are_named_by_the_word_that_holds_them(
    crmw: Crmw, words: tuple[str, ...], hint: str
) -> None:
    english, chinese = crmw(*words), crmw(*words, **CHINESE)
    assert (english.status, chinese.status) == (2, 2)
    assert english.err.startswith(f"Invalid value for {hint}: it is no text in UTF-8; type it again; see crmw ")
    named = {"CODE": "编号"}.get(hint, hint)
    assert chinese.err.startswith(f"命令用法有误：{named} 的值不可用（不是 UTF-8 文字，请重新输入）")


def test_the_name_of_a_file_may_be_any_bytes(crmw: Crmw, tmp_path: Path) -> None:
    named = tmp_path / os.fsdecode("申请.json".encode("gb18030"))
    named.write_bytes((SAMPLES / "good" / "application.json").read_bytes())
    assert crmw("start", "supplier-vetting", "--input", named).status == 0


def test_a_code_is_found_as_people_write_it(crmw: Crmw, tmp_path: Path) -> None:
    crmw("start", "supplier-vetting", "--input", SAMPLES / "good" / "application.json")
    for written in (
        "sv-2026-00001",
        " SV-2026-00001 ",
        "ＳＶ－２０２６－００００１",
        "SV—2026—00001",
        "\u200bSV-2026-00001",
    ):
        assert crmw("case", written, "--json").json["case"] == "SV-2026-00001", written
        assert len(crmw("cases", "--text", written, "--json").json) == 1, written
    crmw("work", "--until-idle")
    assert crmw("mail", "list", "--case", "sv-2026-00001", "--json").json
    assert "crmw upload" in crmw("task", "sv-2026-00001-r1").refusal
    assert crmw("export", "case", "sv-2026-00001", "--to", tmp_path / "one.zip").status == 0
    assert "SV-2026-00009" in crmw("cancel", "sv-2026-00009", "--as", ADMIN, "--reason", "x").refusal


def test_what_looks_like_no_code_is_told_as_it_was_written(crmw: Crmw) -> None:
    assert "there is no case nosuch；" in crmw("case", "nosuch；").refusal


def test_an_empty_word_such_as_a_variable_that_was_never_set_is_named(crmw: Crmw) -> None:
    for words, hint in ((("case", ""), "CODE"), (("decide", " ", "approve", "--as", "x"), "ID")):
        said = crmw(*words)
        assert said.status == 2
        assert said.err.startswith(f"Invalid value for {hint}: it is empty; ")
    assert "编号 的值不可用（没有内容）" in crmw("case", "", **CHINESE).err


@pytest.mark.parametrize(
    ("words", "english", "chinese"),
    [
        (("cases", "--from", "2026-13-45"), "'2026-13-45' is no date; write it as 2026-03-02", "'2026-13-45' 不是日期"),
        (("cases", "--limit", "many"), "'--limit' must be a whole number; ", "'--limit' 须为整数"),
        (("cases", "--limit", "0"), "'--limit' must be at least 1; ", "'--limit' 不得小于 1"),
        (("mail", "list", "--status", "new"), "--status: 'new' is none of queued, ", "--status 的值 'new' 不在其中"),
        (("mail", "list", "--received", "--status", "sent"), "'sent' is none of new, ", "不在其中：new"),
        (("session", "end"), "ID: give the id of a session", "ID 的值不可用（请给出登录或令牌的编号"),
        (("report", "--to", "x.txt"), "--to: text is for the terminal; ", "--to 的值不可用（文本只供终端阅读"),
    ],
)
def test_a_wrong_value_is_told_in_the_words_of_people(
    crmw: Crmw, words: tuple[str, ...], english: str, chinese: str
) -> None:
    assert english in crmw(*words).err
    assert chinese in crmw(*words, **CHINESE).err
    assert crmw(*words).status == 2


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("retry", "SV-2026-99999"), "there is no case SV-2026-99999"),
        (("mail", "list", "--case", "SV-2026-99999"), "there is no case SV-2026-99999"),
        (("cases", "--process", "vendor-check"), "there is no process 'vendor-check'; there are: "),
        (("cases", "--owner", "wang.fang@yongchang"), "wang.fang@yongchang is not among the staff"),
        (("session", "list", "--of", "wang.fang"), "nobody here is called “wang.fang”; give a colleague's name"),
        (("report", "--process", "vendor-check"), "there is no process 'vendor-check'; there are: "),
        (("audit", "verify", "--against", "nowhere"), "there is no file nowhere"),
        (("export", "table", "goods", "--to", "x.xlsx"), "there is no table 'goods'; there are customers, "),
        (("export", "table", "customers", "--to", "no/x.xlsx"), "no/x.xlsx cannot be written (there is no such"),
    ],
)
def test_what_is_not_there_is_never_an_empty_list(crmw: Crmw, words: tuple[str, ...], what: str) -> None:
    assert crmw(*words).refusal.startswith(what)


def test_what_asks_for_papers_says_so_to_whoever_wants_its_form_or_decides_it(story: Story) -> None:
    asked = story.waiting()["id"]
    assert story.crmw("task", asked).refusal == f"{asked} is no form: it asks for papers; hand them in with crmw upload"
    assert "hand in the papers" in story.crmw("decide", asked, "approve", "--as", SUPPLIER).refusal


@pytest.mark.parametrize("words", [("--help",), ("people", "show", "--json")], ids=" ".join)
def test_a_terminal_without_our_letters_gets_their_numbers(home: Path, words: tuple[str, ...]) -> None:
    environment = {**os.environ, **CHINESE, "PYTHONIOENCODING": "ascii", "CRMW_HOME": str(home)}
    run = [sys.executable, "-m", "crm_workflows.interfaces.cli", *words]
    done = subprocess.run(run, env=environment, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\u" in done.stdout
    if "--json" in words:
        assert "永昌" in json.loads(done.stdout)["content"]["company"]
