"""Who improves something and who checks its effect, by when (CB-8)."""

from typing import Self

from pydantic import Field, model_validator

from crm_workflows import Form, FormTask, PolicyRead, manager, owner, working_days
from crm_workflows import field as subject_field

SAY_WHY = "没有效果的，请说明 / say why it has had no effect"


class Improved(Form):
    """CB-8: what was done."""

    measure: str = Field(
        title="做了什么 / What was done", min_length=1, max_length=2000, examples=["已改用防潮袋并培训包装班组"]
    )


class EffectCheck(Form):
    """CB-8: whether it has helped."""

    has_effect: bool = Field(title="改进有效 / It has had an effect", examples=[True])
    remark: str = Field(default="", title="依据 / Grounds", max_length=2000, examples=["两个月内没有同类反馈"])

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if not self.has_effect and not self.remark:
            raise ValueError(SAY_WHY)
        return self


IMPROVE = FormTask(
    "improve", "改进 / Improvement", rule="CB-8", form=Improved,
    by=owner, due=working_days("survey_findings_due"), remind=working_days(2), escalate_to=manager, anew=("measure",),
)  # fmt: skip

EFFECT = FormTask(
    "effect_check", "改进效果检查 / Check of the effect", rule="CB-8", form=EffectCheck,
    by=subject_field("asked_by"), other_than="improve", due=working_days("survey_findings_due"),
    remind=working_days(1), escalate_to=manager, anew=("has_effect", "remark"),
)  # fmt: skip

POLICY = (PolicyRead("improvement_check", "whole number"),)
"""After how many days the effect of an improvement is looked at."""
