"""Who says whether a promise was kept (CB-4)."""

import re
from datetime import date
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from crm_workflows import (
    Form,
    FormTask,
    choices,
    complaint_words,
    manager,
    owner,
    reason_behind,
    says_only,
    working_days,
    working_hours,
)
from flows.company import DayToCome
from flows.periodic_callbacks.said import GRIEVANCE, TAKEN_BACK

RESULTS = {"kept": "已兑现 / Kept", "not_kept": "未兑现 / Not kept"}
WHY_NOT = "未兑现的，请写明原因 / where it was not kept, say why"
LATER = "改期须晚于原承诺日 / the new day lies after the one promised"
ALL_DONE = "已兑现的，不必改期 / what was kept needs no other day"
A_COMPLAINT = (
    "涉及安全、法律或媒体的是投诉：请另行发起“投诉处理”，此处写明其编号即可 / "
    "where safety, law or the press is concerned it is a complaint: start one, and only name its case here"
)
KEPT_WORDS: Final = re.compile(r"已兑现了?|已完成|kept\b", re.IGNORECASE)
NOT_KEPT_WORDS: Final = re.compile(r"(?:未兑现|没有?兑现|not kept)(?=$|[\s,。.!、;:~—–-])", re.IGNORECASE)


class PromiseResult(Form):
    """CB-4: whether it was kept."""

    result: Literal["kept", "not_kept"] = Field(
        title="结果 / Result", examples=["kept"], json_schema_extra=choices(RESULTS)
    )
    reason: str = Field(
        default="", title="说明（未兑现的写明原因） / Remark; the reason if not kept", max_length=2000,
        examples=["目录已寄出"],
    )  # fmt: skip
    again_on: DayToCome | None = Field(default=None, title="改期至 / Promised again for", examples=[None])
    BY_REPLY: ClassVar[str] = (
        "可直接用一行答复：单独一个“已兑现”，或“未兑现”和原因；改期和其他说明请填写表单；"
        "客户有投诉的，请另行发起“投诉处理” / "
        "You can answer in one line: “kept” alone, or “not kept” and why; another day or a remark goes into the form, "
        "and what the customer complains of is started as a complaint"
    )

    @classmethod
    def from_reply(cls, words: str) -> dict[str, Any] | None:
        """One line that is read as a decision's is: kept alone, not kept with a reason, and no complaint (CB-6)."""
        line = words.strip()
        if "\n" in line or TAKEN_BACK.search(line):
            return None
        if says_only(line, KEPT_WORDS):
            return {"result": "kept", "reason": ""}
        reason = reason_behind(line, NOT_KEPT_WORDS)
        others = (KEPT_WORDS, NOT_KEPT_WORDS, GRIEVANCE)
        if not reason or any(other.search(reason) for other in others) or _is_grave(reason):
            return None
        return {"result": "not_kept", "reason": reason}

    @model_validator(mode="after")
    def _is_whole(self, info: ValidationInfo) -> Self:
        by = (info.context or {}).get("by")
        if by and self.again_on and self.again_on <= date.fromisoformat(by):
            raise ValueError(LATER)
        if self.result == "not_kept" and not self.reason:
            raise ValueError(WHY_NOT)
        if self.result == "kept" and self.again_on:
            raise ValueError(ALL_DONE)
        if _is_grave(self.reason):
            raise ValueError(A_COMPLAINT)
        return self


def _is_grave(words: str) -> bool:
    """Whether its hours are those of a complaint, which nobody reads out of a promise (CP-3)."""
    return any(complaint_words.concerns(words).values())


KEPT = FormTask(
    "promise_kept", "承诺是否兑现 / Was the promise kept?", rule="CB-4", form=PromiseResult,
    by=owner, due=working_days(1), remind=working_hours(4), escalate_to=manager, in_sheets=True,
)  # fmt: skip
