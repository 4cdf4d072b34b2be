"""What a callback is about: a customer of the register, and why it is called now (CB-1)."""

from typing import ClassVar, Literal

from pydantic import EmailStr, Field

from crm_workflows import Form, Line, Subject, choices
from flows.company import LANGUAGES
from flows.customer_review.subject import TIERS

Why = Literal[
    "first", "cadence", "delivery", "service", "complaint", "contract", "payment", "round", "agreed", "survey"
]
WHYS = {
    "first": "建档后首次回访 / First callback after onboarding",
    "cadence": "超过允许的未联系天数 / Silent for as long as is allowed",
    "delivery": "交货后 / After a delivery",
    "service": "服务后 / After a service",
    "complaint": "投诉结案后 / After a complaint was closed",
    "contract": "合同到期前 / Before a contract ends",
    "payment": "付款逾期 / A payment is overdue",
    "round": "定期回访计划 / A recurring round",
    "agreed": "上次约定 / As agreed last time",
    "survey": "满意度调查中不满意 / Not satisfied in a survey",
}


class Called(Form):
    """客户方联系人 / The person at the customer, who may be known by phone alone."""

    name: Line = Field(title="姓名 / Name", min_length=1, max_length=80)
    email: EmailStr | None = Field(default=None, title="邮箱 / Mail address")
    phone: Line = Field(default="", title="电话 / Phone", max_length=40)
    language: Literal["zh", "en"] = Field(default="zh", title="语言 / Language", json_schema_extra=choices(LANGUAGES))
    part: Line = Field(default="", title="职务 / Function", max_length=80)


class CustomerCallback(Subject):
    """One callback."""

    IN_REGISTER: ClassVar[str] = "customer"
    company: Line = Field(title="客户名称 / Customer", min_length=2, max_length=120)
    customer: Line = Field(title="客户代码 / Customer code", min_length=1, max_length=40)
    contact: Called = Field(title="联系人 / Contact")
    tier: Literal["A", "B", "C"] = Field(title="等级 / Tier", json_schema_extra=choices(TIERS))
    why: Why = Field(default="cadence", title="回访原因 / Why now", json_schema_extra=choices(WHYS))
    about: Line = Field(default="", title="关于 / About", max_length=100)
    questions: str = Field(default="", title="回访问题 / Questions", max_length=2000)
    owner: EmailStr = Field(title="客户经理（邮箱） / Account manager (mail address)")

    @property
    def case_title(self) -> str:
        return self.company

    @property
    def language_hint(self) -> str:
        return self.contact.language
