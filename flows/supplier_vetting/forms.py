"""The forms of supplier vetting: they name the facts that the rules name, and each can fail."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from crm_workflows import Form, Line, NonNegativeMoney, PositiveMoney, choices, unless
from flows.company import in_yuan
from flows.supplier_vetting.papers import SURVEY_PAPERS, PaperKind

PaymentMethod = Literal["bank_transfer", "acceptance_bill", "letter_of_credit", "cash_on_delivery"]
PAYMENT_METHODS = {
    "bank_transfer": "银行转账 / Bank transfer",
    "acceptance_bill": "承兑汇票 / Acceptance bill",
    "letter_of_credit": "信用证 / Letter of credit",
    "cash_on_delivery": "货到付款 / Cash on delivery",
}
VERDICTS = {"different": "不是，是另一家公司 / No, another company", "same": "是同一家公司 / Yes, the same company"}
PAPER_KINDS = {paper.kind: paper.title for paper in SURVEY_PAPERS.kinds}


WRONG_FILES = (
    "文件有误时，请选择需要重新提供的资料，或选“资料不足”结束本案 / "
    "where files are wrong, choose those to ask for again, or say that the papers do not suffice, which ends the case"
)


NO_EXPIRY = (
    "随附了资质证书“{}”，请填写其有效期，以便到期前跟踪（SV-12） / "
    "a certificate came ({}): give its date of expiry, so that it can be followed up (SV-12)"
)
EXPIRED = (
    "此日期已过，证件已失效：请在“需要重新提供的资料”中选它，或选“资料不足”结束本案 / "
    "this has expired: choose it among the papers to ask for again, or say that the papers do not suffice"
)
YEAR_TO_COME = "这一年还没有到，请核对年份 / this year is still to come; check it"


class DuplicateVerdict(Form):
    """SV-2: a person decides whether a company we know already is the same one."""

    verdict: Literal["different", "same"] = Field(
        title="是否同一家公司 / Is it the same company?", examples=["different"],
        json_schema_extra=choices(VERDICTS),
    )  # fmt: skip
    remark: str = Field(default="", title="说明 / Remark", max_length=2000, examples=["已核对，不是同一家公司"])


class PapersCheck(Form):
    """SV-3: the owner confirms which file is what, and takes the facts from them."""

    papers_are_right: bool = Field(
        title="文件与种类一致、可读 / The files are what they say and can be read", examples=[True]
    )
    ask_again: list[PaperKind] = Field(
        default=[], title="需要重新提供的资料 / Papers to ask for again", examples=[[]],
        json_schema_extra=choices(PAPER_KINDS),
    )  # fmt: skip
    sufficient: bool = Field(
        title="资料足以继续（选“否”即结束本案） / The papers suffice to go on (no ends the case)", examples=[True]
    )
    founded_in: int = Field(
        title="成立年份（企业沿革） / Founded in (company history)", ge=1800, le=2100, examples=[2009]
    )
    legal_representative: Line = Field(title="法定代表人 / Legal representative", min_length=1, examples=["陈国栋"])
    employees: int = Field(title="员工人数（企业概况） / Employees (company profile)", ge=1, examples=[180])
    last_revenue: NonNegativeMoney = Field(
        title="最近年度营业收入 / Revenue of the latest year", examples=[{"amount": "86000000.00", "currency": "CNY"}]
    )
    was_profitable: bool = Field(title="最近年度盈利 / Profitable in the latest year", examples=[True])
    licence_expires_on: date | None = Field(
        default=None, title="营业执照有效期（长期留空） / Licence expires on (empty: never)", examples=["2035-12-31"]
    )
    certificate_expires_on: date | None = Field(
        default=None, title="资质证书有效期 / Certificate expires on", examples=["2028-06-30"], validate_default=True,
        json_schema_extra=unless("收到证书的必填 / needed where a certificate came"),
    )  # fmt: skip
    remark: str = Field(default="", title="说明 / Remark", max_length=2000, examples=["资料齐全，真实有效"])

    @model_validator(mode="after")
    def _says_what_follows(self) -> Self:
        """Wrong files that are neither asked for again nor called insufficient would end the case by a slip."""
        if not self.papers_are_right and self.sufficient and not self.ask_again:
            raise ValueError(WRONG_FILES)
        return self

    @field_validator("founded_in")
    @classmethod
    def _was_founded(cls, year: int, info: ValidationInfo) -> int:
        today = (info.context or {}).get("today")
        if today and year > date.fromisoformat(today).year:
            raise ValueError(YEAR_TO_COME)
        return year

    @field_validator("licence_expires_on", "certificate_expires_on")
    @classmethod
    def _still_holds(cls, day: date | None, info: ValidationInfo) -> date | None:
        today = (info.context or {}).get("today")
        if _goes_on(info) and day and today and day.isoformat() < today:
            raise ValueError(EXPIRED)
        return day

    @field_validator("certificate_expires_on")
    @classmethod
    def _follows_certificates_up(cls, day: date | None, info: ValidationInfo) -> date | None:
        came = (info.context or {}).get("certificate")
        if came and day is None and _goes_on(info):
            raise ValueError(NO_EXPIRY.format(came, came))
        return day


def _goes_on(info: ValidationInfo) -> bool:
    """Whether the case goes on with these papers; also while that is not said yet, so that all is told at once."""
    return bool(info.data.get("sufficient", True)) and not info.data.get("ask_again")


class CriteriaJudgement(Form):
    """SV-1: the six criteria, each judged from 0 to 100 and commented."""

    equipment_and_technique: int = Field(title="设备和技术 / Equipment and technique", ge=0, le=100, examples=[86])
    equipment_and_technique_comment: Line = Field(
        title="评语：设备和技术 / Comment: equipment", min_length=1, examples=["设备满足质量要求"]
    )
    delivery_management: int = Field(title="按时供货的管理能力 / Delivery management", ge=0, le=100, examples=[82])
    delivery_management_comment: Line = Field(
        title="评语：供货管理 / Comment: delivery", min_length=1, examples=["近两年准时率 97%"]
    )
    operation_finance_credit: int = Field(
        title="经营、财务和信用 / Operation, finance, credit", ge=0, le=100, examples=[80]
    )
    operation_finance_credit_comment: Line = Field(
        title="评语：经营财务 / Comment: finance", min_length=1, examples=["连续三年盈利"]
    )
    cooperation: int = Field(title="合作态度 / Cooperation", ge=0, le=100, examples=[90])
    cooperation_comment: Line = Field(
        title="评语：合作态度 / Comment: cooperation", min_length=1, examples=["答复及时"]
    )
    confidentiality: int = Field(title="商业和技术保密 / Confidentiality", ge=0, le=100, examples=[85])
    confidentiality_comment: Line = Field(
        title="评语：保密 / Comment: confidentiality", min_length=1, examples=["同意签订保密协议"]
    )
    cost: int = Field(title="成本管理和成本水平 / Cost", ge=0, le=100, examples=[78])
    cost_comment: Line = Field(title="评语：成本 / Comment: cost", min_length=1, examples=["报价低于现有供应商 4%"])


class RecognitionApplication(Form):
    """SV-6: the application for recognition 认定申请; drafted by the engine, edited and submitted by the owner."""

    reason_for_trading: str = Field(
        title="交易理由 / Reason for trading", min_length=1, max_length=4000, examples=["补充产能"]
    )
    basic_policy: str = Field(
        title="今后交易的基本方针 / Basic policy for trading", min_length=1, max_length=4000,
        examples=["先小批量试供三个月，合格后按年度框架协议采购"],
    )  # fmt: skip
    goods: str = Field(title="交易商品目录 / Goods", min_length=1, max_length=4000, examples=["不锈钢精密铸件"])
    yearly_amount: Annotated[PositiveMoney, AfterValidator(in_yuan)] = Field(
        title="预计年采购额 / Expected yearly amount", examples=[{"amount": "480000.00", "currency": "CNY"}]
    )
    survey_result: str = Field(
        title="调查结果 / Survey result", min_length=1, max_length=8000, examples=["符合选择原则"]
    )
    recommends: bool = Field(title="建议认定 / Recognition is recommended", examples=[True])


class PaymentTerms(Form):
    """SV-11: finance fixes method and days of payment."""

    method: PaymentMethod = Field(
        title="付款方式 / Method of payment", examples=["bank_transfer"], json_schema_extra=choices(PAYMENT_METHODS)
    )
    days: int = Field(title="付款天数 / Days of payment", ge=0, le=365, examples=[60])
    remark: str = Field(default="", title="说明 / Remark", max_length=2000, examples=["月结"])
