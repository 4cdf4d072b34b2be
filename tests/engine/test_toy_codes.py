"""Each process of a test has a code that no other has, for which tests meet in one process is a matter of chance."""

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOYS = re.compile(r'name="([a-z-]+)", code="([A-Z]+)"')
PROCEDURES = re.compile(r'@procedure\(code="([A-Z]+)"[^\n]*\)\n\s*def (\w+)')


def test_no_two_processes_share_a_code() -> None:
    names = defaultdict(set)
    for file in (*ROOT.glob("tests/**/*.py"), *ROOT.glob("flows/*/procedure.py")):
        text = file.read_text(encoding="utf-8")
        for name, code in TOYS.findall(text):
            names[code].add(name)
        for code, name in PROCEDURES.findall(text):
            names[code].add(name.replace("_", "-"))
    assert {"TP", "SV", "PR"} <= set(names)
    assert {code: found for code, found in names.items() if len(found) > 1} == {}
