"""`make rules`: runs the stories once in memory and records which rules each of them executed. It judges nothing."""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from tools.findings import ROOT

SHOWN = ROOT / "flows" / "rules_shown.json"


def main() -> int:
    """Write flows/rules_shown.json; the exit status of the stories."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "-q", "-k", "memory", "tests/flows"]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | {"CRMW_WRITE_RULES": folder}, check=False)
        shown: dict[str, list[str]] = defaultdict(list)
        for file in sorted(Path(folder).glob("*.json")):
            story, rules = json.loads(file.read_text(encoding="utf-8"))
            for rule in rules:
                shown[rule].append(story)
    if done.returncode == 0:
        SHOWN.write_text(json.dumps(shown, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
