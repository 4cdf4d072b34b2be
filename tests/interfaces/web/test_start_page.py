"""Starting a case from its page: it begins once, with the papers that were brought, for whoever acts."""

import re

import pytest

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import CaseRow
from tests.flows.customers import enter
from tests.flows.test_periodic_callbacks import call
from tests.interfaces.web.world import World, answering_form, filled, text_of
from tests.office import application


def test_a_case_started_on_its_page_begins_once(world: World) -> None:
    browser = world.browser()
    page = browser.get("/start/supplier-vetting?lang=zh")
    assert "供应商认定" in text_of(page.text)
    assert answering_form(page.text).fields["contact.language"] == ["zh"]
    typed = {
        "owner": "wang.fang@yongchang.example", "company": "苏州澄岚精密轴承有限公司",
        "credit_code": " 91320500max0cl616k ", "contact.name": "顾晚晴", "contact.email": "gu.wanqing@chenglan.example",
        "goods": "轴承", "category": "component", "yearly_amount.amount": "480,000", "reason": "第二来源",
        "no_conflict_of_interest": "yes",
    }  # fmt: skip
    form = {name: value[0] if isinstance(value, list) else value for name, value in (filled(page.text) | typed).items()}
    bad = browser.post("/start/supplier-vetting", data=form | {"credit_code": "1", "owner": "nobody@x.example"})
    assert bad.status_code == 422
    assert "18 位" in text_of(bad.text)
    answers = [browser.post("/start/supplier-vetting", data=form) for _ in range(2)]
    assert {a.status_code for a in answers} == {303}
    assert {a.headers["location"] for a in answers} == {"/cases/SV-2026-00001"}
    world.office.work()
    view = world.office.view("SV-2026-00001")
    assert (view["origin"], view["requester"], view["subject"]["credit_code"]) == (
        "page", "wang.fang@yongchang.example", "91320500MAX0CL616K",
    )  # fmt: skip
    assert browser.post("/start/supplier-vetting", data=typed).status_code == 400
    unknown = browser.post(
        "/start/supplier-vetting", data=form | {"owner": "who@x.example", "form_id": form["form_id"]}
    )
    assert unknown.status_code == 422
    assert "不在人员名册中" in text_of(unknown.text)


def test_papers_brought_with_the_start_are_listed(world: World) -> None:
    browser = world.browser()
    form = {n: v[0] for n, v in filled(browser.get("/start/supplier-vetting").text).items()}
    subject = application()
    form |= {"owner": subject["owner"], "company": subject["company"], "credit_code": subject["credit_code"]}
    form |= {f"contact.{name}": value for name, value in subject["contact"].items()}
    form |= {"goods": "轴承", "category": "component", "yearly_amount.amount": "1", "reason": "x"}
    form |= {"no_conflict_of_interest": "yes", "requester": "zhao.lei@yongchang.example"}
    files = [("attachments", ("报价单.pdf", b"%PDF-1.4"))]
    empty = browser.post("/start/supplier-vetting", data=form, files=[("attachments", ("空.pdf", b""))])
    assert empty.status_code == 422
    assert "文件是空的" in text_of(empty.text)
    assert browser.post("/start/supplier-vetting", data=form, files=files).status_code == 303
    world.office.work()
    text = text_of(browser.get("/cases/SV-2026-00001?lang=zh").text)
    assert "报价单.pdf 随申请附上" in text
    assert "申请人 赵磊" in text


@pytest.mark.parametrize(("language", "title"), [("zh", "供应商认定"), ("en", "Supplier vetting")])
def test_what_may_be_started_is_listed_where_no_process_is_named(world: World, language: str, title: str) -> None:
    browser = world.browser()
    page = browser.get(f"/start?lang={language}")
    assert page.status_code == 200
    assert title in text_of(page.text)
    addresses = re.findall(r'href="(/start/[\w-]+)"', page.text)
    assert set(addresses) == {f"/start/{name}" for name in world.opened.titles()}
    assert {browser.get(address).status_code for address in addresses} == {200}


@pytest.mark.parametrize("company", ["甲公司\r\nBcc: everybody@example.com", "甲\u202e乙公司"])
def test_a_company_of_two_lines_or_hidden_characters_is_refused_in_one_sentence(world: World, company: str) -> None:
    browser = world.browser()
    form = filled(browser.get("/start/supplier-vetting").text, company=company)
    answer = browser.post("/start/supplier-vetting?lang=zh", data=form)
    assert answer.status_code == 422
    assert "供应商名称 ：请写成一行，不要含换行或看不见的字符" in text_of(answer.text).replace("名称：", "名称 ：")
    with world.office.engine.store.read() as reader:
        assert reader.count(CaseRow) == 0


def test_whoever_acts_in_this_browser_is_the_requester_whomever_they_name_as_owner(world: World) -> None:
    browser = world.browser()
    browser.get("/inbox?as=zhao.lei@yongchang.example")
    page = browser.get("/start/supplier-vetting").text
    assert answering_form(page).fields["requester"] == ["zhao.lei@yongchang.example"]
    typed = {"company": "甲公司", "credit_code": application()["credit_code"], "contact__name": "顾晚晴"}
    typed |= {"contact__email": "gu@chenglan.example", "goods": "轴承", "category": "component", "reason": "第二来源"}
    typed |= {"yearly_amount__amount": "1000", "no_conflict_of_interest": "yes"}
    browser.post("/start/supplier-vetting", data=filled(page, owner="wang.fang@yongchang.example", **typed))
    mail, own = sorted(world.office.mails("case_opened"), key=lambda one: one.recipient)
    assert (own.recipient, own.context["is_requester"]) == ("zhao.lei@yongchang.example", True)
    assert mail.recipient == "wang.fang@yongchang.example"
    assert mail.context["requester_email"] == "zhao.lei@yongchang.example"


def test_a_callback_of_nobody_in_the_register_is_refused_by_the_form_and_by_a_program(world: World) -> None:
    enter(world.office)
    browser = world.browser()
    page = filled(browser.get("/start/periodic-callbacks?lang=zh").text)
    typed = {"company": "某公司", "customer": "C-MA-9999", "contact.name": "黎", "contact.email": "li@x.example"}
    typed |= {"tier": "A", "owner": "lin.xiaoyu@yongchang.example"}
    refused = browser.post("/start/periodic-callbacks?lang=zh", data=page | typed)
    assert refused.status_code == 422
    assert "客户名册中没有 C-MA-9999；请在“客户名册”中核对代码，新客户请先建档" in text_of(refused.text)
    with pytest.raises(InvalidInput, match="客户名册中没有 C-MA-9999"):
        call(world.office, customer="C-MA-9999")
    with world.office.engine.store.read() as reader:
        assert reader.count(CaseRow) == 0


def test_a_complaint_with_a_code_of_nobody_keeps_what_was_typed_and_offers_who_is_meant(world: World) -> None:
    enter(world.office)
    browser = world.browser()
    page = filled(browser.get("/start/complaint-resolution?lang=zh").text)
    typed = {"what": "漏油", "contact.name": "黎", "customer": "C-MA-009", "owner": "bai.xue@yongchang.example"}
    refused = browser.post("/start/complaint-resolution?lang=zh", data=page | typed)
    assert refused.status_code == 422
    assert 'id="e-customer"' in refused.text
    assert "相近的有 C-MA-0009 苏州澄岚水泵有限公司；请核对代码，不在册的客户请把代码留空" in text_of(refused.text)
    assert filled(refused.text)["what"] == ["漏油"]
    right = filled(refused.text) | typed | {"customer": "C-MA-0009"}
    assert browser.post("/start/complaint-resolution", data=right).status_code == 303


def test_a_callback_is_filled_in_from_the_register_whatever_was_typed(world: World) -> None:
    enter(world.office)
    browser = world.browser()
    link = "/start/periodic-callbacks?customer=C-MA-0009"
    assert link in browser.get("/customers/C-MA-0009").text
    form = filled(browser.get(link).text)
    told = ("customer", "company", "tier", "contact.name", "contact.phone", "owner")
    assert [form[name][0] for name in told] == [
        "C-MA-0009", "苏州澄岚水泵有限公司", "B", "顾晚晴", "+8651255500188", "lin.xiaoyu@yongchang.example"
    ]  # fmt: skip
    blank = filled(browser.get("/start/periodic-callbacks").text, customer="C-MA-0009") | {"contact.name": "黎"}
    started = browser.post("/start/periodic-callbacks", data=blank)
    assert started.status_code == 303
    subject = world.office.view(started.headers["location"].removeprefix("/cases/"))["subject"]
    assert (subject["contact"]["name"], subject["tier"], subject["owner"]) == ("顾晚晴", "B", form["owner"][0])


def test_a_complaint_is_entered_from_the_page_of_a_customer_and_keeps_what_is_typed(world: World) -> None:
    """Who complains may be somebody else than the register knows, and whoever enters it names who is in charge."""
    enter(world.office)
    browser = world.browser()
    link = "/start/complaint-resolution?customer=C-MA-0009"
    assert link in browser.get("/customers/C-MA-0009").text
    form = filled(browser.get(link).text, safety="no", legal="no", press="no")
    assert [form[name][0] for name in ("customer", "company", "contact.name")] == [
        "C-MA-0009", "苏州澄岚水泵有限公司", "顾晚晴"
    ]  # fmt: skip
    assert not form["owner"][0]
    typed = {"contact.name": "黎", "what": "少发两套", "owner": "bai.xue@yongchang.example"}
    started = browser.post("/start/complaint-resolution", data=form | typed)
    assert started.status_code == 303, text_of(started.text)
    subject = world.office.view(started.headers["location"].removeprefix("/cases/"))["subject"]
    assert (subject["customer"], subject["contact"]["name"], subject["owner"]) == ("C-MA-0009", "黎", typed["owner"])
    assert not filled(browser.get(link.replace("0009", "9999")).text)["customer"][0], "nobody in the register"


@pytest.mark.parametrize(
    ("language", "named"), [("zh", "投诉人 · 姓名 ：请填写"), ("en", "Who complains · Name : please fill")]
)
def test_what_is_wrong_in_a_group_is_listed_with_the_group(world: World, language: str, named: str) -> None:
    """Of several groups with a name or an address nobody could tell which was meant."""
    page = f"/start/complaint-resolution?lang={language}"
    refused = world.browser().post(page, data=filled(world.browser().get(page).text) | {"contact.name": ""})
    listed = refused.text[refused.text.index('id="errors"') :]
    assert named in text_of(listed[: listed.index("</ul>")])


@pytest.mark.parametrize(("field", "typed"), [("happened_on", "0026-03-02"), ("received_at", "0001-01-01T00:00")])
def test_a_year_that_nobody_meant_is_refused_at_its_field(world: World, field: str, typed: str) -> None:
    """A browser makes of a year that was typed as 26 the year 0026."""
    browser = world.browser()
    form = filled(browser.get("/start/complaint-resolution").text, safety="no", legal="no", press="no")
    form |= {"contact.name": "黎", "what": "少发两套", "owner": "bai.xue@yongchang.example", field: typed}
    refused = browser.post("/start/complaint-resolution?lang=zh", data=form)
    assert refused.status_code == 422
    told = refused.text[refused.text.index(f'id="e-{field}"') :]
    assert "年份请写四位，在 1900 与 2199 之间" in told[: told.index("</p>")]
    assert filled(refused.text)[field] == [typed]


@pytest.mark.parametrize(
    ("language", "empty", "filled_in"),
    [
        ("zh", "yyyy 年 mm 月 dd 日，顺序以框内为准", "原填 2026年3月4日"),
        ("en", "year, month, day in the order", "it was 4 Mar 2026"),
    ],
)
def test_a_field_for_a_day_says_it_in_words_since_its_order_is_the_browser_s(
    world: World, language: str, empty: str, filled_in: str
) -> None:
    browser = world.browser()
    page = browser.get(f"/start/complaint-resolution?lang={language}").text
    assert text_of(page).count(empty) == 2, "a day and an instant"
    assert 'aria-describedby=" h-happened_on"' in page
    again = browser.post(
        f"/start/complaint-resolution?lang={language}", data=filled(page) | {"happened_on": "2026-03-04", "what": ""}
    )
    assert again.status_code == 422
    assert filled_in in text_of(again.text)
    wrong = browser.post("/start/complaint-resolution", data=filled(page) | {"happened_on": "morgen", "what": ""})
    assert wrong.status_code == 422, "what is no day is kept, and told as that"


def test_all_that_is_wrong_in_a_form_is_told_at_once_each_at_its_field(world: World) -> None:
    """A wrong year used to be told only once all else was right; ¥ beside USD counted as dollars."""
    browser = world.browser()
    form = filled(browser.get("/start/complaint-resolution").text, safety="no", legal="no", press="no")
    form |= {"contact.name": "黎", "what": "", "owner": "bai.xue@yongchang.example", "happened_on": "0026-03-02"}
    form |= {
        "customer": "C-MA-0001",
        "received_at": "0026-03-02T09:00",
        "amount.amount": "￥1,000",
        "amount.currency": "USD",
    }
    refused = browser.post("/start/complaint-resolution?lang=zh", data=form)
    assert refused.status_code == 422
    for field, told in {
        "what": "请填写", "customer": "客户名册中没有 C-MA-0001",
        "happened_on": "年份请写四位", "received_at": "年份请写四位",
        "amount": "金额写的是 ¥，币种却是 USD；请改正其中一个",
    }.items():  # fmt: skip
        said = refused.text[refused.text.index(f'id="e-{field}"') :]
        assert told in said[: said.index("</p>")], field


def test_a_choice_that_may_be_left_open_can_be_taken_back_without_javascript(world: World) -> None:
    browser = world.browser()
    form = answering_form(browser.get("/start/customer-onboarding").text)
    assert form.offered["archive.consent"] == ["", "yes", "no"]
    assert form.fields["archive.consent"] == [""]
    again = browser.post("/start/customer-onboarding", data=form.fields | {"archive.consent": "yes"})
    assert again.status_code == 422
    assert answering_form(again.text).fields["archive.consent"] == ["yes"]
    assert answering_form(again.text).offered["archive.consent"] == ["", "yes", "no"]
    assert form.offered["contact.language"] == ["zh", "en"], "where a choice always stands there is none to take back"
