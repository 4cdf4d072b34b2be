"""Forms drawn from pydantic models, read back, and their errors told in both languages."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from pydantic import Field

from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.forms import INSTANT, Form
from crm_workflows.domain.money import PositiveMoney
from crm_workflows.domain.text import SEPARATOR, shown_in
from crm_workflows.interfaces.web.form_errors import errors_in
from crm_workflows.interfaces.web.form_values import readable, to_values, typed_from
from crm_workflows.interfaces.web.forms import each_field, fields_of
from flows.complaint_resolution.examples import COMPLAINT
from tests.interfaces.web.world import World, text_of
from tests.office import application


class Address(Form):
    """A part of a form."""

    street: str = Field(title="街道 / Street", min_length=1, max_length=80)
    number: int | None = Field(default=None, title="门牌 / Number", ge=1)


def test_a_field_that_is_needed_but_for_one_case_says_which_and_is_not_called_optional(world: World) -> None:
    code = world.office.start(COMPLAINT, process="complaint-resolution")
    item = world.office.waiting(code)
    page = text_of(world.browser().get(f"/inbox/{item['id']}?as={item['assignee']['email']}&lang=en").text)
    assert "Answer to the customer needed, unless you ask first or pass it on" in page
    assert "Remedy needed where it is upheld" in page
    assert "Ask the customer first (then leave the rest) optional" in page


def test_an_instant_is_read_on_the_clock_of_the_reader_and_elsewhere_names_its_own() -> None:
    class Received(Form):
        at: str = Field(title="收到 / Received", json_schema_extra=INSTANT)

    fields, kept = fields_of(Received), {"at": "2026-03-01T23:30:00+00:00"}
    assert readable(fields, kept, "zh", ZoneInfo("Asia/Shanghai")) == [("收到", "2026年3月2日 07:30")]
    assert readable(fields, kept, "en") == [("Received", "1 Mar 2026 23:30 (UTC+0)")]
    assert shown_in(datetime(2026, 3, 1, 9, tzinfo=ZoneInfo("Asia/Kolkata")), "zh") == "2026年3月1日 09:00（UTC+5:30）"


def test_an_instant_is_typed_as_the_clock_of_the_page_shows_it() -> None:
    """Of day and time as a browser sends them, without a zone; what names one keeps it."""

    class Received(Form):
        at: str = Field(title="收到 / Received", json_schema_extra=INSTANT)

    fields, zone = fields_of(Received), "Asia/Shanghai"
    assert to_values(fields, {"at": ["2026-03-02T07:30"]}, zone) == {"at": "2026-03-02T07:30:00+08:00"}
    assert to_values(fields, {"at": ["２０２６-03-02 07:30"]}, zone) == {"at": "2026-03-02T07:30:00+08:00"}
    assert typed_from(fields, {"at": "2026-03-01T23:30:00+00:00"}, zone) == {"at": ["2026-03-02T07:30"]}
    for text in ("2026-03-02T07:30:00+05:30", "昨天", ""):
        assert to_values(fields, {"at": [text]}, zone) == ({"at": text} if text else {})


class Everything(Form):
    """One field of each kind."""

    name: str = Field(title="名称 / Name", min_length=2, max_length=20)
    story: str = Field(default="", title="经过 / Story", max_length=2000)
    count: int = Field(title="数量 / Count", ge=1, le=9)
    weight: Decimal = Field(title="重量 / Weight", gt=0)
    sure: bool = Field(title="确定 / Sure")
    colour: Literal["red", "blue"] = Field(
        default="blue", title="颜色 / Colour", json_schema_extra={"labels": {"red": "红 / Red", "blue": "蓝 / Blue"}}
    )
    parts: list[Literal["a", "b"]] = Field(
        default=[], title="部分 / Parts", json_schema_extra={"labels": {"a": "甲 / A", "b": "乙 / B"}}
    )
    on: date | None = Field(default=None, title="日期 / Date")
    price: PositiveMoney = Field(title="价格 / Price")
    address: Address = Field(title="地址 / Address")


FIELDS = fields_of(Everything)
TYPED = {
    "name": ["  轴承 "],
    "story": ["第一行\r\n第二行"],
    "count": ["７"],
    "weight": ["1.5"],
    "sure": ["no"],
    "colour": ["red"],
    "parts": ["a", "b"],
    "on": ["2026-03-31"],
    "price.amount": ["￥480,000.00"],
    "price.currency": ["CNY"],
    "address.street": ["人民路 1 号"],
    "address.number": [""],
}


def test_every_kind_of_field_has_its_widget() -> None:
    assert {field.path: field.widget for field in FIELDS} == {
        "name": "text", "story": "long", "count": "whole", "weight": "number", "sure": "yes_no", "colour": "choice",
        "parts": "choices", "on": "date", "price": "money", "address": "group",
    }  # fmt: skip
    required = {field.path for field in each_field(FIELDS) if field.is_required}
    assert required == {"name", "count", "weight", "sure", "price", "address.street"}
    count = next(field for field in FIELDS if field.path == "count")
    assert (count.minimum, count.maximum) == ("1", "9")


def test_what_was_typed_validates_to_the_model() -> None:
    values = to_values(FIELDS, TYPED)
    assert errors_in(Everything, FIELDS, values) == {}
    made = Everything.model_validate(values)
    assert (made.name, made.story, made.count, made.sure) == ("轴承", "第一行\n第二行", 7, False)
    assert (made.colour, made.parts, made.on) == ("red", ["a", "b"], date(2026, 3, 31))
    assert (str(made.price), made.address.street, made.address.number) == ("480000.00 CNY", "人民路 1 号", None)


def test_an_answer_survives_being_shown_again() -> None:
    made = Everything.model_validate(to_values(FIELDS, TYPED))
    typed = typed_from(FIELDS, made.model_dump(mode="json"))
    assert Everything.model_validate(to_values(FIELDS, typed)) == made


def test_a_draft_is_filled_in_and_nothing_else_is_chosen() -> None:
    assert typed_from(FIELDS, {}) == {"colour": ["blue"]}
    assert typed_from(FIELDS, {"sure": True, "count": 3})["sure"] == ["yes"]


def test_nothing_filled_in_names_every_required_field_in_both_languages() -> None:
    errors = errors_in(Everything, FIELDS, to_values(FIELDS, {}))
    assert set(errors) == {"name", "count", "weight", "sure", "price", "address.street"}
    assert set(errors.values()) == {"请填写 / please fill this in"}


@pytest.mark.parametrize(
    ("path", "typed", "chinese", "english"),
    [
        ("name", "x", "至少 2 个字符", "at least 2 characters"),
        ("name", "x" * 21, "最多 20 个字符", "at most 20 characters"),
        ("count", "many", "请填写整数", "please give a whole number"),
        ("count", "1.5", "请填写整数", "please give a whole number"),
        ("count", "10", "不能大于 9", "must be at most 9"),
        ("count", "0", "不能小于 1", "must be at least 1"),
        ("count", "9" * 5000, "数字太大", "the number is too large"),
        ("weight", "heavy", "请填写数字", "please give a number"),
        ("weight", "0", "必须大于 0", "must be above 0"),
        ("colour", "green", "请从列出的选项中选择", "please choose one of the options listed"),
        ("parts", "c", "请从列出的选项中选择", "please choose one of the options listed"),
        ("on", "31.3.2026", "日期请写成 2026-03-31", "write the date as 2026-03-31"),
        (
            "price.amount",
            "much",
            "金额应写成数字，例如 480000.00",
            "write the amount as a number, for example 480000.00",
        ),
        (
            "price.amount",
            "1.000,00",
            "金额应写成数字，例如 480000.00",
            "write the amount as a number, for example 480000.00",
        ),
        ("price.amount", "-1", "金额应大于零", "the amount must be above zero"),
        ("price.amount", "1.005", "金额最多两位小数", "an amount has at most two decimals"),
        (
            "price.currency",
            "RMB!",
            "币种应为三个大写字母，例如 CNY",
            "a currency is three capital letters, for example CNY",
        ),
        ("address.number", "0", "不能小于 1", "must be at least 1"),
    ],
)
def test_each_mistake_is_told_at_its_field(path: str, typed: str, chinese: str, english: str) -> None:
    errors = errors_in(Everything, FIELDS, to_values(FIELDS, TYPED | {path: [typed]}))
    field = path.removesuffix(".amount").removesuffix(".currency")
    assert errors == {field: f"{chinese}{SEPARATOR}{english}"}


def test_the_rules_own_sentences_are_passed_on() -> None:
    subject = load_processes()["supplier-vetting", 1].subject
    fields = fields_of(subject)
    wrong = application(credit_code="91320500MAX0CL616A", no_conflict_of_interest=False)
    wrong["contact"] = wrong["contact"] | {"email": "nobody"}
    errors = errors_in(subject, fields, to_values(fields, typed_from(fields, wrong)))
    assert set(errors) == {"credit_code", "no_conflict_of_interest", "contact.email"}
    assert "校验位不符" in errors["credit_code"]
    assert "SV-2" in errors["no_conflict_of_interest"]
    assert all(SEPARATOR in sentence for sentence in errors.values())


def test_answers_read_well_in_both_languages() -> None:
    answers = Everything.model_validate(to_values(FIELDS, TYPED)).model_dump(mode="json")
    chinese, english = dict(readable(FIELDS, answers, "zh")), dict(readable(FIELDS, answers, "en"))
    assert (chinese["确定"], english["Sure"]) == ("否", "No")
    assert (chinese["部分"], english["Parts"]) == ("甲、乙", "A, B")
    assert (chinese["价格"], english["Price"]) == ("¥480,000.00", "CNY 480,000.00")
    assert (chinese["地址 · 街道"], chinese["地址 · 门牌"]) == ("人民路 1 号", "—")


def test_what_people_typed_is_not_taken_for_a_label() -> None:
    answers = {"name": "轴承 / bearing"}
    assert dict(readable(FIELDS, answers, "en"))["Name"] == "轴承 / bearing"


def test_choices_without_readable_names_are_the_authors_mistake() -> None:
    class Bare(Form):
        """A choice that people could not read."""

        way: Literal["a", "b"] = Field(title="方式 / Way", json_schema_extra={"labels": {"a": "甲 / A", "b": "b"}})

    with pytest.raises(AuthorMistake, match=r"Bare\.way.*'b'"):
        fields_of(Bare)


def test_a_type_that_no_page_can_ask_for_is_the_authors_mistake() -> None:
    class Odd(Form):
        """A mapping."""

        much: dict[str, int] = Field(title="很多 / Much")

    with pytest.raises(AuthorMistake, match=r"Odd\.much"):
        fields_of(Odd)


@pytest.mark.parametrize("made", load_processes().values(), ids=lambda made: made.name)
def test_every_form_of_the_shipped_processes_can_be_drawn_filled_and_read(made: object) -> None:
    for element in made.elements().values():  # type: ignore[attr-defined]
        if isinstance(element, FormTask):
            fields = fields_of(element.form)
            typed = typed_from(fields, element.form.example())
            assert errors_in(element.form, fields, to_values(fields, typed)) == {}
            assert all(SEPARATOR in field.label for field in fields)
