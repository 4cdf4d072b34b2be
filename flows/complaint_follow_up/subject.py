"""Which complaint is followed up, and whom to ask (CP-11)."""

from pydantic import EmailStr, Field

from crm_workflows import Contact, Line, Subject
from flows.complaint_resolution.subject import Complainant


class ToFollowUp(Subject):
    """One follow-up."""

    complaint: Line = Field(title="投诉案件 / Complaint", min_length=1, max_length=40)
    about: Line = Field(default="", title="关于 / About", max_length=300)
    customer: Line = Field(default="", title="客户代码 / Customer code", max_length=40)
    contact: Complainant = Field(title="投诉人 / Who complained")
    round: int = Field(default=1, ge=1, title="第几轮处理 / Round")
    owner: EmailStr = Field(title="负责人（邮箱） / Person in charge (mail address)")

    @property
    def case_title(self) -> str:
        return " · ".join(part for part in (self.complaint, self.about) if part)

    @property
    def language_hint(self) -> str:
        return self.contact.language

    @property
    def person(self) -> Contact | None:
        """Who is asked by mail; None for somebody who left no address."""
        return self.contact.person
