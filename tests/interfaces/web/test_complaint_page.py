"""The pages of a complaint: its entry, its time limits, round by round, and what a customer said to our answer."""

from collections.abc import Callable

import pytest

from crm_workflows.domain.durations import clock_hours
from flows.complaint_resolution.examples import COMPLAINT
from tests.flows import test_complaint_mail as by_mail
from tests.flows.complaints import HANDLER, asked, clocks, complain, finish, followed_up, sent
from tests.interfaces.web.world import World, filled, text_of

BY_PHONE = COMPLAINT | {"contact": {"name": "钟意", "phone": "+8651055500366"}, "received_at": "2026-03-02T08:00+08:00"}
"""A customer called an hour ago and gave no mail address."""


def on_the_page(world: World) -> str:
    """As a colleague types it in; the second press of the button is the same."""
    typed = {name: value for name, value in BY_PHONE.items() if name != "contact"} | {"received_at": "2026-03-02T08:00"}
    contact = {f"contact__{name}": value for name, value in BY_PHONE["contact"].items()}
    page = world.browser().get("/start/complaint-resolution").text
    assert 'name="received_at" value="" type="datetime-local"' in page, "nobody types a zone: the page names its own"
    form = filled(page, **(typed | contact), safety="no", press="no")
    answers = [world.browser().post("/start/complaint-resolution", data=form | {"legal": "no"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303], text_of(answers[0].text)
    (place,) = {answer.headers["location"] for answer in answers}
    return str(place.rpartition("/")[2])


def by_the_api(world: World) -> str:
    """As a program of the call centre sends it, and again when not sure that it worked."""
    body = {"process": "complaint-resolution", "input": BY_PHONE}
    heads = {"idempotency-key": "call-1"}
    answers = [world.browser().post("/api/v1/cases", json=body, headers=heads) for _ in range(2)]
    assert answers[0].status_code == 201, answers[0].text
    (code,) = {answer.json()["case"] for answer in answers}
    return str(code)


@pytest.mark.parametrize(("enter", "origin"), [(on_the_page, "page"), (by_the_api, "api")])
def test_a_call_is_entered_once_and_its_hours_count_from_the_call(
    world: World, enter: Callable[[World], str], origin: str
) -> None:
    code = enter(world)
    world.office.work()
    view = world.office.view(code)
    held = {name: view["subject"][name] for name in ("what", "channel", "kind", "product", "order", "wanted")}
    assert held == {name: COMPLAINT[name] for name in held}
    assert (view["subject"]["contact"]["email"], view["origin"]) == (None, origin)
    assert clocks(world.office, code)[0]["begun_at"] == "2026-03-02T00:00:00+00:00"
    assert [(item["gate"], item["assignee"]["email"]) for item in view["waiting_for"]] == [("short_answer", HANDLER)]
    assert len(world.browser().get("/api/v1/cases").json()) == 1


def test_the_story_says_that_a_customer_appeals_and_why(world: World) -> None:
    code = complain(world.office)
    world.office.submit(code)
    world.office.submit(code, gate="answer", verdict="appeal", reason="还是少一套")
    pages = {one: text_of(world.browser().get(f"/cases/{code}?lang={one}").text) for one in ("zh", "en")}
    assert "钟意 · 页面 您是否接受这一答复：申诉 申诉的理由：还是少一套 " in pages["zh"]
    assert "on a page Do you accept this answer?: I appeal Why you appeal: 还是少一套 " in pages["en"]
    another = {"name": "乙", "email": "b@kunde.example", "phone": ""}
    accepted = complain(world.office, company="乙", order="乙", contact=another)
    world.office.submit(accepted)
    world.office.submit(accepted, gate="answer", verdict="accept")
    said = text_of(world.browser().get(f"/cases/{accepted}?lang=zh").text)
    assert "您是否接受这一答复：接受" in said
    assert "申诉的理由" not in said, "what was left empty is not told"


def test_each_time_limit_of_a_complaint_that_was_opened_again_says_of_which_round_it_is(world: World) -> None:
    office = world.office
    code = complain(office)
    assert "round 1" not in text_of(world.browser().get(f"/cases/{code}?lang=en").text)
    finish(office, code)
    office.reply(asked(office, followed_up(office, code)), "1")
    office.work()
    for language, rounds in (("en", ("round 1", "round 2")), ("zh", ("第 1 轮", "第 2 轮"))):
        page = world.browser().get(f"/cases/{code}?lang={language}").text
        limits = text_of(page.partition('<section class="card clocks">')[2].partition("</section>")[0])
        assert [one for one in rounds if one in limits] == list(rounds)


def test_a_customer_who_accepts_reads_that_they_have_accepted(world: World) -> None:
    code = complain(world.office)
    world.office.submit(code)
    link, browser = world.link(code, "answer"), world.browser(follow_redirects=True)
    page = browser.post(link, data=filled(browser.get(link).text) | {"verdict": "accept", "reason": ""})
    assert (page.status_code, "已提交" in page.text) == (200, False)
    assert '<p class="big">接受</p>' in page.text
    assert '<p class="big">I accept it</p>' in browser.get(f"{link}?lang=en").text


def test_every_pause_of_a_time_limit_is_shown_while_it_lasts_and_afterwards(world: World) -> None:
    code, office = complain(world.office), world.office
    office.advance(clock_hours(1))
    office.submit(code, question="少的是哪两套？")
    sent(office, code)
    office.advance(clock_hours(1))

    def limits(language: str) -> str:
        page = world.browser().get(f"/cases/{code}?lang={language}").text
        return text_of(page.partition('<section class="card clocks">')[2].partition("</section>")[0])

    assert "暂停计时" in limits("zh")
    assert "Paused while the customer was asked: Mon 2 Mar 2026, 10:00 – now" in limits("en")
    office.advance(clock_hours(3))
    office.reply(asked(office, code), "A 型")
    assert "Paused while the customer was asked: Mon 2 Mar 2026, 10:00 – Mon 2 Mar 2026, 14:00" in limits("en")


def test_a_customer_who_is_not_satisfied_says_so_by_the_link_and_the_complaint_is_open_again(world: World) -> None:
    office = world.office
    code = complain(office)
    finish(office, code)
    follow_up = followed_up(office, code)
    link, browser = world.link(follow_up), world.browser(follow_redirects=True)
    shown = browser.get(link).text
    assert office.view(follow_up)["status"] == "waiting", "looking at it answers nothing"
    page = browser.post(link, data=filled(shown) | {"grade": "1", "comment": "还是少一套"})
    assert (page.status_code, "1 很不满意" in text_of(page.text)) == (200, True)
    office.work()
    assert office.view(follow_up)["rows"]["satisfaction"] == {"grade": 1, "comment": "还是少一套"}
    assert (office.view(code)["status"], office.waiting(code)["gate"]) == ("waiting", "severity_check")


def test_a_complaint_by_mail_names_who_wrote_it_and_no_claim_that_nobody_made(world: World) -> None:
    by_mail.post(world.office, by_mail.letter(From="张三 <zhang.san@somewhere.example>"))
    (row,) = by_mail.complaints(world.office)
    page = text_of(world.browser().get(f"/cases/{row.code}?lang=zh").text)
    assert "来信人 张三" in page
    assert "发起案件 张三 · 邮件" in page
    assert "已致函：" in page, "whoever looks sees that the customer was written to"
    assert "索赔金额" not in page
