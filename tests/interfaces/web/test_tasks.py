"""Form tasks on pages: filled in beforehand, errors at the field, everything typed kept."""

from tests.interfaces.web.world import World, all_that_happened, answering_form, filled, text_of
from tests.office import application

GOOD = {
    "papers_are_right": "yes", "founded_in": "2009", "legal_representative": "陈国栋", "employees": "180",
    "last_revenue.amount": "86,000,000.00", "last_revenue.currency": "CNY", "was_profitable": "yes",
    "licence_expires_on": "", "certificate_expires_on": "2028-06-30", "sufficient": "yes", "remark": "资料齐全",
}  # fmt: skip


def at_papers_check(world: World) -> tuple[str, str]:
    code = world.office.start()
    world.office.hand_in(code)
    return code, world.link(code, "papers_check")


def test_a_task_filled_in_on_its_page_lets_the_case_go_on(world: World) -> None:
    code, link = at_papers_check(world)
    browser = world.browser(follow_redirects=True)
    page = browser.post(link, data=filled(browser.get(link).text) | GOOD)
    assert page.status_code == 200
    text = text_of(page.text)
    assert "已提交" in text
    assert "¥86,000,000.00" in text
    (decision,) = world.office.view(code)["decisions"]
    assert (decision["decision"], decision["channel"], decision["answer"]["employees"]) == ("submit", "link", 180)
    assert world.office.waiting(code)["gate"] == "management_talk"


def test_errors_stand_at_the_top_and_at_the_field_and_keep_what_was_typed(world: World) -> None:
    _, link = at_papers_check(world)
    before = all_that_happened(world)
    browser = world.browser()
    typed = GOOD | {"founded_in": "去年", "employees": "", "last_revenue.amount": "很多", "remark": "长篇\n说明 <b>&"}
    typed.pop("sufficient")
    page = browser.post(f"{link}?lang=zh", data=filled(browser.get(link).text) | typed | {"ask_again": ["certificate"]})
    assert page.status_code == 422
    text = text_of(page.text)
    for line in (
        "成立年份（企业沿革）： 请填写整数", "员工人数（企业概况）： 请填写",
        "资料足以继续（选“否”即结束本案）： 请填写",
        "最近年度营业收入： 金额应写成数字，例如 480000.00",
    ):  # fmt: skip
        assert line.replace(" ", "") in text.replace(" ", ""), line
    assert '<p class="wrong" id="e-founded_in">请填写整数</p>' in page.text
    again = answering_form(page.text)
    assert again.fields["founded_in"] == ["去年"]
    assert again.fields["last_revenue.amount"] == ["很多"]
    assert again.fields["remark"] == ["长篇\n说明 <b>&"]
    assert again.fields["papers_are_right"] == ["yes"]
    assert again.fields["ask_again"] == ["certificate"]
    assert "sufficient" not in again.fields
    assert all_that_happened(world) == before
    assert "please give a whole number" in browser.post(f"{link}?lang=en", data=again.fields).text


def test_a_year_that_nobody_meant_is_refused_at_its_field(world: World) -> None:
    _, link = at_papers_check(world)
    browser = world.browser()
    typed = GOOD | {"licence_expires_on": "0035-12-31"}
    page = browser.post(f"{link}?lang=en", data=filled(browser.get(link).text) | typed)
    assert page.status_code == 422
    wrong = "write the year in four digits, from 1900 to 2199"
    assert f'<p class="wrong" id="e-licence_expires_on">{wrong}</p>' in page.text


def test_nothing_is_chosen_where_nothing_is_known(world: World) -> None:
    _, link = at_papers_check(world)
    form = answering_form(world.browser().get(link).text)
    assert form.offered["papers_are_right"] == ["yes", "no"]
    assert not {"papers_are_right", "was_profitable", "sufficient"} & set(form.fields)


def test_a_draft_is_filled_in_and_can_be_edited(world: World) -> None:
    code = world.office.until("recognition_application")
    link = world.link(code, "recognition_application")
    browser = world.browser(follow_redirects=True)
    page = browser.get(link)
    form = answering_form(page.text)
    assert form.fields["goods"] == ["深沟球轴承 6204-2RS、6305-2RS"]
    assert form.fields["yearly_amount.amount"] == ["480000.00"]
    assert form.fields["recommends"] == ["yes"]
    browser.post(link, data=filled(page.text, reason_for_trading="第一行\r\n第二行"))
    assert world.office.view(code)["decisions"][-1]["answer"]["reason_for_trading"] == "第一行\n第二行"
    assert "第一行 第二行" in text_of(browser.get(world.link(code, "recognition")).text)


def test_a_task_already_answered_shows_the_answers_and_refuses_another(world: World) -> None:
    code, link = at_papers_check(world)
    browser = world.browser()
    form = filled(browser.get(link).text) | GOOD
    assert browser.post(link, data=form).status_code == 303
    again = browser.post(link, data=form | {"employees": "9"})
    assert again.status_code == 409
    assert "180" in text_of(again.text)
    assert len([d for d in world.office.view(code)["decisions"] if d["effective"]]) == 1


def test_a_task_opens_in_the_language_of_its_person(world: World) -> None:
    code = world.office.until_code()
    request = world.office.waiting(code, "payment_terms")["id"]
    english = f"/t/{world.token(request, 'he.jing@yongchang.example')}"
    page = world.browser().get(english)
    assert '<html lang="en">' in page.text
    assert "Terms of payment" in text_of(page.text)
    assert "Bank transfer" in text_of(page.text)
    chinese = f"/t/{world.token(request, 'qian.zhiyuan@yongchang.example')}"
    page = world.browser(headers={"accept-language": "en"}).get(chinese)
    assert '<html lang="zh-CN">' in page.text
    assert "银行转账" in text_of(page.text)
    assert "Bank transfer" in text_of(world.browser().get(f"{chinese}?lang=en").text)


def test_an_item_opened_from_the_inbox_keeps_the_language_of_the_pages(world: World) -> None:
    code = world.office.until_code()
    request = world.office.waiting(code, "payment_terms")["id"]
    browser = world.browser()
    for language, lang, title in (("en", "en", "Terms of payment"), ("zh", "zh-CN", "付款条件")):
        browser.get(f"/inbox?as=qian.zhiyuan@yongchang.example&lang={language}")
        for person in ("qian.zhiyuan", "he.jing"):
            page = browser.get(f"/inbox/{request}?as={person}@yongchang.example").text
            assert f'<html lang="{lang}">' in page
            assert title in text_of(page)


def test_the_duplicate_check_offers_readable_choices(world: World) -> None:
    world.office.start()
    code = world.office.start(application())
    form = answering_form(world.browser().get(world.link(code)).text)
    assert form.offered["verdict"] == ["different", "same"]
    assert "不是，是另一家公司" in world.browser().get(world.link(code)).text
