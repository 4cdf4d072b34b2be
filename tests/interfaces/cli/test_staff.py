"""people, policy, calendar: what is in force, what a file would change, who changed it; mistakes with file and line."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from crm_workflows.interfaces.cli.session import account
from crm_workflows.shipped import shipped
from tests.interfaces.cli.conftest import ADMIN, BUYER, MARKETING, OTHER_BUYER, Crmw

KINDS = ("people", "policy", "calendar")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A copy of the shipped files to edit."""
    made = {}
    for kind in KINDS:
        made[kind] = tmp_path / f"{kind}.yaml"
        made[kind].write_text((shipped("config") / f"{kind}.yaml").read_text("utf-8"), encoding="utf-8")
    return made


def edit(path: Path, old: str, new: str) -> Path:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_show_prints_the_file_that_is_in_force(crmw: Crmw, kind: str) -> None:
    assert crmw(kind, "show").out == (shipped("config") / f"{kind}.yaml").read_text("utf-8")
    document = crmw(kind, "show", "--json").json
    assert (document["kind"], document["version"], document["applied_by"]) == (kind, 1, "first start")
    assert document["content"] == yaml.load(crmw(kind, "show").out, Loader=yaml.BaseLoader)


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_files_have_no_mistakes_and_change_nothing(crmw: Crmw, kind: str, files: dict[str, Path]) -> None:
    assert crmw(kind, "check", files[kind]).status == 0
    assert "nothing differs" in crmw(kind, "apply", files[kind]).out
    assert [v["version"] for v in crmw(kind, "history", "--json").json] == [1]


def test_apply_shows_the_difference_and_records_who(crmw: Crmw, files: dict[str, Path]) -> None:
    edit(files["policy"], "pass_mark: 60", "pass_mark: 65")
    said = crmw("policy", "apply", files["policy"])
    assert "pass_mark: 60 → 65" in said.out
    assert "version 2 is in force" in said.out
    latest, first = crmw("policy", "history", "--json").json
    assert (latest["version"], latest["changes"], latest["applied_by"]) == (
        2,
        ["pass_mark: 60 → 65"],
        account(),
    )
    assert first["version"] == 1
    assert "pass_mark: 65" in crmw("policy", "show").out
    assert "65" in crmw("policy", "history", LANG="zh_CN.UTF-8").out


@pytest.mark.parametrize(("answer", "status", "versions"), [("y", 0, [2, 1]), ("n", 1, [1]), ("", 1, [1])])
def test_at_a_terminal_it_asks(
    crmw: Crmw, home: Path, files: dict[str, Path], answer: str, status: int, versions: list[int]
) -> None:
    """In a process of its own with a real terminal."""
    edit(files["calendar"], "zone: Asia/Shanghai", "zone: Asia/Hong_Kong")
    words = [sys.executable, "-m", "crm_workflows.interfaces.cli", "calendar", "apply", str(files["calendar"])]
    outer, inner = pty.openpty()
    process = subprocess.Popen(words, stdin=inner, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    os.write(outer, f"{answer}\n".encode())
    said, _ = process.communicate(timeout=60)
    os.close(inner)
    os.close(outer)
    assert "Put it in force?" in said
    assert (process.returncode, [v["version"] for v in crmw("calendar", "history", "--json").json]) == (
        status,
        versions,
    )


def test_a_member_of_staff_is_named_beside_the_account(crmw: Crmw, files: dict[str, Path]) -> None:
    edit(files["people"], "name_en: Wang Fang", "name_en: Fanny Wang")
    done = crmw("people", "apply", files["people"], "--as", ADMIN, "--json").json
    assert done["applied_by"] == f"{ADMIN} ({account()})"
    assert done["changes"] == ["王芳: name_en Wang Fang → Fanny Wang"]
    assert "not among the staff" in crmw("people", "apply", files["people"], "--as", "x@y.example").refusal


def test_a_change_holds_for_the_next_command(crmw: Crmw, files: dict[str, Path]) -> None:
    edit(files["people"], f"email: {BUYER}", "email: fanny@yongchang.example")
    assert crmw("people", "apply", files["people"], "--yes").status == 0
    assert "fanny@yongchang.example" in crmw("people", "show").out


def test_mistakes_are_listed_with_file_and_line_and_nothing_changes(crmw: Crmw, files: dict[str, Path]) -> None:
    edit(files["people"], "manager: chen.guodong@yongchang.example", "manager: chen@nowhere.example")
    edit(files["people"], "language: en", "language: fr")
    said = crmw("people", "check", files["people"])
    assert said.status == 1
    assert len(said.err.splitlines()) >= 2
    assert all(line.startswith(f"{files['people']}:") for line in said.err.splitlines())
    found = crmw("people", "check", files["people"], "--json").json
    assert {f["severity"] for f in found} == {"error"}
    refused = crmw("people", "apply", files["people"]).refusal
    assert refused.startswith(f"{files['people']}:")
    assert refused.endswith(f"(and 1 more; for all of them: crmw people check {files['people']})")
    assert [v["version"] for v in crmw("people", "history", "--json").json] == [1]


def test_nobody_is_given_the_address_of_somebody_else(crmw: Crmw, files: dict[str, Path]) -> None:
    """What 郑晓东 is asked would be decided by 赵磊; nor after it was given up in a version between."""
    edit(files["people"], f"- email: {MARKETING}", "- email: zheng@yongchang.example")
    assert crmw("people", "apply", files["people"], "--yes").status == 0
    edit(files["people"], f"- email: {OTHER_BUYER}", f"- email: {OTHER_BUYER}\n    other_emails: [{MARKETING}]")
    refused = crmw("people", "apply", files["people"], "--yes").refusal
    assert refused.startswith(f"{files['people']}:")
    assert f"{MARKETING} was the address of 郑晓东, so 赵磊 could answer" in refused
    assert crmw("people", "check", files["people"]).status == 1
    assert [v["version"] for v in crmw("people", "history", "--json").json] == [2, 1]


def test_a_role_that_a_procedure_asks_must_be_held(crmw: Crmw, files: dict[str, Path]) -> None:
    edit(files["people"], "roles: [head_of_marketing]", "roles: [buyer]")
    assert "head_of_marketing" in crmw("people", "check", files["people"]).err


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_missing_or_no_text_is_one_sentence(crmw: Crmw, kind: str, tmp_path: Path) -> None:
    assert "cannot be read" in crmw(kind, "check", tmp_path / "nowhere.yaml").refusal
    (tmp_path / "picture.yaml").write_bytes(b"\xff\xd8\xff\xe0")
    assert "UTF-8" in crmw(kind, "apply", tmp_path / "picture.yaml").refusal
    (tmp_path / "broken.yaml").write_text("a: [1, 2\nb: 3\n", encoding="utf-8")
    assert f"{tmp_path / 'broken.yaml'}:" in crmw(kind, "apply", tmp_path / "broken.yaml").refusal
