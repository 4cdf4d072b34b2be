"""What is filled in as the cause of a complaint is found and its remedy carried out (CP-4 to CP-7, CP-9)."""

from typing import Self

from pydantic import Field, ValidationInfo, model_validator

from crm_workflows import Form, Line, Money, choices, listed_in
from flows.company import DayGoneBy
from flows.complaint_resolution.forms import (
    ASKED_FIRST,
    CAUSES,
    DEPARTMENTS,
    IF_UPHELD,
    REMEDIES,
    VERDICTS,
    Asking,
    Cost,
    Department,
    Remedy,
    Verdict,
    Words,
    check_answer,
    is_to_be_done,
)

WHY_CONTEST = "不接受的，请写明理由 / say why you contest it"
NAME_THE_CAUSE = (
    "请选择原因类别，写明原因、未被发现的原因和依据，或写明要问客户的问题 / "
    "choose the kind of cause, say why it arose, why it was not caught and by which proof, or what to ask the customer"
)


class Containment(Form):
    """CP-4: for a fault of a product: stop, isolate, replace."""

    stopped: Words = Field(title="停止（停产、停发） / Stopped", min_length=1, examples=["同批次停止发货"])
    isolated: Words = Field(title="隔离（库存、在途） / Isolated", min_length=1, examples=["库存 40 件已隔离"])
    replaced: Words = Field(default="", title="更换 / Replaced", examples=["给客户先换发 10 件"])


class Acceptance(Form):
    """CP-5: the department in charge accepts, or contests with the reason."""

    accepts: bool = Field(title="本部门受理 / We accept it", examples=[True])
    reason: Words = Field(default="", title="不受理的理由 / Why you contest it", examples=[""])

    @property
    def gist(self) -> str:
        return "受理 / accepted" if self.accepts else "不受理 / contested"

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if not self.accepts and not self.reason:
            raise ValueError(WHY_CONTEST)
        return self


class Ruling(Form):
    """CP-5: the service director rules which department it is."""

    department: Department = Field(
        title="责任部门 / Department in charge", examples=["quality"], json_schema_extra=choices(DEPARTMENTS)
    )
    reason: Words = Field(title="理由 / Reason", min_length=1, examples=["故障在出厂检验范围内"])


class Analysis(Asking):
    """CP-6: why it arose, why it was not caught, the proof; a supplier's part names that supplier."""

    cause_kind: str | None = Field(
        default=None, title="原因类别 / Kind of cause", examples=["material"],
        json_schema_extra=listed_in("complaint_causes", CAUSES) | ASKED_FIRST,
    )  # fmt: skip
    cause: Words = Field(
        default="", title="产生的原因 / Why it arose", examples=["密封圈硬度偏低"], json_schema_extra=ASKED_FIRST
    )
    not_caught: Words = Field(
        default="", title="未被发现的原因 / Why it was not caught", examples=["来料未抽检硬度"],
        json_schema_extra=ASKED_FIRST,
    )  # fmt: skip
    proof: Words = Field(
        default="", title="依据 / Proof", examples=["硬度检测记录 2026-03"], json_schema_extra=ASKED_FIRST
    )
    supplier: Line = Field(
        default="", title="涉及的供应商代码 / Code of the supplier concerned", max_length=40, examples=[""]
    )

    @model_validator(mode="after")
    def _is_whole(self, info: ValidationInfo) -> Self:
        """Answers from before there were kinds of causes have none."""
        is_named = self.cause_kind or (info.context or {}).get("taken")
        if not self.question and not (is_named and self.cause and self.not_caught and self.proof):
            raise ValueError(NAME_THE_CAUSE)
        return self


class Solution(Asking):
    """CP-7: verdict, remedy and cost as the handler proposes them, with the answer to the customer."""

    verdict: Verdict | None = Field(
        default=None, title="投诉是否成立 / Is it upheld?", examples=["upheld"],
        json_schema_extra=choices(VERDICTS) | ASKED_FIRST,
    )  # fmt: skip
    remedy: Remedy = Field(
        default="none", title="处理措施 / Remedy", examples=["replace"], json_schema_extra=choices(REMEDIES) | IF_UPHELD
    )
    cost: Cost = Field(default=Money.of(0), title="费用 / Cost", examples=[{"amount": "1200.00", "currency": "CNY"}])
    answer: Words = Field(
        default="", title="给客户的答复 / Answer to the customer",
        examples=["经查，密封圈硬度偏低，我们为您免费更换并承担运费，三天内送达。"], json_schema_extra=ASKED_FIRST,
    )  # fmt: skip

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.question:
            check_answer(self.verdict, self.remedy, self.answer)
        return self

    @property
    def has_remedy(self) -> bool:
        """Whether anything is to be carried out."""
        return is_to_be_done(self.remedy)


class RemedyDone(Form):
    """CP-9: what was carried out, and when."""

    done: Words = Field(title="已执行的措施 / What was carried out", min_length=1, examples=["已换货并由客户签收"])
    on: DayGoneBy = Field(title="完成日期 / Done on", examples=["2025-03-05"])
