"""What people fill in about a complaint (CP-3 to CP-13)."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from crm_workflows import Form, Money, NonNegativeMoney, choices
from flows.company import in_yuan

SEVERITIES = {"general": "一般 / General", "major": "重大 / Major", "urgent": "紧急 / Urgent"}
SEVERITY_CHOICES = {"as_proposed": "按建议 / As proposed"} | SEVERITIES
VERDICTS = {
    "upheld": "成立 / Upheld",
    "partly": "部分成立 / Partly upheld",
    "not_upheld": "不成立 / Not upheld",
}
REMEDIES = {
    "none": "无 / None",
    "apology": "致歉说明 / Apology and explanation",
    "repair": "维修 / Repair",
    "replace": "换货 / Replacement",
    "refund": "退款 / Refund",
    "discount": "折让 / Discount",
    "redelivery": "补发 / Delivery of what is missing",
}
SAY_WHY = "改变建议的严重程度，请写明理由 / give the reason for another severity than proposed"
NAME_THE_REMEDY = "投诉成立的，请选择处理措施 / where a complaint is upheld, choose a remedy"
Words = Annotated[str, Field(max_length=4000)]


class SeverityCheck(Form):
    """CP-3: proposed by rule, confirmed by the service lead."""

    severity: Literal["as_proposed", "general", "major", "urgent"] = Field(
        title="严重程度 / Severity", examples=["as_proposed"], json_schema_extra=choices(SEVERITY_CHOICES)
    )
    reason: Words = Field(default="", title="改变的理由 / Reason for another severity", examples=[""])

    @model_validator(mode="after")
    def _says_why(self, info: ValidationInfo) -> Self:
        if self.severity not in ("as_proposed", (info.context or {}).get("proposed")) and not self.reason:
            raise ValueError(SAY_WHY)
        return self

    def chosen(self, proposed: str) -> str:
        """The severity that holds."""
        return proposed if self.severity == "as_proposed" else self.severity


class ShortAnswer(Form):
    """CP-7 to CP-9 on the short path: one person answers, remedies and is done."""

    verdict: Literal["upheld", "partly", "not_upheld"] = Field(
        title="投诉是否成立 / Is it upheld?", examples=["upheld"], json_schema_extra=choices(VERDICTS)
    )
    remedy: Literal["none", "apology", "repair", "replace", "refund", "discount", "redelivery"] = Field(
        title="处理措施 / Remedy", examples=["redelivery"], json_schema_extra=choices(REMEDIES)
    )
    cost: Annotated[NonNegativeMoney, AfterValidator(in_yuan)] = Field(
        default=Money.of(0), title="费用 / Cost", examples=["0.00"]
    )
    answer: str = Field(
        title="给客户的答复 / Answer to the customer", min_length=1, max_length=4000,
        examples=["非常抱歉少发了两套密封件，已于今天补发，预计后天到货。"],
    )  # fmt: skip

    @model_validator(mode="after")
    def _has_a_remedy(self) -> Self:
        if self.verdict != "not_upheld" and self.remedy == "none":
            raise ValueError(NAME_THE_REMEDY)
        return self
