"""What an onboarding is about: a company that wants to buy, and what is known of it (ON-1)."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, EmailStr, Field

from crm_workflows import CreditCode, Fact, Form, Line, NonNegativeMoney, Shown, choices, customers, tags
from flows.company import CompanySubject, ContactPerson, in_yuan

Industry = Literal["machinery", "vehicles", "electronics", "energy", "trade", "other"]
INDUSTRIES = customers.INDUSTRIES
Words = Annotated[str, Field(max_length=2000)]


def _tags(written: str) -> str:
    return tags.listed(tags.kept(written))


class CustomerContact(ContactPerson):
    """客户方联系人 / The person at the customer."""

    part: Line = Field(default="", title="职务 / Function", max_length=80)


class Archive(Form):
    """客户档案 / The archive of a customer (ON-1): what may come in bit by bit."""

    address: Line = Field(default="", title="地址 / Address", max_length=200, examples=["江苏省无锡市梁溪路 66 号"])
    further_contact: Line = Field(
        default="", title="其他联系人（姓名、电话、邮箱） / Another contact (name, phone, mail)", max_length=200,
        examples=["郑文博 +8651055500112 zheng.wenbo@yunfan.example"],
    )  # fmt: skip
    invoice_title: Line = Field(
        default="", title="开票抬头 / Invoice title", max_length=120, examples=["无锡云帆泵业有限公司"]
    )
    invoice_account: Line = Field(
        default="", title="开票银行和账号 / Bank and account for invoices", max_length=120,
        examples=["中国银行无锡分行 480158200001234567"],
    )  # fmt: skip
    needs: Words = Field(default="", title="需求 / Needs", examples=["不锈钢泵轴和叶轮，每月约 400 套"])
    preferences: Words = Field(default="", title="偏好 / Preferences", examples=["按周分批交货，木箱包装"])
    purchase_history: Words = Field(
        default="", title="采购经历 / Purchase history", examples=["去年从两家同行采购约 90 万元"]
    )
    opinion_history: Words = Field(default="", title="意见记录 / Opinion history", examples=["对同行的交货期不满意"])
    legal_owner: Line = Field(
        default="", title="法定代表人或所有者 / Legal representative or owner", max_length=80, examples=["钟云帆"]
    )
    tags: Annotated[str, AfterValidator(_tags)] = Field(
        default="", title="标签（以顿号分隔） / Tags, commas between them", max_length=600, examples=["出口、重点"]
    )
    consent: bool = Field(default=False, title="同意我方联系和回访 / Consents to be contacted", examples=[True])

    def known(self) -> dict[str, Any]:
        """What has been filled in."""
        return {name: value for name, value in self.model_dump(mode="json").items() if value}


REGISTERED = ("tags", "legal_owner")
"""What the register holds in columns of its own."""
ASKED = tuple(name for name in Archive.model_fields if name not in ("consent", *REGISTERED))
"""What the completeness counts (ON-1); a consent that is refused is no gap, nor do tags and owner count."""


class CustomerApplication(CompanySubject):
    """An account manager takes a new customer on (ON-1)."""

    company: Line = Field(title="客户名称 / Customer", min_length=2, max_length=120)
    credit_code: CreditCode
    contact: CustomerContact = Field(title="联系人 / Contact")
    industry: Industry = Field(title="行业 / Industry", json_schema_extra=choices(INDUSTRIES))
    region: Line = Field(title="地区 / Region", min_length=1, max_length=40)
    source: Line = Field(title="客户来源 / Source", min_length=1, max_length=200)
    expected_value: Annotated[NonNegativeMoney, AfterValidator(in_yuan)] = Field(
        title="预计年交易额 / Expected yearly trade value"
    )
    archive: Archive = Field(default=Archive(), title="客户档案 / Archive")
    owner: EmailStr = Field(title="客户经理 / Account manager", description="邮箱地址 / Mail address")

    def shown(self) -> Shown:
        """The facts that every request about this customer shows first."""
        return Shown(
            (
                Fact("客户 / Customer", self.company),
                Fact("统一社会信用代码 / Credit code", self.credit_code),
                Fact("联系人 / Contact", f"{self.contact.name} · {self.contact.email}"),
                Fact.named("行业 / Industry", INDUSTRIES[self.industry]),
                Fact("地区 / Region", self.region),
                Fact("客户来源 / Source", self.source),
                Fact.of("预计年交易额 / Expected yearly trade value", self.expected_value),
            )
        )
