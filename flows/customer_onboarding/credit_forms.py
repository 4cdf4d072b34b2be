"""The forms of credit (ON-6) and of the team (ON-9): what is asked for and granted, who looks after the customer."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, EmailStr, Field, ValidationInfo, model_validator

from crm_workflows import Form, Line, Money, PositiveMoney, choices
from flows.company import DayToCome, in_yuan
from flows.customer_onboarding.forms import SAY_WHY, Remark

TERMS = {"prepaid": "预付款 / Prepaid", "credit": "赊销 / On credit"}
GRANTS = {
    "as_asked": "按申请同意 / As asked for",
    "lower": "降低额度或缩短账期 / A lower limit or fewer days",
    "prepaid": "仅限预付款 / Prepaid only",
}
NAME_IT = "赊销须填写额度和账期 / credit needs a limit and days"
NOT_LOWER = "核定额度和账期不得高于申请 / no more may be granted than was asked for"
NEEDS_TEAM = "A 级客户须写明各方面的人员与分工（ON-9） / a customer of tier A needs somebody for each part (ON-9)"
Yuan = Annotated[PositiveMoney, AfterValidator(in_yuan)]
Days = Annotated[int, Field(ge=1, le=365)]


class CreditRequest(Form):
    """ON-6: limit and days asked for, unless prepaid; a temporary limit has its last day."""

    terms: Literal["prepaid", "credit"] = Field(
        title="付款条件 / Terms", examples=["credit"], json_schema_extra=choices(TERMS)
    )
    limit: Yuan | None = Field(
        default=None, title="申请信用额度 / Limit asked for", examples=[{"amount": "80000.00", "currency": "CNY"}]
    )
    days: Days | None = Field(default=None, title="申请账期（天） / Days asked for", examples=[30])
    until: DayToCome | None = Field(default=None, title="临时额度的最后一天 / Last day, if temporary", examples=[None])
    reason: Remark = Field(default="", title="理由 / Reason", examples=["月结，与同行一致"])

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.terms == "credit" and (self.limit is None or self.days is None):
            raise ValueError(NAME_IT)
        return self


class CreditOpinion(Form):
    """ON-6: what finance grants: as asked, lower, or prepaid only."""

    grant: Literal["as_asked", "lower", "prepaid"] = Field(
        title="信用意见 / Credit", examples=["as_asked"], json_schema_extra=choices(GRANTS)
    )
    limit: Yuan | None = Field(default=None, title="核定额度（降低时） / Limit, if lower", examples=[None])
    days: Days | None = Field(default=None, title="核定账期（降低时） / Days, if fewer", examples=[None])
    reason: Remark = Field(default="", title="理由 / Reason", examples=["付款记录良好"])

    @model_validator(mode="after")
    def _says_why(self, info: ValidationInfo) -> Self:
        asked = info.context or {}
        if self.grant != "as_asked" and not self.reason:
            raise ValueError(SAY_WHY)
        if self.grant == "lower" and (self.limit is None or self.days is None):
            raise ValueError(NAME_IT)
        if self.grant == "lower" and asked and self._is_more_than(asked["limit"], asked["days"]):
            raise ValueError(NOT_LOWER)
        return self

    def _is_more_than(self, limit: str, days: str) -> bool:
        is_higher = self.limit is not None and self.limit > Money.model_validate(limit)
        return is_higher or (self.days or 0) > int(days)


PARTS = {
    "service": "客户服务 / Service",
    "transport": "运输 / Transport",
    "marketing": "市场 / Marketing",
    "manufacturing": "生产 / Manufacturing",
    "technical": "技术研发 / Technical (R&D)",
    "finance": "财务 / Finance",
}


class AccountTeam(Form):
    """ON-9: the account manager and, for A, the team: who, and with which part."""

    account_manager: EmailStr = Field(
        title="客户经理（邮箱） / Account manager (mail address)", examples=["lin.xiaoyu@yongchang.example"]
    )
    service: Line = Field(default="", title=PARTS["service"], max_length=120, examples=["唐丽：投诉与日常服务"])
    transport: Line = Field(default="", title=PARTS["transport"], max_length=120, examples=["赵磊：按周分批发货"])
    marketing: Line = Field(default="", title=PARTS["marketing"], max_length=120, examples=["郑晓东：新品推介"])
    manufacturing: Line = Field(default="", title=PARTS["manufacturing"], max_length=120, examples=["李卫民：排产"])
    technical: Line = Field(default="", title=PARTS["technical"], max_length=120, examples=["周海涛：图纸与工艺"])
    finance: Line = Field(default="", title=PARTS["finance"], max_length=120, examples=["何静：对账与开票"])

    @model_validator(mode="after")
    def _is_whole(self, info: ValidationInfo) -> Self:
        if (info.context or {}).get("tier") == "A" and not all(getattr(self, part) for part in PARTS):
            raise ValueError(NEEDS_TEAM)
        return self
