"""What a plan is about: an A customer of the register (RP-5)."""

from pydantic import EmailStr, Field

from crm_workflows import Line
from flows.company import CompanySubject
from flows.customer_onboarding.subject import CustomerContact


class PlannedCustomer(CompanySubject):
    """A customer for which a plan is made."""

    company: Line = Field(title="客户名称 / Customer", min_length=2, max_length=120)
    customer: Line = Field(title="客户代码 / Customer code", min_length=1, max_length=40)
    contact: CustomerContact = Field(title="联系人 / Contact")
    owner: EmailStr = Field(title="客户经理（邮箱） / Account manager (mail address)")
