"""What people see of a case's journal: the steps it went through, and what was amended on the way. It only reads."""

from typing import Any

from crm_workflows.domain.records import JournalEntry
from crm_workflows.engine.journal import AMENDED, STEP
from crm_workflows.engine.views.view_titles import Titles


def amendments(entries: list[JournalEntry]) -> list[dict[str, Any]]:
    """What was changed in the subject while the case ran: label, old, new; by whom, why and when."""
    found = [(entry.value[AMENDED], entry.at) for entry in entries if AMENDED in (entry.value or {})]
    return [
        {
            "by": told["by"], "reason": told["reason"], "at": at.isoformat(),
            "changes": [
                {"label": (new or old)["label"], "before": (old or {}).get("value"), "after": (new or {}).get("value")}
                for old, new in told["changes"]
            ],
        }
        for told, at in found
    ]  # fmt: skip


def steps(entries: list[JournalEntry], titles: Titles) -> list[dict[str, Any]]:
    """What the engine and the procedure have done, in order."""
    return [
        {
            "name": e.key.partition(":")[2], "title": titles.step(e.key, (e.value or {}).get("title", "")),
            "rule": e.rule, "round": e.round, "at": e.at.isoformat(),
        }
        for e in entries
        if e.kind == STEP and AMENDED not in (e.value or {})
    ]  # fmt: skip
