"""What a certificate case is about: one paper of one supplier that expires (SV-12)."""

from datetime import date
from typing import Literal

from pydantic import EmailStr, Field

from crm_workflows import choices
from flows.company import CompanySubject
from flows.supplier_vetting.subject import SupplierContact

CertificateKind = Literal["certificate", "business_licence"]
KINDS = {"certificate": "资质证书 / Certificate", "business_licence": "营业执照 / Business licence"}


class ExpiringPaper(CompanySubject):
    """A certificate or licence of a recognised supplier."""

    company: str = Field(title="供应商名称 / Supplier", min_length=2, max_length=120)
    supplier: str = Field(title="供应商代码 / Supplier code", min_length=1, max_length=40)
    contact: SupplierContact = Field(title="联系人 / Contact")
    kind: CertificateKind = Field(title="种类 / Kind", json_schema_extra=choices(KINDS))
    expires_on: date = Field(title="有效期至 / Expires on")
    owner: EmailStr = Field(title="负责采购员（邮箱） / Responsible buyer (mail address)")
