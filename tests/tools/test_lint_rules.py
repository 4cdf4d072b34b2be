"""The rules of the house that ruff carries out are really switched on: each finds its example, in the right places."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEADER = '"""A module."""\n\n'


def codes(source: str, name: str) -> set[str]:
    """The rules that ruff finds broken in `source`, were it the file `name` of this checkout."""
    command = [sys.executable, "-m", "ruff", "check", "--output-format=json", "--stdin-filename", name, "-"]
    result = subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True, check=False)
    assert result.returncode in {0, 1}, result.stderr
    return {finding["code"] for finding in json.loads(result.stdout)}


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("import smtplib\n\nsmtplib.SMTP()\n", "TID251"),
        ("from datetime import UTC, datetime\n\nx = datetime.now(UTC)\n", "TID251"),
        ("from datetime import date\n\nx = date.today()\n", "TID251"),
        ("import time\n\nx = time.time()\n", "TID251"),
        ("import time\n\ntime.sleep(1)\n", "TID251"),
        ("try:\n    x = 1\nexcept Exception:\n    x = 2\n", "BLE001"),
        ("try:\n    x = 1\nexcept Exception:\n    pass\n", "S110"),
        ("try:\n    x = 1\nexcept:\n    x = 2\n", "E722"),
        ("x = 1  # TO" + "DO later\n", "FIX002"),
        ("assert 1\n", "S101"),
        ("print(1)\n", "T201"),
        ("from . import other\n\nother()\n", "TID252"),
        ("from datetime import datetime\n\nx = datetime(2026, 1, 1)\n", "DTZ001"),
    ],
)
def test_what_the_house_forbids_is_found(source: str, rule: str) -> None:
    assert rule in codes(HEADER + source, "crm_workflows/engine/example.py")


def test_a_module_without_its_sentence_of_purpose_is_found() -> None:
    assert codes("x = 1\n", "crm_workflows/engine/example.py") == {"D100"}


def test_only_the_clock_reads_the_clock() -> None:
    source = HEADER + "from datetime import UTC, datetime\n\nx = datetime.now(UTC)\n"
    assert codes(source, "crm_workflows/adapters/clock.py") == set()
    assert codes(source, "tests/engine/test_example.py") == {"TID251"}


def test_tests_may_assert_but_not_sleep() -> None:
    assert codes("import time\n\nassert True\ntime.sleep(1)\n", "tests/engine/test_example.py") == {"TID251"}


def test_chinese_punctuation_is_no_fault() -> None:
    source = '"""一个模块：说明（用途）。"""\n\nx = "同意，驳回；退回！"  # 为什么：中文标点\n'
    assert codes(source, "flows/example.py") == set()
