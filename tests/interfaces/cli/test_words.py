"""The command line itself: help in both languages, exit status, one sentence, logs only when asked, a fast start."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from crm_workflows.interfaces.addresses import Ports, publish
from crm_workflows.interfaces.cli.commands import in_terminal_language
from crm_workflows.interfaces.cli.language import terminal_language
from crm_workflows.interfaces.cli.main import build
from crm_workflows.shipped import product_version, shipped
from tests.interfaces.cli.conftest import SAMPLES, Crmw, Story

COMMANDS = (
    "up", "worker", "work", "start", "cases", "case", "cancel", "retry", "inbox", "task", "decide", "submit", "upload",
    "people", "policy", "calendar", "mail", "audit", "rules", "simulate", "migrate", "upgrade", "backup", "restore",
)  # fmt: skip
CHINESE = {"LANG": "zh_CN.UTF-8"}


def test_help_lists_every_command(crmw: Crmw) -> None:
    said = crmw("--help")
    assert said.status == 0
    assert [name for name in COMMANDS if f" {name} " not in said.out] == []


@pytest.mark.parametrize(
    "words",
    [(name,) for name in COMMANDS] + [("mail", "read"), ("people", "apply"), ("audit", "verify")],
    ids=" ".join,
)
def test_every_command_explains_itself_in_both_languages(crmw: Crmw, words: tuple[str, ...]) -> None:
    english, chinese = crmw(*words, "--help"), crmw(*words, "--help", **CHINESE)
    assert (english.status, chinese.status) == (0, 0)
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in english.out), english.out
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese.out)
    framed = [
        word
        for word in ("Usage:", "Options", "Arguments", "Commands", "required]", "default:", "Show this")
        if word in chinese.out
    ]
    assert framed == [], chinese.out


@pytest.mark.parametrize("words", [(), ("people",), ("mail",)], ids=" ".join)
def test_without_a_command_the_help_is_all_that_is_said(crmw: Crmw, words: tuple[str, ...]) -> None:
    usages: tuple[tuple[dict[str, str], list[str]], ...] = (
        ({}, ["[OPTIONS]", "COMMAND", "[ARGS]..."]), (CHINESE, ["[选项]", "命令", "[参数]..."])
    )  # fmt: skip
    for environment, usage in usages:
        said = crmw(*words, **environment)
        assert (said.status, said.err) == (2, "")
        assert said.out.splitlines()[1].split()[-3:] == usage


def test_no_help_shows_types_of_the_program_or_cuts_a_line_off(crmw: Crmw) -> None:
    for words in _all_commands(get_command(build()), ()):
        for environment in ({}, CHINESE):
            said = crmw(*words, "--help", COLUMNS="80", **environment).out
            assert re.findall(r"<[a-z ]+>|list\[|(?<=[^ :])…|\[more\]", said) == [], said
            # a name of what is to be given that has no Chinese
            assert not environment or re.findall(r"\b(?!CRMW_HOME|JSON|YAML|CSV|SV\b)[A-Z_]{4,}\b", said) == [], said


def _all_commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield words
    for name, below in getattr(command, "commands", {}).items():
        yield from _all_commands(below, (*words, name))


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("cases", "--nonsense"),
        ("start", "supplier-vetting"),
        ("cases", "--status", "happy"),
        ("cases", "--limit", "none"),
        ("decide", "SV-2026-00001-R1", "maybe", "--as", "x@y.example"),
        ("start", "supplier-vetting", "surprise.pdf", "--input", "x.json"),
        ("work", "--no-until-idle"),
        ("mail", "read"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_sentence_and_status_two(crmw: Crmw, words: tuple[str, ...]) -> None:
    for environment in ({}, CHINESE):
        said = crmw(*words, **environment)
        assert (said.status, said.out, len(said.err.splitlines())) == (2, "", 1), said
        assert "--help" in said.err


def test_a_slip_in_a_name_is_asked_about_in_one_sentence(crmw: Crmw) -> None:
    assert crmw("sumbit").err.strip() == "No such command 'sumbit'; did you mean 'submit'; see crmw --help"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nonsense",), "没有命令 'nonsense'"),
        (("mail", "reed"), "没有命令 'reed'，是否指"),
        (("cases", "--nonsense"), "没有选项 --nonsense"),
        (("export", "table", "customers", "--as", "x"), "没有选项 --as；"),
        (("cases", "--onwer", "x"), "没有选项 --onwer，是否指 --overdue, --owner；"),
        (("cases", "--jso"), "没有选项 --jso，是否指 --json"),
        (("start", "supplier-vetting"), "缺少选项 '--input'"),
        (("case",), "缺少参数 '编号'"),
        (("case", "a", "b"), "多出参数 b"),
        (("cases", "--limit"), "选项 '--limit' 后面缺少内容"),
        (("cases", "--status", "happy"), "--status 的值 'happy' 不在其中：running, waiting"),
        (("cases", "--limit", "none"), "'--limit' 须为整数"),
        (("cases", "--limit", "0"), "'--limit' 不得小于 1"),
        (("start", "x", "y.pdf", "--input", "z"), "PROCESS 的值不可用（后面多出 'y.pdf'）"),
    ],
)
def test_wrong_usage_is_told_in_chinese_to_a_chinese_terminal(
    crmw: Crmw, words: tuple[str, ...], sentence: str
) -> None:
    assert crmw(*words, **CHINESE).err.startswith(f"命令用法有误：{sentence}")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh_SG"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
    ],
)
def test_the_first_variable_that_is_set_gives_the_language(environment: dict[str, str], language: str) -> None:
    assert terminal_language(environment) == language


def test_logs_appear_with_v_only_and_never_on_standard_output(crmw: Crmw, tmp_path: Path) -> None:
    fresh = {"CRMW_HOME": str(tmp_path / "fresh")}
    assert "configuration put in force" not in crmw("cases", "--json", **fresh).err
    assert crmw("cases", "--json", **fresh).err == ""
    loud = crmw("-v", "cases", "--json", CRMW_HOME=str(tmp_path / "loud"))
    assert "configuration put in force" in loud.err
    assert loud.json == []
    assert "configuration put in force" in crmw("cases", "-v", CRMW_HOME=str(tmp_path / "louder")).err


def test_the_home_can_be_named_before_or_after_the_command(crmw: Crmw, tmp_path: Path) -> None:
    crmw("--home", tmp_path / "a", "migrate")
    crmw("migrate", "--home", tmp_path / "b")
    assert (tmp_path / "a" / "crm.db").is_file()
    assert (tmp_path / "b" / "crm.db").is_file()


def test_a_failure_inside_is_a_sentence_too(crmw: Crmw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_workflows.engine.views.view_lists.cases", lambda *_: 1 / 0)
    assert "ZeroDivisionError" in crmw("cases").refusal
    assert "程序内部出错" in crmw("cases", **CHINESE).refusal
    assert "Traceback" in crmw("cases", "-v").err


def test_the_command_line_itself_imports_nothing_heavy() -> None:
    code = (
        "import sys; import crm_workflows.interfaces.cli.main as m; m.build();"
        "print([n for n in ('prefect', 'sqlalchemy', 'pydantic', 'fastapi', 'yaml', 'jinja2') if n in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_commands_leave_prefect_out(home: Path) -> None:
    """Those too that look into procedures, or carry them on: Prefect is for telling a server that is there."""
    sample = SAMPLES / "good" / "application.json"
    commands = (
        "cases --json", "audit verify", "mail dead", "mail list", "policy show", "people history", "migrate",
        f"start supplier-vetting --input {sample}", "work --until-idle", "inbox --as gu.wanqing@chenglan.example",
        f"people check {shipped('config') / 'people.yaml'}",
    )  # fmt: skip
    code = (
        "import sys; from crm_workflows.interfaces.cli.main import build\n"
        "for words in sys.argv[1:]:\n"
        "    try: build()(words.split())\n"
        "    except SystemExit as end: print(words, 'prefect' in sys.modules, end.code, file=sys.stderr)"
    )
    said = subprocess.run([sys.executable, "-c", code, *commands], capture_output=True, text=True, check=True)
    told = [line for line in said.stderr.splitlines() if not line.startswith("# ")]  # what stands beside a file shown
    assert told == [f"{words} False 0" for words in commands]


def test_a_command_that_tells_our_own_prefect_of_a_stretch_leaves_it_out_too(
    at_papers_check: Story, home: Path, tmp_path: Path
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        publish(home, Ports(web=1, prefect=nobody.getsockname()[1]))
        item = at_papers_check.waiting()
        form = tmp_path / "form.json"
        form.write_text(json.dumps(at_papers_check.crmw("task", item["id"], "--json").json["example"]))
        code = (
            "import sys; from crm_workflows.interfaces.cli.main import build\n"
            "try: build()(sys.argv[1:])\n"
            "except SystemExit as end: print('prefect' in sys.modules, end.code, file=sys.stderr)"
        )
        words = ["submit", item["id"], "--as", item["assignee"]["email"], "--input", str(form)]
        said = subprocess.run(
            [sys.executable, "-c", code, *words], env=os.environ | {"CRMW_TRACKING": "auto"},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert said.stderr.splitlines() == ["False 0"]
    assert at_papers_check.waiting()["id"] != item["id"]


def test_a_list_of_cases_imports_no_more_than_it_needs(home: Path) -> None:
    """What takes its time: holidays are for due dates, yagmail and templates for mails, FastAPI for the API.

    The words of mails, the checks of addresses and the register are for mails that come in.
    """
    ours = [f"crm_workflows.{name}" for name in ("domain.messages", "domain.mail.parse", "domain.mail.words",
            "business.customers", "engine.case", "adapters.database.schema")]  # fmt: skip
    heavy = ("prefect", "holidays", "yagmail", "jinja2", "fastapi", "uvicorn", "alembic", "email_validator", *ours)
    assert not imported_by("cases") & {*heavy, "flows.supplier_vetting"}


def test_a_case_imports_its_own_procedure_alone(home: Path) -> None:
    sample = SAMPLES / "good" / "application.json"
    imported_by("start", "supplier-vetting", "--input", str(sample))
    found = imported_by("case", "SV-2026-00001")
    assert "flows.supplier_vetting.procedure" in found
    assert {name for name in found if name.endswith(".procedure") and name.startswith("flows.")} == {
        "flows.supplier_vetting.procedure"
    }


def imported_by(*words: str) -> set[str]:
    """What a command that succeeds has imported at its end."""
    code = (
        "import sys; from crm_workflows.interfaces.cli.main import build\n"
        "try: build()(sys.argv[1:])\n"
        "except SystemExit as end: print(end.code, *sys.modules, file=sys.stderr)"
    )
    said = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    status, *found = said.stderr.split()
    assert status == "0"
    return set(found)


def test_a_command_that_is_run_again_in_one_process_is_put_into_words_once() -> None:
    command: Any = get_command(build())
    in_terminal_language(command)
    first = [command.format_help, command.get_usage, command.get_help_option]
    in_terminal_language(command)
    assert [command.format_help, command.get_usage, command.get_help_option] == first


def test_the_version_is_told(crmw: Crmw) -> None:
    said = crmw("--version")
    assert (said.status, said.out) == (0, f"crmw {product_version()}\n")


@pytest.mark.parametrize(
    ("language", "named"), [("zh_CN.UTF-8", "请改 CRMW_DATABASE_URL"), ("C", "in CRMW_DATABASE_URL")]
)
def test_a_database_out_of_reach_is_told_with_the_setting_that_names_it(crmw: Crmw, language: str, named: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        url = f"postgresql://crm:secret@127.0.0.1:{nobody.getsockname()[1]}/crm"
        refusal = crmw("cases", CRMW_DATABASE_URL=url, LC_ALL=language, LANG=language).refusal
    assert named in refusal
    assert "secret" not in refusal
