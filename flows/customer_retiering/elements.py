"""Who looks at new tiers and who decides on them, by when (RP-4)."""

import re
from typing import Self

from pydantic import Field, ValidationInfo, model_validator

from crm_workflows import Form, FormTask, Gate, PolicyRead, keep_waiting, manager, owner, role, working_days
from flows.customer_onboarding.forms import SAY_WHY, Remark

NOT_LISTED = "请只填写上面列出的客户代码 / give only codes that are listed above"
BETWEEN = re.compile(r"[\s,，、;；]+")


class Exceptions(Form):
    """RP-4: which customers keep their tier against the rule, and why."""

    keep: str = Field(
        default="", title="保持原等级的客户代码（每行一个） / Customers that keep their tier: codes, one a line",
        max_length=20_000, examples=[""],
    )  # fmt: skip
    reason: Remark = Field(default="", title="理由 / Reason", examples=[""])

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes, each once, in order."""
        return tuple(dict.fromkeys(code for code in BETWEEN.split(self.keep.upper()) if code))

    @model_validator(mode="after")
    def _are_listed(self, info: ValidationInfo) -> Self:
        listed = (info.context or {}).get("codes")
        if listed is not None and not set(self.codes) <= set(listed.split(",")):
            raise ValueError(NOT_LISTED)
        if self.codes and not self.reason:
            raise ValueError(SAY_WHY)
        return self


EXCEPTIONS = FormTask(
    "retiering_exceptions", "核对新等级，列出例外 / Look at the new tiers, name exceptions", rule="RP-4",
    form=Exceptions, by=owner, due=working_days("review_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

RETIERING = Gate(
    "retiering", "批量批准客户等级变更 / Changes of tier, approved in bulk", rule="RP-4",
    approver=role("sales_manager"), due=working_days("onboarding_due"), remind=working_days(1), escalate_to=manager,
    on_silence=keep_waiting, send_back=("RP-4",), rounds="onboarding_rounds",
    on_yes="所列客户的等级一次性变更 / the tiers of all customers listed are changed at once",
    on_no="所有等级保持不变 / all tiers stay as they are",
)  # fmt: skip

POLICY = (
    PolicyRead("tier_weights"),
    *(PolicyRead(key, "whole number") for key in ("tier_a_from", "tier_b_from", "tier_tie_margin")),
    PolicyRead("tier_full_value", "amount"),
)
"""What tiers are worked out with, as in ON-5."""
