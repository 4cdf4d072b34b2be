"""What comes beside the code is found, and is in the wheel."""

import tomllib
from pathlib import Path

import pytest

from crm_workflows import shipped as module
from crm_workflows.shipped import shipped

ROOT = Path(__file__).resolve().parents[1]


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


def test_every_sample_is_in_the_wheel() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    folders = (path for path in (ROOT / "samples").iterdir() if path.is_dir() and path.name != "__pycache__")
    samples = {f"samples/{path.name}" for path in folders}
    assert samples == {name for name in wheel["force-include"] if name.startswith("samples/")}
