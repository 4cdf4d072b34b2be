"""A plain `pip install .`, without the lock and outside the checkout, carries a case of its own.

It proves what the other tests cannot: that the wheel holds flows, templates and configuration, and that the bounds in
pyproject.toml, resolved anew today, still work together.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "samples" / "good"

# Resolves and downloads some 100 packages (half a minute): once is enough.
pytestmark = pytest.mark.timeout(600)


def environment(home: Path) -> dict[str, str]:
    """The machine's environment without anything that would lead back to the checkout or to another home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CRMW_", "PYTEST", "PREFECT_"))}
    for name in ("PYTHONPATH", "VIRTUAL_ENV"):
        kept.pop(name, None)
    quiet = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    return kept | quiet | {"CRMW_HOME": str(home), "CRMW_TRACKING": "off"}


def run(*command: str | Path, cwd: Path, env: dict[str, str]) -> str:
    """Standard output of a command that must succeed; else the test fails with all that it said."""
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{command} said: {result.stdout[-2000:]}\n{result.stderr[-4000:]}"
    return result.stdout


@pytest.fixture(scope="module")
def crmw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a fresh environment into which the project was installed from its folder."""
    place = tmp_path_factory.mktemp("plain")
    env = environment(place / "unused")
    run(sys.executable, "-m", "venv", place / "venv", cwd=place, env=env)
    python = place / "venv" / "bin" / "python"
    # Without compiling thousands of modules of which two thousand are ever imported.
    quick = ("--quiet", "--disable-pip-version-check", "--no-compile")
    run(python, "-m", "pip", "install", *quick, ROOT, cwd=place, env=env)
    return python.with_name("crmw")


def test_the_installed_command_introduces_itself(crmw: Path, tmp_path: Path) -> None:
    assert "start" in run(crmw, "--help", cwd=tmp_path, env=environment(tmp_path / "home"))


def test_the_wheel_holds_what_lies_beside_the_code(crmw: Path, tmp_path: Path) -> None:
    code = (
        "import flows, crm_workflows\n"
        "from crm_workflows.shipped import shipped\n"
        "print(crm_workflows.__file__, flows.__file__, *map(shipped, ('config', 'templates', 'samples')), sep='\\n')"
    )
    places = run(crmw.with_name("python"), "-c", code, cwd=tmp_path, env=environment(tmp_path / "home")).split("\n")[:5]
    assert all(str(crmw.parents[1]) in place for place in places), places
    shipped = {Path(place).name: Path(place) for place in places[2:]}
    for name, folder in shipped.items():
        assert files(ROOT / name) == files(folder)


def files(folder: Path) -> list[Path]:
    """What lies in a folder; the scripts that make the samples, and what Python compiles, are not meant."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return sorted(path for path in found if folder.name != "samples" or path.suffix != ".py")


def test_a_case_starts_and_waits_for_the_suppliers_papers(crmw: Path, tmp_path: Path) -> None:
    env = environment(tmp_path / "home")

    def ask(*words: str | Path) -> dict[str, Any]:
        answer = json.loads(run(crmw, *words, "--json", cwd=tmp_path, env=env))
        assert isinstance(answer, dict)
        return answer

    run(crmw, "migrate", cwd=tmp_path, env=env)
    started = ask("start", "supplier-vetting", "--input", SAMPLE / "application.json")
    run(crmw, "work", "--until-idle", cwd=tmp_path, env=env)
    case = ask("case", started["case"])
    assert case["process"] == "supplier-vetting"
    assert case["status"] == "waiting"
    assert case["subject"]["company"] == json.loads((SAMPLE / "application.json").read_text("utf-8"))["company"]
    assert [item["kind"] for item in case["waiting_for"]]
