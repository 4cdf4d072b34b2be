"""What was promised to a customer, by when and by whom (CB-4)."""

from datetime import date
from typing import Literal

from pydantic import EmailStr, Field

from crm_workflows import Line, Shown, Subject, choices
from flows.customer_review.subject import TIERS
from flows.periodic_callbacks.subject import Called


class CustomerPromise(Subject):
    """One promise."""

    company: Line = Field(title="客户名称 / Customer", min_length=2, max_length=120)
    customer: Line = Field(title="客户代码 / Customer code", min_length=1, max_length=40)
    contact: Called = Field(title="联系人 / Contact")
    tier: Literal["A", "B", "C"] = Field(title="等级 / Tier", json_schema_extra=choices(TIERS))
    what: str = Field(title="承诺事项 / Promised", min_length=1, max_length=2000)
    by: date = Field(title="承诺日期 / Promised for")
    callback: Line = Field(default="", title="回访 / Callback", max_length=40)
    owner: EmailStr = Field(title="承诺人（邮箱） / Who promised (mail address)")

    @property
    def case_title(self) -> str:
        return f"{self.company} · {' '.join(self.what.split())}"[:80]

    @property
    def language_hint(self) -> str:
        return self.contact.language

    def shown(self) -> Shown:
        """What was promised comes first."""
        promised = self.facts(leave_out=("company", "customer", "tier", "callback", "owner", "contact"))
        return Shown((*promised, *self.facts(leave_out=("what", "by", "owner"))))
