"""What a supplier case is about: the buyer's request (SV-2)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, EmailStr, Field

from crm_workflows import CreditCode, Fact, Line, PositiveMoney, Shown, choices, suppliers
from flows.company import CompanySubject, ContactPerson, in_yuan

Category = Literal["raw_material", "component", "packaging", "service", "equipment"]

CONFLICT = "有利益冲突者须由其他采购员申请（SV-2） / with a conflict of interest another buyer must apply (SV-2)"


def _declared(value: bool) -> bool:
    if not value:
        raise ValueError(CONFLICT)
    return value


class SupplierContact(ContactPerson):
    """供应商处提供资料的联系人 / The person at the supplier who is asked for papers."""


class SupplierApplication(CompanySubject):
    """A buyer asks for a new supplier (SV-2)."""

    company: Line = Field(title="供应商名称 / Supplier", min_length=2, max_length=120)
    credit_code: CreditCode
    contact: SupplierContact = Field(title="联系人 / Contact")
    goods: str = Field(title="供应商品 / Goods", min_length=1, max_length=400)
    category: Category = Field(title="类别 / Category", json_schema_extra=choices(suppliers.CATEGORIES))
    yearly_amount: Annotated[PositiveMoney, AfterValidator(in_yuan)] = Field(
        title="预计年采购额 / Expected yearly amount"
    )
    reason: str = Field(title="选择新供应商的理由 / Why a new supplier", min_length=1, max_length=2000)
    no_conflict_of_interest: Annotated[bool, AfterValidator(_declared)] = Field(
        title="本人与该供应商无利益冲突 / I have no conflict of interest with this supplier"
    )
    owner: EmailStr = Field(title="负责采购员 / Responsible buyer", description="邮箱地址 / Mail address")

    def shown(self) -> Shown:
        """What the owner confirms when somebody else has started the case in their name (G-2)."""
        return Shown(
            (
                Fact("供应商 / Supplier", self.company),
                Fact("统一社会信用代码 / Credit code", self.credit_code),
                Fact("联系人 / Contact", f"{self.contact.name} · {self.contact.email}"),
                Fact("供应商品 / Goods", self.goods),
                Fact.named("类别 / Category", suppliers.CATEGORIES[self.category]),
                Fact.of("预计年采购额 / Expected yearly amount", self.yearly_amount),
                Fact("选择理由 / Why a new supplier", self.reason),
            )
        )
