"""Which rule of the rule book is carried out where, and which story test has shown it. It must not run anything.

A rule counts only where a registered element declares it and a story test has executed that element; what the story
tests executed stands in `flows/rules_shown.json`, written by the test run (`make rules`).
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crm_workflows.engine.procedure import Procedure

RULES: dict[str, str] = {
    "SV-1": "选择原则 / Criteria",
    "SV-2": "申请 / Request",
    "SV-3": "一般调查：资料 / General survey, papers",
    "SV-4": "一般调查：面谈 / General survey, talks",
    "SV-5": "总体判断与实地调查 / Overall judgement and on-site survey",
    "SV-6": "认定申请 / Application for recognition",
    "SV-7": "认定审批 / Recognition gate",
    "SV-8": "合同 / Contracts",
    "SV-9": "银行账户 / Bank details",
    "SV-10": "供应商代码 / Supplier code",
    "SV-11": "其他事项 / Other matters",
    "SV-12": "认定之后 / After recognition",
}
"""The rules of the processes that exist so far, by id, with their titles; a process that comes adds its part."""


def declared(versions: Mapping[tuple[str, int], Procedure]) -> dict[str, set[str]]:
    """Rule id -> `file.py:line` of the elements that declare it."""
    where: dict[str, set[str]] = defaultdict(set)
    for made in versions.values():
        for element in made.elements().values():
            where[element.rule].add(element.where)
    return where


def coverage(
    versions: Mapping[tuple[str, int], Procedure], shown_file: Path, part: str | None = None
) -> list[dict[str, Any]]:
    """Each rule with where it is carried out and by which story tests it is shown; `part` such as "SV" selects."""
    where = declared(versions)
    shown: dict[str, list[str]] = json.loads(shown_file.read_text(encoding="utf-8")) if shown_file.is_file() else {}
    wanted = (rule for rule in RULES if part is None or rule.split("-")[0] == part)
    return [
        {"rule": rule, "title": RULES[rule], "where": sorted(where.get(rule, ())), "shown_by": shown.get(rule, [])}
        for rule in wanted
    ]


def is_covered(lines: list[dict[str, Any]]) -> bool:
    """Whether every rule listed is declared and shown."""
    return all(line["where"] and line["shown_by"] for line in lines)
