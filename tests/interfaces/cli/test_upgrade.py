"""The files of a procedure change while a case is under way, and every process after that is a new one (G-8)."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.interfaces.cli.conftest import BUYER, SAMPLES

ROOT = SAMPLES.parent
BEGINS = "    application = case.subject\n"
FIRST_ENDS, NOW_ENDS = "the supplier is recognised", "the supplier is among ours"
NEW_RULE = '    return case.reject("新规则 / by a new rule")\n'


def test_a_case_goes_on_by_the_handbook_on_which_it_began_until_it_is_moved(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "flows", tmp_path / "flows", ignore=shutil.ignore_patterns("__pycache__"))
    story = tmp_path / "flows" / "supplier_vetting" / "procedure.py"

    def crmw(*words: object) -> Any:
        environment = os.environ | {
            "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "CRMW_HOME": str(tmp_path / "home"), "CRMW_TRACKING": "off",
            "CRMW_CONFIG": str(ROOT / "config"),
        }  # fmt: skip
        command = [sys.executable, "-m", "crm_workflows.interfaces.cli", *map(str, words), "--json"]
        said = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert said.stdout, said.stderr
        return json.loads(said.stdout)

    old = crmw("start", "supplier-vetting", "--input", ROOT / "samples" / "good" / "application.json")["case"]
    text = story.read_text(encoding="utf-8")
    assert BEGINS in text
    assert FIRST_ENDS in text
    story.write_text(text.replace(BEGINS, BEGINS + NEW_RULE), encoding="utf-8")
    papers = (ROOT / "samples" / "good" / "documents").iterdir()
    crmw("upload", f"{old}-R1", *papers, "--as", BUYER)
    new = crmw("start", "supplier-vetting", "--input", ROOT / "samples" / "over-limit" / "application.json")
    assert new["status"] == "closed", "rejected by the new rule"
    (planned,) = crmw("upgrade", "supplier-vetting", "--plan")
    assert (planned["case"], planned["plan"], planned["moved"]) == (old, "blocked", False), "it is open still"
    assert planned["before"]["version"] == planned["after"]["version"]
    assert planned["before"]["source_hash"] != planned["after"]["source_hash"]

    story.write_text(text.replace(FIRST_ENDS, NOW_ENDS), encoding="utf-8")
    (moved,) = crmw("upgrade", "supplier-vetting", "--apply")
    assert (moved["case"], moved["plan"], moved["moved"]) == (old, "moves", True), moved["why"]
    assert moved["before"] == planned["before"] != moved["after"]
    (undone,) = crmw("upgrade", old, "--undo")
    assert (undone["plan"], undone["moved"]) == ("moves", True), undone["why"]
    assert (undone["before"], undone["after"]) == (moved["after"], moved["before"])
