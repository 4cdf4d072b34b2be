"""Logs that cannot be written: one sentence, no traceback, and the work goes on."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_workflows.domain.errors import Refused
from crm_workflows.interfaces import logs

FULL = Path("/dev/full")


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [h for h in root.handlers if h not in handlers]:
        root.removeHandler(handler)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
def test_a_full_disk_is_told_once_and_without_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "up.log"
    log.symlink_to(FULL)
    logs.to_file(log)
    for n in range(5):
        logging.getLogger("crm_workflows.test").warning("line %d", n)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "the log cannot be written (No space left on device), work goes on" in said


def test_a_line_that_cannot_be_made_is_told_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.to_file(tmp_path / "up.log")
    handler = next(h for h in logging.getLogger().handlers if h.get_name() == "crm-file")
    handler.handle(logging.LogRecord("x", logging.INFO, "x", 1, "%d", ("no number",), None))
    said = capsys.readouterr().err
    assert (said.count("\n"), "Traceback" in said, "Logging error" in said) == (1, False, False)
    logging.getLogger("crm_workflows.test").warning("good again")
    assert "good again" in (tmp_path / "up.log").read_text("utf-8")


def test_an_error_stands_there_by_kind_and_place_and_quotes_nobody(tmp_path: Path) -> None:
    logs.to_file(tmp_path / "crm.log")
    who = "chen@" + "supplier.example"
    try:
        try:
            int(who)
        except ValueError as error:
            raise Refused("案件 SV-1 已结束 / case SV-1 is over") from error
    except Refused:
        logging.getLogger("crm_workflows").exception("a step failed", extra={"case": "SV-1"})
    written = (tmp_path / "crm.log").read_text(encoding="utf-8")
    assert who not in written
    places = ("a step failed", "SV-1", "ValueError\n", "test_logs.py", "Refused: 案件 SV-1 已结束 / case SV-1 is over")
    assert [place for place in places if place not in written] == []


def test_errors_that_are_each_others_cause_come_to_an_end(tmp_path: Path) -> None:
    one, other = KeyError(), LookupError()
    one.__cause__, other.__cause__ = other, one
    logs.to_file(tmp_path / "up.log")
    logging.getLogger("crm_workflows.test").error("it failed", exc_info=one)
    assert (tmp_path / "up.log").read_text(encoding="utf-8").count("Traceback") == 2


AFTER_PREFECT = """
import logging, sys
from pathlib import Path
from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress, keep_quiet
from crm_workflows.interfaces import logs
logs.quiet()
logs.to_file(Path(sys.argv[1]))
from prefect import flow
keep_quiet(PrefectAddress("http://127.0.0.1:9/api", ours=True))
logging.getLogger("crm_workflows").warning("mail not taken", extra={"mail": "m-1"})
logging.getLogger("crm_workflows").info("on duty")
"""


def test_the_log_goes_on_when_prefect_is_there(tmp_path: Path) -> None:
    """Prefect puts a console in place of handlers that it takes for a library's own."""
    env = os.environ | {"PREFECT_HOME": str(tmp_path), "DO_NOT_TRACK": "1"}
    command = [sys.executable, "-c", AFTER_PREFECT, str(tmp_path / "worker.log")]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = (tmp_path / "worker.log").read_text(encoding="utf-8").splitlines()
    assert ["mail not taken" in lines[0], "mail=m-1" in lines[0], "on duty" in lines[1]] == [True, True, True]
