"""The form of a plan, and who decides on it (RP-5)."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import EmailStr, Field, model_validator

from crm_workflows import Form, FormTask, Gate, keep_waiting, manager, owner, role, working_days

MEASURED = "每个目标须写明衡量标准和日期 / a goal needs how it is measured, and a date"
WHO_AND_WHEN = "每项行动须写明负责人和日期 / an action needs a person and a date"
Short = Annotated[str, Field(max_length=300)]
Words = Annotated[str, Field(max_length=2000)]


class Goal(Form):
    """RP-5: a goal that can be measured; empty where there is none."""

    what: Short = Field(default="", title="目标 / Goal", examples=["年采购额提高"])
    measure: Short = Field(default="", title="衡量标准 / How it is measured", examples=["全年订单达到 300 万元"])
    by: date | None = Field(default=None, title="完成日期 / By", examples=["2030-12-31"])

    @model_validator(mode="after")
    def _can_be_measured(self) -> Self:
        if self.what and not (self.measure and self.by):
            raise ValueError(MEASURED)
        return self


class Action(Form):
    """RP-5: what is done, by whom, until when; empty where there is none."""

    what: Short = Field(default="", title="行动 / Action", examples=["每月拜访采购经理一次"])
    who: EmailStr | None = Field(
        default=None, title="负责人（邮箱） / Person (mail address)", examples=["lin.xiaoyu@yongchang.example"]
    )
    by: date | None = Field(default=None, title="完成日期 / By", examples=["2030-09-30"])

    @model_validator(mode="after")
    def _names_who_and_when(self) -> Self:
        if self.what and not (self.who and self.by):
            raise ValueError(WHO_AND_WHEN)
        return self


class FirstGoal(Form):
    """RP-5: at least one goal."""

    what: Short = Field(title="目标 / Goal", min_length=1, examples=["年采购额提高"])
    measure: Short = Field(title="衡量标准 / How it is measured", min_length=1, examples=["全年订单达到 300 万元"])
    by: date = Field(title="完成日期 / By", examples=["2030-12-31"])


class FirstAction(Form):
    """RP-5: at least one action."""

    what: Short = Field(title="行动 / Action", min_length=1, examples=["每月拜访采购经理一次"])
    who: EmailStr = Field(title="负责人（邮箱） / Person (mail address)", examples=["lin.xiaoyu@yongchang.example"])
    by: date = Field(title="完成日期 / By", examples=["2030-09-30"])


class CustomerPlan(Form):
    """RP-5: goals, contacts, needs, actions with owners and dates."""

    first_goal: FirstGoal = Field(
        title="目标一 / First goal",
        examples=[{"what": "年采购额提高", "measure": "全年订单达到 300 万元", "by": "2030-12-31"}],
    )
    second_goal: Goal = Field(default=Goal(), title="目标二 / Second goal")
    third_goal: Goal = Field(default=Goal(), title="目标三 / Third goal")
    contacts: Words = Field(
        title="重要联系人 / Contacts that matter", min_length=1, examples=["采购经理钟意；生产副总郑文博"]
    )
    needs: Words = Field(title="需求 / Needs", min_length=1, examples=["不锈钢泵轴，每月约 400 套；要求两周交货"])
    first_action: FirstAction = Field(
        title="行动一 / First action",
        examples=[{"what": "每月拜访采购经理一次", "who": "lin.xiaoyu@yongchang.example", "by": "2030-09-30"}],
    )
    second_action: Action = Field(default=Action(), title="行动二 / Second action")
    third_action: Action = Field(default=Action(), title="行动三 / Third action")
    reached: Words = Field(
        default="", title="上季度目标完成情况 / What came of the last quarter's goals", examples=["首次制定"]
    )

    @property
    def goals(self) -> tuple[Any, ...]:
        """Those that say something."""
        return tuple(one for one in (self.first_goal, self.second_goal, self.third_goal) if one.what)

    @property
    def actions(self) -> tuple[Any, ...]:
        """Those that say something."""
        return tuple(one for one in (self.first_action, self.second_action, self.third_action) if one.what)


PLAN = FormTask(
    "plan", "A 级客户计划 / Plan for an A customer", rule="RP-5", form=CustomerPlan,
    by=owner, due=working_days("review_due"), remind=working_days(2), escalate_to=manager, anew=("reached",),
)  # fmt: skip

PLAN_APPROVAL = Gate(
    "plan_approval", "批准客户计划 / Decision on the plan", rule="RP-5", approver=role("sales_manager"),
    due=working_days("onboarding_due"), remind=working_days(1), escalate_to=manager, on_silence=keep_waiting,
    send_back=("RP-5",), rounds="onboarding_rounds",
    on_yes="计划生效，下季度复核 / the plan holds, and is reviewed next quarter",
    on_no="原计划不变，下季度再议 / the plan before stays, until next quarter",
)  # fmt: skip
