"""What a review is about: a customer of the register, and why it is looked at again (ON-12)."""

from typing import Literal

from pydantic import EmailStr, Field

from crm_workflows import Line, choices
from flows.company import CompanySubject
from flows.customer_onboarding.subject import CustomerContact

Trigger = Literal[
    "time", "overdue_payment", "limit_nearly_used", "upheld_complaint", "change_of_ownership", "changed_data"
]
TRIGGERS = {
    "time": "到期复核 / It is time",
    "overdue_payment": "逾期付款 / Overdue payment",
    "limit_nearly_used": "额度即将用完 / Limit nearly used",
    "upheld_complaint": "投诉成立 / Upheld complaint",
    "change_of_ownership": "股权变更 / Change of ownership",
    "changed_data": "客户资料变更 / Changed data",
}
TIERS = {"A": "A 级 / Tier A", "B": "B 级 / Tier B", "C": "C 级 / Tier C"}


class ReviewedCustomer(CompanySubject):
    """A customer, and what brings it up."""

    company: Line = Field(title="客户名称 / Customer", min_length=2, max_length=120)
    customer: Line = Field(title="客户代码 / Customer code", min_length=1, max_length=40)
    contact: CustomerContact = Field(title="联系人 / Contact")
    tier: Literal["A", "B", "C"] = Field(title="等级 / Tier", json_schema_extra=choices(TIERS))
    trigger: Trigger = Field(default="time", title="复核原因 / Why now", json_schema_extra=choices(TRIGGERS))
    remark: Line = Field(default="", title="说明 / Remark", max_length=400)
    owner: EmailStr = Field(title="客户经理（邮箱） / Account manager (mail address)")
