"""The page of a complaint: its time limits, round by round."""

from tests.flows.complaints import asked, complain, finish, followed_up
from tests.interfaces.web.world import World, text_of


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
