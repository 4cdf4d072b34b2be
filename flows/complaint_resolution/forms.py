"""What is filled in about a complaint as it is assessed, answered and closed (CP-3, CP-8, CP-10, CP-13)."""

import unicodedata
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from crm_workflows import Form, Money, NonNegativeMoney, choices, listed_in, unless
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
DEPARTMENTS = {
    "quality": "质量管理部 / Quality management",
    "technique": "技术部 / Technique",
    "design": "设计部 / Design",
    "materials": "资材部 / Materials",
    "sales": "销售部 / Sales",
    "finance": "财务部 / Finance",
    "service": "客户服务部 / Customer service",
}
CAUSES = {
    "design": "设计 / Design",
    "material": "来料 / Supplied material or part",
    "manufacture": "加工或装配 / Manufacture or assembly",
    "equipment": "设备或工装 / Equipment or tooling",
    "inspection": "检验 / Inspection",
    "people": "操作或培训 / Handling or training",
    "packing": "包装或仓储 / Packing or storage",
    "transport": "运输 / Transport",
    "planning": "计划或交期 / Planning or dates",
    "information": "订单或资料有误 / Wrong order or papers",
    "use": "客户使用 / Use by the customer",
    "other": "其他 / Other",
}
"""Kinds of causes, where the policy lists none of its own under `complaint_causes`."""
SAY_WHY = "改变建议的，请写明理由 / give the reason for another choice than proposed"
NAME_THE_REMEDY = "投诉成立的，请选择处理措施 / where a complaint is upheld, choose a remedy"
ANSWER_OR_ASK = "请填写结论和给客户的答复，或写明要问客户的问题 / give verdict and answer, or what to ask the customer"
NO_MORE_QUESTIONS = "不能再向客户提问，请作出结论 / the customer cannot be asked any more; come to a verdict"
TOO_MUCH = ("不能由一人处理，转入完整程序", "Too much for one person: the full procedure")
Words = Annotated[str, Field(max_length=4000)]
NOT_YET = unless("必填，先问客户或转入完整程序时除外 / needed, unless you ask first or pass it on")
NOT_DONE_YET = unless("尚未执行的留空，执行后再交凭证 / leave it empty if not yet; you are then asked for it")
IF_UPHELD = unless("投诉成立时必填 / needed where it is upheld")
ASKED_FIRST = unless("必填，先问客户时除外 / needed, unless you ask the customer first")
Verdict = Literal["upheld", "partly", "not_upheld"]
Remedy = Literal["none", "apology", "repair", "replace", "refund", "discount", "redelivery"]
Department = Literal["quality", "technique", "design", "materials", "sales", "finance", "service"]
Cost = Annotated[NonNegativeMoney, AfterValidator(in_yuan)]
QUESTION_TITLE = "先问客户（填写后只发出问题，其余可不填） / Ask the customer first (then leave the rest)"


def is_to_be_done(remedy: str) -> bool:
    """CP-9: whether a remedy is anything that somebody has to carry out, with proof."""
    return remedy not in ("none", "apology")


class Asking(Form):
    """A form whose filler may ask the customer first; `questions_left` says how often still."""

    question: Words = Field(default="", title=QUESTION_TITLE, examples=[""])

    @model_validator(mode="after")
    def _may_ask(self, info: ValidationInfo) -> Self:
        if self.question and (info.context or {}).get("questions_left") == "0":
            raise ValueError(NO_MORE_QUESTIONS)
        return self

    def kept(self) -> dict[str, Any]:
        """What has been filled in besides the question, for when the form comes again."""
        plain = self.model_dump(mode="json", exclude={"question"})
        return {name: value for name, value in plain.items() if value not in (None, "", "none")}


class SeverityCheck(Form):
    """CP-3, CP-5: proposed by rule, confirmed by the service lead, who names the department in charge."""

    severity: Literal["as_proposed", "general", "major", "urgent"] = Field(
        title="严重程度 / Severity", examples=["as_proposed"], json_schema_extra=choices(SEVERITY_CHOICES)
    )
    department: Department = Field(
        title="责任部门 / Department in charge", examples=["quality"], json_schema_extra=choices(DEPARTMENTS)
    )
    reason: Words = Field(default="", title="改变严重程度的理由 / Reason for another severity", examples=[""])

    @model_validator(mode="after")
    def _says_why(self, info: ValidationInfo) -> Self:
        if self.severity not in ("as_proposed", (info.context or {}).get("proposed")) and not self.reason:
            raise ValueError(SAY_WHY)
        return self

    def chosen(self, proposed: str) -> str:
        """The severity that holds."""
        return proposed if self.severity == "as_proposed" else self.severity


def check_answer(verdict: str | None, remedy: str, answer: str) -> None:
    """An answer names its verdict, and where the complaint is upheld what is done; raises ValueError."""
    if verdict is None or not answer:
        raise ValueError(ANSWER_OR_ASK)
    if verdict != "not_upheld" and remedy == "none":
        raise ValueError(NAME_THE_REMEDY)


class ShortAnswer(Asking):
    """CP-8 on the short path: one person answers and remedies; or it is too much for one person."""

    verdict: Verdict | None = Field(
        default=None, title="投诉是否成立 / Is it upheld?", examples=["upheld"],
        json_schema_extra=choices(VERDICTS) | NOT_YET,
    )  # fmt: skip
    remedy: Remedy = Field(
        default="none", title="处理措施 / Remedy", examples=["redelivery"],
        json_schema_extra=choices(REMEDIES) | IF_UPHELD,
    )  # fmt: skip
    cost: Cost = Field(default=Money.of(0), title="费用 / Cost", examples=[{"amount": "0.00", "currency": "CNY"}])
    answer: Words = Field(
        default="", title="给客户的答复 / Answer to the customer",
        examples=["非常抱歉少发了两套密封件，已于今天补发，预计后天到货。"], json_schema_extra=NOT_YET,
    )  # fmt: skip
    proof: Words = Field(
        default="", title="已执行的凭证，如运单号、退款流水号 / Proof that it is done, e.g. a waybill number",
        examples=["已补发，顺丰运单 SF1390027745106"], json_schema_extra=NOT_DONE_YET,
    )  # fmt: skip
    cause_kind: str | None = Field(
        default=None, title="原因类别，如已清楚 / Kind of cause, where it is clear", examples=["people"],
        json_schema_extra=listed_in("complaint_causes", CAUSES),
    )  # fmt: skip
    too_much: bool = Field(default=False, title=f"{TOO_MUCH[0]} / {TOO_MUCH[1]}", examples=[False])

    @property
    def cause_found(self) -> dict[str, str] | None:
        """For the figures of causes (CP-6): nobody has to look for one on the short path, but often it is plain."""
        return {"category": self.cause_kind, "cause": self.named("cause_kind")} if self.cause_kind else None

    @property
    def is_left_to_do(self) -> bool:
        """CP-9: whether the remedy still has to be carried out, so that the complaint is not solved yet."""
        return is_to_be_done(self.remedy) and not self.proof

    @model_validator(mode="after")
    def _is_whole(self, info: ValidationInfo) -> Self:
        """CP-7: one person decides up to `up_to` only; above it somebody else has to approve."""
        if self.question or self.too_much:
            return self
        check_answer(self.verdict, self.remedy, self.answer)
        up_to = (info.context or {}).get("up_to")
        if up_to is not None and self.cost > (limit := Money.model_validate(up_to)):
            raise ValueError(
                f"费用超过 {limit.shown('zh')}，须他人批准：请勾选“{TOO_MUCH[0]}” / "
                f"it costs more than {limit.shown('en')}, which somebody else approves: tick “{TOO_MUCH[1]}”"
            )
        return self


class FirstReply(Form):
    """CP-3: the first answer, before the cause is known."""

    reply: str = Field(
        title="给客户的首次答复 / First answer to the customer", min_length=1, max_length=4000,
        examples=["我们已暂停同批次产品发货，正在查找原因，两天内给您处理方案。"],
    )  # fmt: skip


class CustomerAnswer(Form):
    """CP-14: what the customer answers to a question."""

    answer: str = Field(
        title="您的答复 / Your answer", min_length=1, max_length=4000, examples=["包装完好，开箱时发现少了两套。"]
    )
    BY_REPLY: ClassVar[str] = "直接回复本邮件，写下您的答复即可 / Just reply to this mail with your answer"

    @property
    def gist(self) -> str:
        return "已答复 / answered"

    @classmethod
    def from_reply(cls, words: str) -> dict[str, Any] | None:
        """Whatever they are."""
        return {"answer": words[:4000]} if words else None


ACCEPTS = ("接受", "同意", "认可", "accept", "i accept", "agree", "i agree")
APPEALS = ("申诉", "不接受", "不同意", "不认可", "appeal", "i appeal", "disagree", "i disagree", "i do not accept")
RESERVATIONS = ("但", "不过", "如果", "but", "however", " if ")
"""Who accepts under a condition is asked back, never taken at half a word."""
REPLIES = {"accept": "接受 / I accept it", "appeal": "申诉 / I appeal"}
WHY_APPEAL = "请写明申诉的理由 / please say why you appeal"


class Reply(Form):
    """CP-8, CP-10: whether the customer accepts the answer, or appeals."""

    verdict: Literal["accept", "appeal"] = Field(
        title="您是否接受这一答复 / Do you accept this answer?", examples=["accept"], json_schema_extra=choices(REPLIES)
    )
    reason: Words = Field(default="", title="申诉的理由 / Why you appeal", examples=[""])
    BY_REPLY: ClassVar[str] = (
        "接受请回复“接受”；不接受请回复“申诉”并写明理由，将由另一位负责人复议 / "
        "Reply with “accept”, or with “appeal” and why: then somebody else looks at it again"
    )

    @classmethod
    def from_reply(cls, words: str) -> dict[str, Any] | None:
        """By the word with which they begin."""
        said = unicodedata.normalize("NFKC", words).strip()
        for verdict, known in (("appeal", APPEALS), ("accept", ACCEPTS)):
            begun = next((word for word in known if said.lower().startswith(word)), None)
            if begun is not None and verdict == "accept" and any(word in said.lower() for word in RESERVATIONS):
                return None
            if begun is not None:
                return {"verdict": verdict, "reason": said[len(begun) :].strip(" :：,，。.\n")[:4000]}
        return None

    @property
    def gist(self) -> str:
        return REPLIES[self.verdict]

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.verdict == "appeal" and not self.reason:
            raise ValueError(WHY_APPEAL)
        return self


class Told(Form):
    """CP-8: a customer without a mail address was told by phone."""

    said: Words = Field(default="", title="客户的意见 / What the customer said", examples=["表示接受"])
    appeal: Words = Field(
        default="",
        title="客户申诉的理由（接受的不填） / Why the customer appeals; empty where it accepts",
        examples=[""],
    )


class Closing(Form):
    """CP-13: somebody other than the handler looks at all of it."""

    is_right: bool = Field(title="处理完整，可以结案 / It is complete and can be closed", examples=[True])
    remark: Words = Field(default="", title="说明 / Remark", examples=[""])

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if not self.is_right and not self.remark:
            raise ValueError("请写明还缺什么 / say what is missing")
        return self
