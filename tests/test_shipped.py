"""What comes beside the code is found, and is in the wheel."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from crm_workflows import shipped as module
from crm_workflows.shipped import shipped

ROOT = Path(__file__).resolve().parents[1]
SECRET: Final = "config/settings.env"


@pytest.mark.parametrize("name", ["templates", "config", "samples"])
def test_a_checkout_finds_its_own_folders(name: module.Shipped) -> None:
    assert shipped(name) == ROOT / name


def test_a_wheel_finds_what_lies_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site/crm_workflows/_shipped/config").mkdir(parents=True)
    (tmp_path / "site/config").mkdir()  # another project's, beside ours
    monkeypatch.setattr(module, "_PACKAGE", tmp_path / "site/crm_workflows")
    assert shipped("config") == tmp_path / "site/crm_workflows/_shipped/config"


def test_an_incomplete_installation_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PACKAGE", tmp_path / "crm_workflows")
    with pytest.raises(FileNotFoundError, match="install it again"):
        shipped("templates")


def wheel_of_ours() -> dict[str, Any]:
    """What pyproject.toml says of the wheel."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel: dict[str, Any] = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    return wheel


def test_the_wheel_has_the_files_of_config_and_not_the_passwords_beside_them() -> None:
    files = {f"config/{path.name}" for path in (ROOT / "config").iterdir()} - {SECRET}
    assert files == {name for name in wheel_of_ours()["force-include"] if name.startswith("config")}


def test_git_and_the_commands_of_the_deployment_leave_files_with_passwords_alone() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert {f"/{SECRET}", "/docs/deploy/container/crm.env", "/docs/deploy/container/.env"} <= set(ignored)
    text = (ROOT / "docs/deploy/README.md").read_text("utf-8")
    assert "cp -r config" not in text
    assert re.findall(r"--from-file=(\S+)", text) == [
        f"config/{name}.yaml" for name in ("people", "policy", "calendar")
    ]


def test_every_sample_is_in_the_wheel() -> None:
    wheel = wheel_of_ours()
    folders = (path for path in (ROOT / "samples").iterdir() if path.is_dir() and path.name != "__pycache__")
    samples = {f"samples/{path.name}" for path in folders}
    assert samples == {name for name in wheel["force-include"] if name.startswith("samples/")}
