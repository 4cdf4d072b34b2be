"""What several procedures know of a company from outside: whom one writes to there, and in which money one counts."""

from datetime import date
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, EmailStr, Field, ValidationInfo

from crm_workflows import Contact, Form, Line, Money, Subject, choices

STILL_TO_COME = "这一天还没有到，请核对日期 / this day is still to come; check it"
LANGUAGES = {"zh": "中文 / Chinese", "en": "英文 / English"}


def in_yuan(amount: Money) -> Money:
    """The limits of the policy are in CNY; another currency is refused here, where it can still be corrected."""
    if amount.currency != "CNY":
        raise ValueError("请折合成人民币（CNY）填写 / please give the amount in CNY")
    return amount


def _not_over(day: date, info: ValidationInfo) -> date:
    today = (info.context or {}).get("today")
    if today and day.isoformat() < today:
        raise ValueError("这一天已过，请核对日期 / this day is over; check it")
    return day


def _not_to_come(day: date, info: ValidationInfo) -> date:
    today = (info.context or {}).get("today")
    if today and day.isoformat() > today:
        raise ValueError(STILL_TO_COME)
    return day


DayToCome = Annotated[date, AfterValidator(_not_over)]
"""As somebody hands the form in; read again later it holds."""
DayGoneBy = Annotated[date, AfterValidator(_not_to_come)]


class ContactPerson(Form):
    """对方联系人 / The person at the other company."""

    name: Line = Field(title="姓名 / Name", min_length=1, max_length=80)
    email: EmailStr = Field(title="邮箱 / Mail address")
    phone: Line = Field(default="", title="电话 / Phone", max_length=40)
    language: Literal["zh", "en"] = Field(default="zh", title="语言 / Language", json_schema_extra=choices(LANGUAGES))

    @property
    def person(self) -> Contact:
        """As somebody who is written to."""
        return Contact(self.name, str(self.email), self.language)


class OfCompany(Protocol):
    """The two fields that a subject about a company has beside its own."""

    @property
    def company(self) -> str:
        """Its name."""
        ...

    @property
    def contact(self) -> ContactPerson:
        """Who is written to there."""
        ...


class CompanySubject(Subject):
    """A subject about a company: a case bears its name and speaks its contact's language."""

    @property
    def case_title(self: OfCompany) -> str:
        return self.company

    @property
    def language_hint(self: OfCompany) -> str:
        return self.contact.language

    @property
    def person(self: OfCompany) -> Contact:
        """The contact, as somebody who is written to."""
        return self.contact.person
