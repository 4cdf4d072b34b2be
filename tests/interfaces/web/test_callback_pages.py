"""My callbacks of today: tap to call, three taps to record, nothing that needs a script."""

from typing import Any

from crm_workflows.domain.durations import working_days
from crm_workflows.domain.records import ContactMade, CustomerContact
from tests.flows.customers import MANAGER, OWNER, enter
from tests.flows.test_periodic_callbacks import call
from tests.interfaces.web.world import World, all_that_happened, answering_form, text_of

MINE = f"/callbacks?as={OWNER}"
REACHED = {"result": "reached", "satisfaction": "5"}


def due(world: World, code: str = "C-MA-0009", **columns: Any) -> str:
    enter(world.office, code, credit_code=code, **columns)
    return call(world.office, customer=code, company=columns.get("name", "苏州澄岚水泵有限公司"))


def said(world: World, case: str) -> list[dict[str, Any]]:
    with world.office.engine.store.read() as reader:
        return [one.details for one in reader.find(ContactMade, case=case)]


def test_a_tap_calls_and_three_taps_record(world: World) -> None:
    code = due(world)
    browser = world.browser(follow_redirects=True)
    page = browser.get(MINE)
    assert 'href="tel:+8651255500188"' in page.text
    assert '<a href="/customers/C-MA-0009">苏州澄岚水泵有限公司</a>' in page.text
    assert "待回访 1 家" in text_of(page.text)
    form = answering_form(page.text)
    assert form.offered == {"result": ["reached", "not_reached"], "satisfaction": ["5", "4", "3", "2", "1"]}
    assert not {"result", "satisfaction"} & set(form.fields), "nothing is chosen beforehand"
    after = text_of(browser.post(form.action, data=form.fields | REACHED).text)
    assert "已记录： 苏州澄岚水泵有限公司" in after
    assert "现在没有要做的回访" in after
    (decision,) = world.office.view(code)["decisions"]
    assert (decision["channel"], decision["by"]) == ("page", OWNER)
    (kept,) = said(world, code)
    assert (kept["satisfaction"], kept["summary"], kept["channel"]) == (5, "满意度 5，无其他事项", "phone")


def test_customers_of_one_name_are_told_apart_where_both_are_to_be_called(world: World) -> None:
    due(world, "C-MA-0009", region="江苏")
    assert "C-MA-0009 ·" not in text_of(world.browser().get(MINE).text), "a name of one customer says enough"
    due(world, "C-MA-0010", region="浙江", owner=MANAGER)
    said = text_of(world.browser().get(MINE).text)
    assert "C-MA-0009 · 江苏 截止" in said, "whose own customer it is needs no saying"
    assert "C-MA-0010 · 浙江 · 高明 截止" in said


def test_an_inbox_tells_callbacks_of_one_name_apart(world: World) -> None:
    due(world, "C-MA-0009")
    due(world, "C-MA-0011", name="无锡云帆泵业有限公司")
    inbox = f"/inbox?as={OWNER}"
    assert "C-MA-" not in text_of(world.browser().get(inbox).text), "names that differ say enough"
    due(world, "C-MA-0010")
    said = text_of(world.browser().get(inbox).text)
    assert said.count("客户：C-MA-") == 2
    assert "客户：C-MA-0009 苏州澄岚水泵有限公司" in said
    assert "客户：C-MA-0010 苏州澄岚水泵有限公司" in said


def test_nobody_reached_takes_two_taps_and_is_tried_again(world: World) -> None:
    code = due(world)
    browser = world.browser()
    form = answering_form(browser.get(MINE).text)
    # A grade that was tapped before the line broke does not count.
    answer = form.fields | {"result": "not_reached", "satisfaction": "1"}
    assert browser.post(form.action, data=answer).status_code == 303
    assert world.office.waiting(code)["kind"] == "timer"
    (kept,) = said(world, code)
    assert (kept["result"], kept["satisfaction"]) == ("not_reached", None)


def test_whoever_is_not_satisfied_is_not_recorded_without_a_word(world: World) -> None:
    code = due(world)
    browser = world.browser()
    form = answering_form(browser.get(MINE).text)
    before = all_that_happened(world)
    page = browser.post(f"{form.action}&lang=en", data=form.fields | REACHED | {"satisfaction": "2"})
    assert page.status_code == 422
    assert "where somebody is not satisfied, say why" in text_of(page.text)
    assert answering_form(page.text).fields["satisfaction"] == ["2"], "what was tapped is kept"
    assert all_that_happened(world) == before
    browser.post(form.action, data=form.fields | REACHED | {"satisfaction": "2", "complaint": "交货迟到"})
    world.office.work()
    assert [link["relation"] for link in world.office.view(code)["linked"]] == ["complaint"]
    (kept,) = said(world, code)
    assert (kept["summary"], kept["complaint"]) == ("交货迟到", "交货迟到")


def test_a_promise_is_recorded_with_its_day_or_refused(world: World) -> None:
    code = due(world)
    browser = world.browser()
    form = answering_form(browser.get(MINE).text)
    for wrong, why in (
        ("下周寄目录", "begin promise 1 with its day"),
        ("2026-03-01 寄目录", "the day of promise 1 is over"),
    ):
        page = browser.post(f"{form.action}&lang=en", data=form.fields | REACHED | {"promises": wrong})
        assert page.status_code == 422
        assert why in text_of(page.text)
        assert answering_form(page.text).fields["promises"] == [wrong], "what was typed is kept"
    assert browser.post(form.action, data=form.fields | REACHED | {"promises": "3月9日 寄目录"}).status_code == 303
    assert said(world, code)[0]["promises"] == "3月9日 寄目录"


def test_what_is_missing_is_said_and_nothing_recorded(world: World) -> None:
    due(world)
    browser = world.browser()
    form = answering_form(browser.get(MINE).text)
    before = all_that_happened(world)
    for fields in ({}, {"result": "reached"}, {"result": "reached", "satisfaction": "9"}, {"result": "maybe"}):
        assert browser.post(form.action, data=form.fields | fields).status_code == 422, fields
    assert browser.post(form.action, data=REACHED | {"request": form.fields["request"][0]}).status_code == 400
    other = f"/callbacks?as={MANAGER}"
    assert browser.post(other, data=form.fields | REACHED).status_code == 403, "nobody else was asked"
    assert all_that_happened(world) == before


def test_a_second_tap_changes_nothing(world: World) -> None:
    code = due(world)
    browser = world.browser()
    form = answering_form(browser.get(MINE).text)
    browser.post(form.action, data=form.fields | REACHED)
    again = browser.post(form.action, data=form.fields | REACHED)
    assert again.status_code == 409
    assert len(said(world, code)) == 1


def test_overdue_comes_first_and_each_try_asks_for_another_contact(world: World) -> None:
    with world.office.engine.store.write() as tx:
        tx.insert(CustomerContact("C-MA-0001", 1, "郑文博", "", "0512 5550-0199"))
    first = due(world, "C-MA-0001", name="无锡云帆泵业有限公司")
    world.office.submit(first, result="not_reached", satisfaction=None, summary="")
    world.office.advance(working_days(2))
    due(world, "C-MA-0002", name="宁波青禾贸易有限公司")
    world.office.advance(working_days(1))
    text = world.browser().get(f"{MINE}&lang=en").text
    assert text.index("无锡云帆") < text.index("宁波青禾")
    assert text.index("tel:051255500199") < text.index("tel:+8651255500188"), "the second contact is tried now"
    assert "Why now" in text_of(text)


def test_without_a_person_it_asks_who_one_is(world: World) -> None:
    due(world)
    assert "请选择一个人" in text_of(world.browser().get("/callbacks").text)
    assert "现在没有要做的回访" in text_of(world.browser().get(f"/callbacks?as={MANAGER}").text)
    assert world.browser().get("/callbacks?as=%00&saved=%00").status_code < 500
