"""Who draws what from a survey, and by when (CB-8)."""

from datetime import date
from typing import Annotated, Self

from pydantic import EmailStr, Field, model_validator

from crm_workflows import Form, FormTask, PolicyRead, manager, owner, working_days

WHO_AND_WHEN = "每项改进须写明部门、负责人和日期 / an improvement needs a department, a person and a date"
Words = Annotated[str, Field(max_length=500)]


class Finding(Form):
    """CB-8: what is to be improved, by whom, until when; empty where there is nothing."""

    what: Words = Field(default="", title="改进什么 / What is to be improved", examples=["包装受潮：改用防潮袋"])
    department: Words = Field(default="", title="部门 / Department", examples=["资材部"])
    person: EmailStr | None = Field(
        default=None, title="负责人（邮箱） / Person (mail address)", examples=["tang.li@yongchang.example"]
    )
    by: date | None = Field(default=None, title="完成日期 / Done by", examples=["2026-12-31"])

    @model_validator(mode="after")
    def _names_who_and_when(self) -> Self:
        if self.what and not (self.department and self.person and self.by):
            raise ValueError(WHO_AND_WHEN)
        return self


class Findings(Form):
    """CB-8: themes and trends, and up to three improvements."""

    themes: str = Field(
        title="主题和趋势（按等级、产品） / Themes and trends, by tier and product", min_length=1, max_length=2000,
        examples=["A 级客户满意度上升；包装问题集中在微型轴承"],
    )  # fmt: skip
    first: Finding = Field(default=Finding(), title="改进一 / First improvement")
    second: Finding = Field(default=Finding(), title="改进二 / Second improvement")
    third: Finding = Field(default=Finding(), title="改进三 / Third improvement")

    @property
    def improvements(self) -> tuple[Finding, ...]:
        """Those that say something."""
        return tuple(one for one in (self.first, self.second, self.third) if one.what)


FINDINGS = FormTask(
    "survey_findings", "调查结论与改进 / What the survey shows, and what to improve", rule="CB-8", form=Findings,
    by=owner, due=working_days("survey_findings_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

POLICY = (PolicyRead("survey_open", "whole number"),)
"""For how many days a survey can be answered."""
