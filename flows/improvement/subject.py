"""What is to be improved, by whom and until when, and where it was found (CB-8)."""

from datetime import date

from pydantic import EmailStr, Field

from crm_workflows import Line, Subject


class ToImprove(Subject):
    """One improvement."""

    what: str = Field(title="改进什么 / What is to be improved", min_length=1, max_length=500)
    department: Line = Field(title="部门 / Department", min_length=1, max_length=500)
    by: date = Field(title="完成日期 / Done by")
    found_in: Line = Field(default="", title="来自 / Found in", max_length=120)
    asked_by: EmailStr = Field(title="提出人（邮箱） / Asked by (mail address)")
    owner: EmailStr = Field(title="负责人（邮箱） / Person (mail address)")

    @property
    def case_title(self) -> str:
        return " ".join(self.what.split())[:80]

    @property
    def language_hint(self) -> str:
        return "zh"
