"""people, policy, calendar: what is in force, since when, by whom, and what each version changed."""

from pathlib import Path

import pytest
import yaml

from crm_workflows.interfaces.cli.session import account
from crm_workflows.shipped import shipped
from tests.interfaces.cli.conftest import OTHER_BUYER, Crmw
from tests.interfaces.cli.staff_files import KINDS, edit, leaving


@pytest.mark.parametrize("kind", KINDS)
def test_show_prints_the_file_that_is_in_force(crmw: Crmw, kind: str) -> None:
    assert crmw(kind, "show").out == (shipped("config") / f"{kind}.yaml").read_text("utf-8")
    document = crmw(kind, "show", "--json").json
    assert (document["kind"], document["version"], document["applied_by"]) == (kind, 1, "first start")
    assert document["content"] == yaml.load(crmw(kind, "show").out, Loader=yaml.BaseLoader)


def test_beside_the_file_stands_since_when_by_whom_and_what_differs_from_what_came_with_the_program(
    crmw: Crmw, files: dict[str, Path]
) -> None:
    """On standard error: the file alone goes into a file."""
    first = crmw("policy", "show").err.splitlines()
    assert first[0].startswith("# version 1, in force since 20")
    assert first[0].endswith(", by first start")
    assert first[1:] == ["# as it came with the program"]
    edit(files["policy"], "pass_mark: 60", "pass_mark: 65")
    crmw("policy", "apply", files["policy"], "--yes")
    second = crmw("policy", "show", LANG="zh_CN.UTF-8")
    assert second.out == files["policy"].read_text("utf-8")
    said = second.err.splitlines()
    assert said[0].startswith("# 第 2 版，20")
    assert said[0].endswith(f" 生效，由谁：{account()}")
    assert said[1:] == ["# 与随程序附带的有 1 处不同：", "#   pass_mark: 60 → 65"]
    assert len(crmw("people", "show").err.splitlines()) == 1, "those of every company differ"


def test_the_history_is_told_in_the_language_of_the_terminal(crmw: Crmw, files: dict[str, Path]) -> None:
    """On record it is in English."""
    edit(files["people"], f"- email: {OTHER_BUYER}", leaving(OTHER_BUYER))
    crmw("people", "apply", files["people"], "--yes")
    said = crmw("people", "history", LANG="zh_CN.UTF-8", COLUMNS="200").out
    assert "赵磊: 已离职" in said
    assert "首次启动" in said
    assert "首个版本" in said
    assert crmw("people", "history", "--json").json[0]["changes"] == ["赵磊: has left"]
