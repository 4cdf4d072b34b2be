"""Which rule of the rule book is carried out where, and which story test has shown it. It must not run anything.

A rule counts only where a registered element or a function of the engine declares it and a story test has executed
that; what the story tests executed stands in `flows/rules_shown.json`, written by the test run (`make rules`).
"""

import json
import pkgutil
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any

from crm_workflows.domain.rules import carrying_out, place_of
from crm_workflows.engine.procedure import Versions

RULES: dict[str, str] = {
    "G-1": "负责人 / Owner",
    "G-2": "审批 / Approval",
    "G-3": "无人答复时的后果 / Silence is declared",
    "G-4": "工作时间 / Working time",
    "G-5": "由数据确定审批人 / Approvers come from data",
    "G-6": "决定以所示内容为准 / Decisions bind to what was shown",
    "G-7": "全部记录在案 / Everything is on record",
    "G-8": "流程版本 / Versions",
    "G-9": "案件可查 / Cases are findable",
    "G-10": "不被淹没 / Nobody is flooded",
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
    "ON-1": "客户档案 / Archive",
    "ON-2": "重复客户 / Duplicates",
    "ON-3": "资信 / Standing",
    "ON-4": "优质客户 / Is it a good customer?",
    "ON-5": "客户等级 / Tier",
    "ON-6": "信用 / Credit",
    "ON-7": "建档审批 / Approval",
    "ON-8": "客户代码 / Customer code",
    "ON-9": "客户经理与团队 / Account owner and team",
    "ON-10": "欢迎与通知 / Welcome",
    "ON-11": "首次回访 / First callback",
    "ON-12": "复核 / Review",
    "CB-1": "回访周期 / Cadence by tier",
    "CB-2": "定期回访计划 / Recurring rounds",
    "CB-3": "跳过的回访 / Callbacks skipped",
    "CB-4": "回访记录 / Record",
    "CB-5": "未联系上 / Not reached",
    "CB-6": "后续处理 / Branches",
    "CB-7": "漏访与抽查 / Missed and sampled",
    "CB-8": "满意度调查与改进 / Survey and improvement",
    "CP-1": "受理 / Receive",
    "CP-2": "回执 / Acknowledge",
    "CP-3": "评估 / Assess",
    "CP-4": "控制 / Contain",
    "CP-5": "指派 / Assign",
    "CP-6": "原因分析 / Analyse",
    "CP-7": "方案审批 / Solution gate",
    "CP-8": "答复 / Answer",
    "CP-9": "执行 / Carry out",
    "CP-10": "申诉 / Appeal",
    "CP-11": "效果跟踪 / Effect",
    "CP-12": "纠正措施 / Corrective action",
    "CP-13": "结案 / Close",
    "CP-14": "计时 / The clock",
    "RP-1": "月报 / Monthly report",
    "RP-2": "关键指标 / Key figures",
    "RP-3": "客户七视角 / Seven views of a customer",
    "RP-4": "重新分级 / Re-tiering",
    "RP-5": "A 级客户计划 / Plan per A customer",
}
"""The rules carried out so far, by id, with their titles: those of every process, then each process's own."""


def declared(versions: Versions) -> dict[str, set[str]]:
    """Rule id -> `file.py:line` of the elements and functions that declare it."""
    where: dict[str, set[str]] = defaultdict(set)
    for package in ("engine", "business"):  # by name: the engine must not know what is built on it
        found = import_module(f"crm_workflows.{package}")
        for module in pkgutil.walk_packages(found.__path__, f"{found.__name__}."):
            import_module(module.name)
    for rule, functions in carrying_out().items():
        where[rule].update(map(place_of, functions))
    for made in versions.values():
        for element in made.elements().values():
            where[element.rule].add(element.where)
    return where


def coverage(versions: Versions, shown_file: Path, part: str | None = None) -> list[dict[str, Any]]:
    """Each rule with where it is carried out and by which story tests it is shown; `part` such as "SV" selects.

    Rules of a company's own processes come last, by the title of their process; its story tests are not ours to know.
    """
    where = declared(versions)
    titles = RULES | _own_titles(versions)
    shown: dict[str, list[str]] = json.loads(shown_file.read_text(encoding="utf-8")) if shown_file.is_file() else {}
    wanted = (rule for rule in titles if part is None or rule.split("-")[0] == part)
    return [
        {"rule": rule, "title": titles[rule], "where": sorted(where.get(rule, ())), "shown_by": shown.get(rule, [])}
        for rule in wanted
    ]


def _own_titles(versions: Versions) -> dict[str, str]:
    found = {element.rule: made.title for made in versions.values() for element in made.elements().values()}
    return {rule: title for rule, title in sorted(found.items()) if rule not in RULES}
