"""What a re-tiering is about: all customers, and who is in charge of it (RP-4)."""

from pydantic import EmailStr, Field

from crm_workflows import Line, Subject


class Retiering(Subject):
    """One re-tiering."""

    title: Line = Field(title="名称 / Title", min_length=2, max_length=80, examples=["2026 年第二季度重新分级"])
    owner: EmailStr = Field(title="负责人（邮箱） / In charge (mail address)")

    @property
    def case_title(self) -> str:
        return self.title

    @property
    def language_hint(self) -> str:
        return "zh"
