"""Whom the follow-up of a complaint asks, and how the answer is given (CP-11)."""

import re
import unicodedata
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from crm_workflows import Form, FormTask, PolicyRead, calendar_days, choices, clock_hours, manager, owner

Words = Annotated[str, Field(max_length=4000)]
GRADES = {
    "5": "5 非常满意 / 5 very satisfied",
    "4": "4 满意 / 4 satisfied",
    "3": "3 一般 / 3 neither",
    "2": "2 不满意 / 2 not satisfied",
    "1": "1 很不满意 / 1 not satisfied at all",
}
GRADE = re.compile(
    r"\s*([1-5])(?![0-9])[^\S\n]*+(?:分|points?)?+(?!半)"
    r"(?![^\w\n]*(?:[0-9]|(?:到|至|或者?|和|and|or|to)[^\w\n]*[0-9一二三四五]))"
)
"""Whoever writes 1.5, 2-3 or 2 or 3 is asked back."""
UNHAPPY = 2
"""Satisfaction up to this opens the complaint again (CP-11)."""


class Satisfaction(Form):
    """CP-11: one question to the customer."""

    grade: Literal["5", "4", "3", "2", "1"] = Field(
        title="您对投诉的处理满意吗 / How satisfied are you with how we dealt with it?", examples=["5"],
        json_schema_extra=choices(GRADES),
    )  # fmt: skip
    comment: Words = Field(default="", title="您的意见 / What you want to add", examples=[""])
    BY_REPLY: ClassVar[str] = (
        "直接回复一个数字即可：5 非常满意，4 满意，3 一般，2 不满意，1 很不满意 / "
        "Just reply with a number: 5 very satisfied, 4 satisfied, 3 neither, 2 not satisfied, 1 not at all"
    )

    @property
    def gist(self) -> str:
        return GRADES[self.grade]

    @classmethod
    def from_reply(cls, words: str) -> dict[str, Any] | None:
        """By the number with which they begin; not where it is none of the five, or the first of two."""
        found = GRADE.match(unicodedata.normalize("NFKC", words))
        return {"grade": found[1], "comment": words[found.end() :].strip(" ,，。.\n")[:4000]} if found else None


class FollowUp(Form):
    """CP-11: by phone, where the customer has not answered the survey."""

    grade: Literal["5", "4", "3", "2", "1"] | None = Field(
        default=None, title="客户的满意度（未联系上的不填） / Satisfaction; empty where nobody was reached",
        examples=["4"], json_schema_extra=choices(GRADES),
    )  # fmt: skip
    comment: Words = Field(default="", title="说明 / Remark", examples=["电话回访，客户已收到补发件"])


SURVEY = FormTask(
    "survey", "投诉处理满意度 / Your satisfaction with how we dealt with it", rule="CP-11", form=Satisfaction,
    by=None, lapse=calendar_days("complaint_survey_days"), anew=("grade", "comment"),
)  # fmt: skip

FOLLOW_UP = FormTask(
    "follow_up", "电话回访投诉处理效果 / Follow-up by phone", rule="CP-11", form=FollowUp,
    by=owner, due=clock_hours("complaint_remedy_due"), remind=clock_hours("complaint_remind"), escalate_to=manager,
    anew=("grade", "comment"),
)  # fmt: skip

POLICY = (PolicyRead("complaint_rounds", "whole number"),)
"""How often a complaint may be dealt with: in the last round it is opened again no more."""
