"""The forms of a review, and who decides on it (ON-12)."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from crm_workflows import (
    Form,
    FormTask,
    Gate,
    Money,
    PolicyRead,
    PositiveMoney,
    bilingual,
    choices,
    keep_waiting,
    manager,
    owner,
    role,
    working_days,
)
from flows.company import in_yuan
from flows.customer_onboarding.forms import SAY_WHY, TIER_CHOICES, Remark, TierFacts
from flows.customer_onboarding.subject import Archive

CREDITS = {
    "keep": "保持不变 / As it is",
    "lower": "降低额度 / A lower limit",
    "prepaid": "改为预付款 / Prepaid only",
}
NO_LIMIT = "该客户没有额度，不能降低 / this customer has no limit that could be lowered"
WHICH_LIMIT = "请填写新的额度 / give the new limit"
NOT_LOWERED = (
    "填写了新额度，但信用未选“降低额度” / there is a new limit, but the credit is not lowered; choose which holds"
)


class ReviewProposal(Form):
    """ON-12: what the account manager proposes."""

    tier: Literal["as_proposed", "A", "B", "C"] = Field(
        title="客户等级 / Tier", examples=["as_proposed"], json_schema_extra=choices(TIER_CHOICES)
    )
    credit: Literal["keep", "lower", "prepaid"] = Field(
        title="信用 / Credit", examples=["keep"], json_schema_extra=choices(CREDITS)
    )
    limit: Annotated[PositiveMoney, AfterValidator(in_yuan)] | None = Field(
        default=None, title="新额度（降低时） / New limit, if lower", examples=[None]
    )
    block: bool = Field(default=False, title="冻结该客户 / Block the customer", examples=[False])
    reason: Remark = Field(default="", title="理由 / Reason", examples=["交易稳定，付款及时"])

    @model_validator(mode="after")
    def _says_why(self, info: ValidationInfo) -> Self:
        proposed = (info.context or {}).get("proposed")
        is_changed = self.tier not in ("as_proposed", proposed) or self.credit != "keep" or self.block
        if is_changed and not self.reason:
            raise ValueError(SAY_WHY)
        if self.credit == "lower" and self.limit is None:
            raise ValueError(WHICH_LIMIT)
        now = (info.context or {}).get("limit")
        if self.limit is not None and now is not None:
            if self.credit != "lower":
                raise ValueError(NOT_LOWERED)
            _refuse_more(self.limit, now)
        return self


def _refuse_more(limit: Money, now: str) -> None:
    """What is asked for as credit goes up the ladder of ON-6; here it is only lowered. `now` is empty without any."""
    if not now:
        raise ValueError(NO_LIMIT)
    held = Money.model_validate(now)
    if held.currency == limit.currency and limit.amount >= held.amount:
        zh, en = (held.shown(language) for language in ("zh", "en"))
        raise ValueError(
            bilingual(f"新额度须低于现有额度 {zh}", f"the new limit has to be below the present one, {en}")
        )


ARCHIVE_AGAIN = FormTask(
    "archive_again", "客户档案变更 / What has changed in the archive", rule="CB-6", form=Archive,
    by=owner, due=working_days("archive_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

REVIEW_FACTS = FormTask(
    "review_facts", "复核依据 / What the review rests on", rule="ON-12", form=TierFacts,
    by=owner, due=working_days("review_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

REVIEW = FormTask(
    "review", "客户复核 / Review of the customer", rule="ON-12", form=ReviewProposal,
    by=owner, due=working_days("review_due"), remind=working_days(1), escalate_to=manager,
    anew=("tier", "credit", "reason"),
)  # fmt: skip

REVIEW_APPROVAL = Gate(
    "review_approval", "复核审批 / Decision on the review", rule="ON-12", approver=role("sales_manager"),
    due=working_days("onboarding_due"), remind=working_days(1), escalate_to=manager, on_silence=keep_waiting,
    send_back=("ON-12",), rounds="onboarding_rounds",
    on_yes="等级、信用和状态按建议登记 / tier, credit and state are entered as proposed",
    on_no="等级、信用和状态不变 / tier, credit and state stay as they are",
)  # fmt: skip

POLICY = (
    PolicyRead("tier_weights"),
    *(PolicyRead(key, "whole number") for key in ("tier_a_from", "tier_b_from", "tier_tie_margin")),
    PolicyRead("tier_full_value", "amount"),
)
"""What the tier is worked out with, as in ON-5."""
