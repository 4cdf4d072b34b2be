"""What a survey is about: which customers are asked what, and who is in charge (CB-8)."""

from typing import Literal

from pydantic import EmailStr, Field

from crm_workflows import Line, Subject, choices

TIERS = {"all": "全部 / All", "A": "A 级 / Tier A", "B": "B 级 / Tier B", "C": "C 级 / Tier C"}


class CustomerSurvey(Subject):
    """One survey."""

    title: Line = Field(title="调查名称 / Title of the survey", min_length=2, max_length=80)
    tier: Literal["all", "A", "B", "C"] = Field(
        default="all", title="调查哪些客户 / Which customers", json_schema_extra=choices(TIERS)
    )
    owner: EmailStr = Field(title="负责人（邮箱） / In charge (mail address)")

    @property
    def case_title(self) -> str:
        return self.title

    @property
    def language_hint(self) -> str:
        return "zh"
