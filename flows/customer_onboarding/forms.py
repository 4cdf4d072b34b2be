"""The forms of onboarding up to the tier (ON-2 to ON-5): they name the facts that the rules name."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from crm_workflows import Form, Line, NonNegativeMoney, choices
from flows.company import in_yuan

SAY_WHY = "请写明理由 / please give the reason"
NOT_FOUND = "请填写上面所列的编号之一 / give one of the codes listed above"
SAME = {"different": "不是，是另一家公司 / No, another company", "same": "是同一家公司 / Yes, the same company"}
RULINGS = {
    "keep_owner": "归现客户经理 / It stays with the present account manager",
    "hand_over": "转给申请的客户经理 / It goes to the account manager who applies",
}
RISKS = {"low": "低 / Low", "medium": "中 / Medium", "high": "高 / High"}
PAYMENT_RECORDS = {
    "good": "良好 / Good",
    "unknown": "不详 / Unknown",
    "late": "有逾期 / Late at times",
    "bad": "失信 / Bad",
}
STAGES = {
    "considering": "考虑期 / Considering",
    "forming": "形成期 / Forming",
    "stable": "稳定期 / Stable",
    "receding": "退化期 / Receding",
}
KINDS = {
    "supplier": "供应商 / Supplier",
    "preferred_supplier": "优先供应商 / Preferred supplier",
    "partner": "合作伙伴 / Partner",
    "strategic_alliance": "战略联盟 / Strategic alliance",
}
TIER_CHOICES = {
    "as_proposed": "按规则建议 / As proposed by the rule",
    "A": "A 级 / Tier A",
    "B": "B 级 / Tier B",
    "C": "C 级 / Tier C",
}
Points = Annotated[int, Field(ge=0, le=100)]
Remark = Annotated[str, Field(max_length=2000)]


class DuplicateVerdict(Form):
    """ON-2: the data steward decides whether it is a company that we know: merge, or keep apart."""

    verdict: Literal["different", "same"] = Field(
        title="是否同一家公司 / Is it the same company?", examples=["different"], json_schema_extra=choices(SAME)
    )
    same_as: Line = Field(default="", title="与哪个编号相同 / The same as which code", max_length=40, examples=[""])
    remark: Remark = Field(default="", title="说明 / Remark", examples=["已电话核对，不是同一家公司"])

    @model_validator(mode="after")
    def _names_it(self, info: ValidationInfo) -> Self:
        found = str((info.context or {}).get("found", self.same_as)).split(",")
        if self.verdict == "same" and (not self.same_as or self.same_as not in found):
            raise ValueError(NOT_FOUND)
        return self


class TerritoryRuling(Form):
    """ON-2: a clash of territory, ruled on by the sales director."""

    ruling: Literal["keep_owner", "hand_over"] = Field(
        title="客户归属 / To whom the customer belongs", examples=["keep_owner"], json_schema_extra=choices(RULINGS)
    )
    reason: str = Field(title="理由 / Reason", min_length=1, max_length=2000, examples=["先接触者优先"])


class Standing(Form):
    """ON-3: whether the company exists, is on a blacklist, and pays."""

    exists: bool = Field(title="公司登记存续 / The company is registered and exists", examples=[True])
    blacklisted: bool = Field(title="列入失信或黑名单 / On a blacklist", examples=[False])
    payment_record: Literal["good", "unknown", "late", "bad"] = Field(
        title="付款记录 / Payment record", examples=["good"], json_schema_extra=choices(PAYMENT_RECORDS)
    )
    risk: Literal["low", "medium", "high"] = Field(
        title="风险 / Risk", examples=["low"], json_schema_extra=choices(RISKS)
    )
    source: Line = Field(
        title="查询来源 / Where it was looked up", min_length=1, max_length=200, examples=["国家企业信用信息公示系统"]
    )
    remark: Remark = Field(default="", title="说明 / Remark", examples=["无异常"])

    @property
    def is_high_risk(self) -> bool:
        """What goes to compliance, whatever was ticked as the risk."""
        return self.risk == "high" or not self.exists or self.blacklisted or self.payment_record == "bad"


class GoodCustomer(Form):
    """ON-4: is it a good customer? Eight questions, each from 0 to 100."""

    wish_to_buy: Points = Field(title="购买意愿和购买力 / Wish and power to buy", examples=[80])
    margin: Points = Field(title="毛利空间 / Margin", examples=[70])
    price_tolerance: Points = Field(title="对价格不敏感 / Insensitivity to price", examples=[60])
    pays_on_time: Points = Field(title="按时付款 / Pays on time", examples=[85])
    cost_to_serve: Points = Field(title="服务成本低 / Low cost to serve", examples=[70])
    business_risk: Points = Field(title="经营风险低 / Low business risk", examples=[75])
    prospects: Points = Field(title="发展前景 / Prospects", examples=[80])
    long_relationship: Points = Field(title="长期合作意愿 / Will to a long relationship", examples=[80])
    remark: Remark = Field(default="", title="说明 / Remark", examples=["订单稳定，付款及时"])


class TierFacts(Form):
    """ON-5: what the tier is worked out from: trade value, potential, loyalty, and the tie-breakers."""

    yearly_value: Annotated[NonNegativeMoney, AfterValidator(in_yuan)] = Field(
        title="年交易额，实际或预计 / Yearly trade value, actual or expected",
        examples=[{"amount": "900000.00", "currency": "CNY"}],
    )
    potential: Points = Field(title="潜力 / Potential", examples=[70])
    frequency: Points = Field(title="购买频率 / Frequency", examples=[60])
    repeat: Points = Field(title="重复购买 / Repeat", examples=[50])
    length: Points = Field(title="交易时间 / Length of trading", examples=[20])
    share_of_need: Points = Field(title="占其需求的份额 / Share of its need", examples=[50])
    market_influence: bool = Field(title="在市场上有影响力 / Has influence on the market", examples=[False])
    depends_on_us: bool = Field(title="依赖我方产品 / Depends on our products", examples=[False])
    stage: Literal["considering", "forming", "stable", "receding"] = Field(
        title="关系阶段 / Stage", examples=["forming"], json_schema_extra=choices(STAGES)
    )
    kind: Literal["supplier", "preferred_supplier", "partner", "strategic_alliance"] = Field(
        title="关系类型 / Kind", examples=["supplier"], json_schema_extra=choices(KINDS)
    )


class TierChoice(Form):
    """ON-5: proposed by rule, overruled only with a reason."""

    tier: Literal["as_proposed", "A", "B", "C"] = Field(
        title="客户等级 / Tier", examples=["as_proposed"], json_schema_extra=choices(TIER_CHOICES)
    )
    reason: Remark = Field(default="", title="改变建议等级的理由 / Reason for another tier", examples=[""])

    @model_validator(mode="after")
    def _says_why(self, info: ValidationInfo) -> Self:
        proposed = (info.context or {}).get("proposed")
        if self.tier not in ("as_proposed", proposed) and not self.reason:
            raise ValueError(SAY_WHY)
        return self

    def chosen(self, proposed: str) -> str:
        """The tier that holds."""
        return proposed if self.tier == "as_proposed" else self.tier


class ArchiveCheck(Form):
    """ON-7: the archive as somebody checks it who did not enter it."""

    is_right: bool = Field(title="档案准确、完整 / The archive is right and complete", examples=[True])
    remark: Remark = Field(default="", title="说明 / Remark", examples=["已与营业执照核对"])

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if not self.is_right and not self.remark:
            raise ValueError(SAY_WHY)
        return self
