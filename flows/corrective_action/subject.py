"""What is to be corrected, after which complaint, and who is in charge (CP-12)."""

from pydantic import EmailStr, Field

from crm_workflows import Line, Subject


class ToCorrect(Subject):
    """One corrective action."""

    complaint: Line = Field(title="投诉案件 / Complaint", min_length=1, max_length=40)
    what: str = Field(title="投诉内容 / What happened", min_length=1, max_length=2000)
    product: Line = Field(default="", title="产品 / Product", max_length=120)
    cause: str = Field(default="", title="产生的原因 / Why it arose", max_length=4000)
    not_caught: str = Field(default="", title="未被发现的原因 / Why it was not caught", max_length=4000)
    owner: EmailStr = Field(title="负责人（邮箱） / Person in charge (mail address)")

    @property
    def case_title(self) -> str:
        return " · ".join(part for part in (self.complaint, self.product) if part)
