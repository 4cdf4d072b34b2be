"""`make demo` as a stranger runs it: the story happens, and Ctrl-C leaves nothing running."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crm_workflows.interfaces.demo_company import _signals_later
from tests.invariants import suite
from tests.patience import eventually
from tests.upper import ROOT, environment

DEMO = [sys.executable, "-m", "crm_workflows.interfaces.demo"]


def processes_on(home: Path) -> list[int]:
    """The processes whose environment names that home, our own Prefect server among them."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(home).encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    return found


def test_make_demo_is_what_is_played_here() -> None:
    """So that CI need not play it twice."""
    said = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "demo", "ARGS=--once"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.splitlines()[-1] == f".venv/bin/python {' '.join(DEMO[1:])} --once"


@pytest.mark.timeout(400)
def test_the_story_is_told_to_its_end(tmp_path: Path) -> None:
    told = subprocess.run(
        [*DEMO, "--once"], cwd=tmp_path, env=environment(tmp_path / "unused"), capture_output=True, text=True,
        check=False, timeout=380,
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (0, ""), told.stdout
    assert "the supplier is recognised; its code is S-CP-0001" in told.stdout
    assert "the customer is taken on; its code is C-MA-0001" in told.stdout
    assert "fills in on the page: Callback (CB-4)" in told.stdout
    ends = ("the callback is recorded", "the complaint is answered", "papers are missing")
    assert [end for end in ends if end not in told.stdout] == [], "each scene ends with what came out"
    assert "Wang Fang" in told.stdout
    assert "王芳" not in told.stdout
    assert "→ 吴晓梅: the answer" in told.stdout
    assert re.search(r"\d+ mails were sent, and all of them arrived", told.stdout)
    assert "answers the mail with 同意" in told.stdout
    assert "opens the link and approves on the page" in told.stdout
    assert re.search(r"waits for .+ until \d\d-\d\d \d\d:\d\d", told.stdout)
    assert re.search(r"Prefect  shows \d+ runs of SV-2026-00001", told.stdout)
    assert "http" not in told.stdout, "no page that is gone by now is named"
    scenes = re.split(r"\n\w\w-2026-0000\d ", told.stdout)
    times = [re.findall(r"^(\d\d-\d\d \d\d:\d\d)", scene, re.MULTILINE) for scene in scenes]
    assert [part for part in times if part != sorted(part)] == []
    assert processes_on(tmp_path / ".crmw") == []
    suite.ask_database(f"sqlite:///{tmp_path / '.crmw' / 'demo' / 'crm.db'}")


def test_ctrl_c_ends_it_and_everything_that_it_started(tmp_path: Path) -> None:
    ours = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell begins what runs beside its script
    process = subprocess.Popen(
        DEMO, cwd=tmp_path, env=environment(tmp_path / "unused"), stdout=subprocess.PIPE, text=True, bufsize=1
    )
    signal.signal(signal.SIGINT, ours)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "the clock begins" in line:
                break
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(60) != 0
        eventually(lambda: not processes_on(tmp_path / ".crmw"))
    finally:  # a test that fails leaves nothing behind on the machine either
        process.kill()
        for left in processes_on(tmp_path / ".crmw"):
            os.kill(left, signal.SIGKILL)


def test_ctrl_c_while_a_child_is_started_waits_until_that_is_known() -> None:
    started: list[bool] = []

    def start() -> None:
        with _signals_later():
            signal.raise_signal(signal.SIGINT)
            started.append(True)

    with pytest.raises(KeyboardInterrupt):
        start()
    assert started
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
