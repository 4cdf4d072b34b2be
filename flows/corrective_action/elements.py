"""Who corrects the cause of a complaint and who checks the effect, by when (CP-12)."""

from pydantic import Field

from crm_workflows import Form, FormTask, PolicyRead, any_of, manager, owner, role, working_days
from flows.improvement.elements import EffectCheck


class Measure(Form):
    """CP-12: what keeps it from happening again."""

    measure: str = Field(
        title="纠正措施 / Corrective action", min_length=1, max_length=4000, examples=["密封圈来料逐批抽检硬度"]
    )
    prevention: str = Field(
        title="同类产品的预防 / What keeps it from elsewhere", min_length=1, max_length=4000,
        examples=["其他橡胶件一并纳入抽检"],
    )  # fmt: skip


MEASURE = FormTask(
    "corrective_measure", "纠正措施 / Corrective action", rule="CP-12", form=Measure,
    by=owner, due=working_days("corrective_due"), remind=working_days(3), escalate_to=manager,
)  # fmt: skip

EFFECT = FormTask(
    "corrective_effect", "纠正措施效果检查 / Check of the effect", rule="CP-12", form=EffectCheck,
    by=any_of(role("head_of_quality"), role("service_director")), other_than="corrective_measure",
    due=working_days("corrective_due"), remind=working_days(3), escalate_to=manager, anew=("has_effect", "remark"),
)  # fmt: skip

POLICY = (PolicyRead("corrective_check", "whole number"), PolicyRead("corrective_rounds", "whole number"))
"""After how many days the effect is looked at, and how often what has had none is taken up again."""
