"""What a form says of itself as facts is for people, whatever stands in it."""

from pydantic import Field

from crm_workflows.domain.forms import Form
from crm_workflows.domain.shown import Fact


class Person(Form):
    name: str = Field(title="姓名 / Name")
    phone: str = Field(default="", title="电话 / Phone")
    urgent: bool = Field(default=False, title="紧急 / Urgent")


class Sheet(Form):
    contact: Person = Field(title="联系人 / Contact")
    others: list[Person] = Field(default=[], title="其他人 / Others")
    tags: list[str] = Field(default=[], title="标签 / Tags")


def test_a_form_inside_a_form_is_told_field_by_field() -> None:
    facts = Sheet(contact=Person(name="郑文博")).facts()
    assert facts == (
        Fact("联系人 · 姓名 / Contact · Name", "郑文博"),
        Fact("联系人 · 紧急 / Contact · Urgent", "否", "No"),
    )


def test_lists_are_told_in_words_and_not_as_python_writes_them() -> None:
    sheet = Sheet(contact=Person(name="甲"), others=[Person(name="乙"), Person(name="丙")], tags=["一", "二"])
    assert sheet.facts(leave_out=("contact",)) == (
        Fact("其他人 / Others", "乙, 否; 丙, 否", "乙, No; 丙, No"),
        Fact("标签 / Tags", "一、二", "一, 二"),
    )
