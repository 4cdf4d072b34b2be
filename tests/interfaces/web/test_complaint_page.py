"""The pages of a complaint: its time limits, round by round, and what a customer has said to our answer."""

from tests.flows.complaints import asked, complain, finish, followed_up
from tests.interfaces.web.world import World, filled, text_of


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
