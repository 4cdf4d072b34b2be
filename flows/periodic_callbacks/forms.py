"""The forms of a callback (CB-4 to CB-7)."""

from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import EmailStr, Field, ValidationInfo, model_validator

from crm_workflows import Form, Line, choices
from flows.company import DayToCome
from flows.periodic_callbacks import promises, said

RESULTS = {
    "reached": "已联系上 / Reached",
    "not_reached": "未联系上 / Not reached",
    "skip": "本次不回访 / Skip this time",
}
CHANNELS = {"phone": "电话 / Phone", "visit": "拜访 / Visit", "mail": "邮件 / Mail", "chat": "微信 / Chat"}
TELL = "联系上的，请填写摘要和满意度 / where somebody was reached, give a summary and the satisfaction"
WHY_SKIP = "不回访的，请写明原因 / give the reason for skipping"
WAS_REACHED = (
    "投诉、需求、资料变更和承诺只随联系上的回访登记：已联系上的请选“已联系上”，否则请清空 / complaint, needs, changed "
    "data and promises are taken of somebody who was reached: say that they were, or clear them"
)
SAY_WHAT = "退回时请说明 / say what is wrong when sending back"
NEW_DATA = (
    "请填写新的电话或邮箱，或说明客户已停业 / give a new phone number or address, or say that the customer is gone"
)
UNHAPPY = 2
"""Satisfaction up to this is bad (CB-6)."""
Words = Annotated[str, Field(max_length=2000)]


class CallbackRecord(Form):
    """CB-4: what the callback brought."""

    result: Literal["reached", "not_reached", "skip"] = Field(
        title="结果 / Result", examples=["reached"], json_schema_extra=choices(RESULTS)
    )
    channel: Literal["phone", "visit", "mail", "chat"] = Field(
        default="phone", title="方式 / Channel", examples=["phone"], json_schema_extra=choices(CHANNELS)
    )
    satisfaction: Annotated[int, Field(ge=1, le=5)] | None = Field(
        default=None, title="满意度（1–5） / Satisfaction (1–5)", examples=[5]
    )
    summary: Words = Field(default="", title="摘要 / Summary", examples=["对交货和质量满意，下月照常订货"])
    needs: Words = Field(default="", title="新需求 / Needs", examples=[""])
    complaint: Words = Field(default="", title="投诉 / Complaint", examples=[""])
    changed_data: Words = Field(default="", title="客户资料变更 / Changed data", examples=[""])
    promises: Words = Field(
        default="", title="承诺（每行一项：日期 事项 [承诺人邮箱]） / Promises, one a line: day, what, [mail of who]",
        examples=[""],
    )  # fmt: skip
    next_on: DayToCome | None = Field(default=None, title="约定的下次日期 / Next date, if agreed", examples=[None])
    reason: Words = Field(default="", title="不回访的原因 / Reason for skipping", examples=[""])
    BY_REPLY: ClassVar[str] = said.HOW

    @classmethod
    def from_reply(cls, words: str) -> dict[str, Any] | None:
        """Result, grade and summary of one line that is wholly understood."""
        return said.read(words)

    @classmethod
    def why_not_read(cls, words: str) -> str:
        return said.why_not(words)

    @property
    def is_bad(self) -> bool:
        """CB-6: satisfaction of 2 or less, or a complaint."""
        return bool(self.complaint) or (self.satisfaction is not None and self.satisfaction <= UNHAPPY)

    @model_validator(mode="after")
    def _is_whole(self, info: ValidationInfo) -> Self:
        known = (info.context or {}).get("since")
        since = date.fromisoformat(known) if known else None
        promises.read(self.promises, since or promises.LEAP, since=since)
        if self.result == "reached" and (not self.summary or self.satisfaction is None):
            raise ValueError(TELL)
        is_told = self.complaint or self.needs or self.changed_data or self.promises
        if self.result != "reached" and is_told and "today" in (info.context or {}):
            raise ValueError(WAS_REACHED)
        if self.result == "skip" and not self.reason:
            raise ValueError(WHY_SKIP)
        return self


class DataRepair(Form):
    """CB-5: who could not be reached: new data, or gone."""

    name: Line = Field(default="", title="联系人 / Contact", max_length=80, examples=["钟意"])
    phone: Line = Field(default="", title="新电话 / New phone number", max_length=40, examples=["+8651055500999"])
    email: EmailStr | None = Field(default=None, title="新邮箱 / New mail address", examples=[None])
    is_gone: bool = Field(default=False, title="客户已停业 / The customer is gone", examples=[False])
    remark: Words = Field(default="", title="说明 / Remark", examples=["原联系人已离职"])

    @model_validator(mode="after")
    def _brings_something(self) -> Self:
        if not (self.is_gone or self.phone or self.email):
            raise ValueError(NEW_DATA)
        return self


class NeedFollowed(Form):
    """CB-6: what follows from a need."""

    action: str = Field(title="跟进措施 / What is done", min_length=1, max_length=2000, examples=["已报价，待确认"])


class Sample(Form):
    """CB-7: a supervisor looks at the record of a callback."""

    is_right: bool = Field(title="记录属实、完整 / The record is true and complete", examples=[True])
    remark: Words = Field(default="", title="说明 / Remark", examples=["已电话核实"])

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if not self.is_right and not self.remark:
            raise ValueError(SAY_WHAT)
        return self
