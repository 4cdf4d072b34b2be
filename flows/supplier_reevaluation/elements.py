"""The scores of a re-evaluation, and who decides on them (SV-12)."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from crm_workflows import (
    FormTask,
    Gate,
    PolicyRead,
    PositiveMoney,
    above,
    choices,
    keep_waiting,
    manager,
    role,
    working_days,
)
from flows.company import in_yuan
from flows.supplier_vetting.forms import CriteriaJudgement

Proposal = Literal["recognise", "hold", "bar"]
PROPOSALS = {
    "recognise": "继续认定 / Recognise again",
    "hold": "暂停采购 / Put on hold",
    "bar": "列入禁用名单 / Bar",
}
GIVE_REASON = "建议暂停或禁用时请写明原因 / please give the reason for holding or barring"
Known = Annotated[int | None, Field(ge=0, le=100)]


class Reevaluation(CriteriaJudgement):
    """SV-12: the six criteria again, and quality, delivery, complaints, price, service as far as they are known."""

    quality: Known = Field(default=None, title="质量（已知则填 0–100） / Quality (0–100 if known)", examples=[92])
    delivery: Known = Field(default=None, title="交货 / Delivery", examples=[95])
    complaints: Known = Field(default=None, title="投诉（越少越高） / Complaints (the fewer the higher)", examples=[90])
    price: Known = Field(default=None, title="价格 / Price", examples=[80])
    service: Known = Field(default=None, title="服务 / Service", examples=[88])
    yearly_amount: Annotated[PositiveMoney, AfterValidator(in_yuan)] = Field(
        title="预计年采购额 / Expected yearly amount", examples=[{"amount": "520000.00", "currency": "CNY"}]
    )
    proposal: Proposal = Field(title="建议 / Proposal", examples=["recognise"], json_schema_extra=choices(PROPOSALS))
    reason: str = Field(default="", title="原因 / Reason", max_length=2000, examples=["供货稳定，无重大投诉"])

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.proposal != "recognise" and not self.reason:
            raise ValueError(GIVE_REASON)
        return self


SCORES = FormTask(
    "reevaluation_scores", "供应商复评 / Re-evaluation of the supplier", rule="SV-12", form=Reevaluation,
    by=role("head_of_materials"), due=working_days("reevaluation_due"), remind=working_days("report_due"),
    escalate_to=manager, anew=("proposal", "reason"),
)  # fmt: skip

RENEWAL = Gate(
    "renewal", "复评审批 / Decision on the re-evaluation", rule="SV-12",
    approver=role("head_of_marketing"),
    then=above("recognition_finance_above", role("finance"), role("general_manager")),
    due=working_days("recognition_due"), remind=working_days("recognition_remind"), escalate_to=manager,
    on_silence=keep_waiting, send_back=("SV-12",), rounds="recognition_rounds",
    on_yes="按建议执行：继续认定、暂停或禁用 / the proposal is carried out: recognised again, on hold or barred",
    on_no="该供应商暂停采购，等待重新复评 / the supplier is put on hold until it is evaluated again",
)  # fmt: skip

POLICY = (
    PolicyRead("criteria_weights"),
    PolicyRead("performance_weights"),
    *(PolicyRead(key, "whole number") for key in ("performance_share", "pass_mark", "floor", "reevaluation_before")),
)
"""What the scores are weighed with, besides what supplier vetting reads as well."""
