"""What a re-evaluation is about: a recognised supplier whose recognition ends (SV-12)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, EmailStr, Field

from crm_workflows import PositiveMoney, choices
from flows.company import CompanySubject, in_yuan
from flows.supplier_vetting.subject import SupplierContact

CLASSES = {"A": "A 级 / Class A", "B": "B 级 / Class B", "C": "C 级 / Class C"}


class RecognisedSupplier(CompanySubject):
    """A supplier of the register, with the recognition that it has."""

    company: str = Field(title="供应商名称 / Supplier", min_length=2, max_length=120)
    supplier: str = Field(title="供应商代码 / Supplier code", min_length=1, max_length=40)
    contact: SupplierContact = Field(title="联系人 / Contact")
    goods: str = Field(title="供应商品 / Goods", min_length=1, max_length=4000)
    yearly_amount: Annotated[PositiveMoney, AfterValidator(in_yuan)] = Field(title="年采购额 / Yearly amount")
    supplier_class: Literal["A", "B", "C"] = Field(title="级别 / Class", json_schema_extra=choices(CLASSES))
    valid_until: date = Field(title="认定有效期至 / Recognised until")
    owner: EmailStr = Field(title="负责采购员（邮箱） / Responsible buyer (mail address)")
