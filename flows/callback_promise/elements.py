"""Who says whether a promise was kept (CB-4)."""

import re
import unicodedata
from datetime import date
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from crm_workflows import Form, FormTask, choices, manager, owner, working_days, working_hours
from flows.periodic_callbacks.said import APART, TAKEN_BACK

RESULTS = {"kept": "已兑现 / Kept", "not_kept": "未兑现 / Not kept"}
WHY_NOT = "未兑现的，请写明原因 / where it was not kept, say why"
ALL_DONE = "已兑现的，不必改期 / what was kept needs no other day"
KEPT_WORDS: Final = re.compile(rf"(?:已兑现|已完成|kept)(?:{APART}|$)(.*)", re.IGNORECASE)
NOT_KEPT_WORDS: Final = re.compile(rf"(?:未兑现|没有?兑现|not kept)(?:{APART})(.+)", re.IGNORECASE)


class PromiseResult(Form):
    """CB-4: whether it was kept."""

    result: Literal["kept", "not_kept"] = Field(
        title="结果 / Result", examples=["kept"], json_schema_extra=choices(RESULTS)
    )
    reason: str = Field(
        default="", title="说明（未兑现的写明原因） / Remark; the reason if not kept", max_length=2000,
        examples=["目录已寄出"],
    )  # fmt: skip
    again_on: date | None = Field(default=None, title="改期至 / Promised again for", examples=[None])
    BY_REPLY: ClassVar[str] = (
        "可直接用一行答复：“已兑现”，或“未兑现”和原因；改期请填写表单 / "
        "You can answer in one line: “kept”, or “not kept” and why; another day goes into the form"
    )

    @classmethod
    def from_reply(cls, words: str) -> dict[str, Any] | None:
        """One line that is wholly understood."""
        line = unicodedata.normalize("NFKC", words).strip()
        if "\n" in line or TAKEN_BACK.search(line):
            return None
        kept, not_kept = KEPT_WORDS.fullmatch(line), NOT_KEPT_WORDS.fullmatch(line)
        if kept:
            return {"result": "kept", "reason": kept[1].strip()}
        return {"result": "not_kept", "reason": not_kept[1].strip()} if not_kept else None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.result == "not_kept" and not self.reason:
            raise ValueError(WHY_NOT)
        if self.result == "kept" and self.again_on:
            raise ValueError(ALL_DONE)
        return self


KEPT = FormTask(
    "promise_kept", "承诺是否兑现 / Was the promise kept?", rule="CB-4", form=PromiseResult,
    by=owner, due=working_days(1), remind=working_hours(4), escalate_to=manager, in_sheets=True,
)  # fmt: skip
