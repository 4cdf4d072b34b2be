"""Rounds as a page: a preview before anything is saved, then save, edit, pause, resume, remove (CB-2)."""

import re
from dataclasses import replace

import pytest

from crm_workflows.business import calling, rounds
from crm_workflows.business.round_faults import NAMED_AT_MOST
from crm_workflows.domain.records import Round, RoundRun
from tests.flows.customers import enter
from tests.interfaces.web.world import World, text_of
from tests.office import credit_code

ADMIN = "liu.yang@yongchang.example"
ASKED = {"by": ADMIN, "title": "每周回访", "cron": "0 9 * * 1", "tier": "B", "silent_days": "0"}
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


def kept(world: World) -> list[Round]:
    with world.office.engine.store.read() as reader:
        return reader.find(Round)


def last_form(page: str) -> dict[str, str]:
    """The hidden fields of the last form of a page."""
    return dict(HIDDEN.findall(page[page.rindex("<form") :]))


def test_a_preview_saves_nothing_and_says_whom_it_calls(world: World) -> None:
    enter(world.office, "C-MA-0001", name="无锡云帆泵业有限公司")
    browser = world.browser()
    assert "还没有回访计划" in text_of(browser.get("/schedules").text)
    page = browser.get("/schedules", params=ASKED).text
    said = text_of(page)
    assert 'action="/schedules#preview"' in page
    assert 'id="preview"' in page, "the browser goes there, since it stands below a long form"
    assert "4 次，1 家客户" in said
    assert "另有" not in said, "all four are listed"
    assert "林小雨 1" in said
    assert "C-MA-0001 无锡云帆泵业有限公司" in said
    daily = text_of(browser.get("/schedules", params=ASKED | {"cron": "0 9 * * *"}).text)
    assert "30 次，1 家客户" in daily
    assert "另有 10 次" in daily, "what is left out of the list is said"
    assert kept(world) == []
    assert browser.post("/schedules", data=last_form(page)).status_code == 303
    (one,) = kept(world)
    assert (one.code, one.cron, one.chooses, one.changed_by) == (
        "R-0001",
        "0 9 * * 1",
        {"tier": "B", "silent_days": 0},
        ADMIN,
    )
    listed = text_of(browser.get("/schedules").text)
    assert "R-0001 每周回访" in listed
    assert "每周一 09:00 20" in listed, "the rule in words, and no zone where it is the company's"


def test_a_rule_is_chosen_and_need_not_be_written(world: World) -> None:
    browser = world.browser()
    chosen = {name: value for name, value in ASKED.items() if name != "cron"} | {"days": "workday 1", "at": "08:30"}
    page = browser.get("/schedules", params=chosen | {"cron": "", "lang": "en"}).text
    assert "the 1st working day of each month 08:30" in text_of(page)
    assert browser.post("/schedules", data=last_form(page)).status_code == 303
    assert [one.cron for one in kept(world)] == ["workday 1 08:30"]
    both = browser.get("/schedules", params=chosen | {"cron": "0 9 * * 1", "lang": "en"})
    assert (both.status_code, "clear the rule" in text_of(both.text)) == (422, True)
    assert '<option value="workday 1" selected>' in both.text, "what was chosen stands there still"
    own = chosen | {"days": "other", "cron": "0 9 * * 1-5", "lang": "en"}
    page = browser.get("/schedules", params=own).text
    assert 'name="cron" value="0 9 * * 1-5"' in page
    assert browser.get("/schedules", params=own | {"cron": ""}).status_code == 422


def test_a_round_is_edited_paused_resumed_and_removed(world: World) -> None:
    browser = world.browser()
    browser.post("/schedules", data=last_form(browser.get("/schedules", params=ASKED).text))
    assert "暂停" in text_of(browser.get("/schedules").text), "without previewing anything first"
    shown = browser.get("/schedules", params={"code": "R-0001"})
    assert shown.status_code == 200
    page = shown.text
    assert '<option value="* * 1" selected>每周一' in page, "the form is filled in with what it is"
    assert 'type="time" value="09:00"' in page
    changed = browser.get("/schedules", params=ASKED | {"code": "R-0001", "cron": "30 8 1 * *"}).text
    browser.post("/schedules", data=last_form(changed))
    (one,) = kept(world)
    assert (one.code, one.cron) == ("R-0001", "30 8 1 * *")
    page = browser.get("/schedules", params={"code": "R-0001"}).text
    assert "B 级" in text_of(page), "whom it calls"
    assert re.search(r'name="title"[^>]* required', page)
    assert "地区 选填" in text_of(page)
    stale = last_form(changed) | {"title": "过时"}
    answer = browser.post("/schedules", data=stale)
    assert (answer.status_code, kept(world)[0].title) == (422, "每周回访")
    assert "刚被" in text_of(answer.text)
    key = last_form(changed)
    for change, state in (("pause", True), ("resume", False), ("remove", True)):
        data = {name: key[name] for name in ("form_id", "form_key")} | {"code": "R-0001", "by": ADMIN, "change": change}
        assert browser.post("/schedules", data=data).status_code == 303
        assert kept(world)[0].is_paused is state
    assert "已停用" in text_of(browser.get("/schedules", params={"by": ADMIN}).text)


def test_the_morning_round_that_nobody_made_can_be_changed(world: World) -> None:
    rounds.begin_morning(world.office.engine)
    browser = world.browser()
    page = browser.get("/schedules", params={"code": rounds.MORNING})
    assert page.status_code == 200, text_of(page.text)
    assert "确认停用 R-0000" in text_of(page.text), "removing is for good: it takes a second step"
    assert browser.post("/schedules", data=last_form(page.text) | {"zone": "Asia/Urumqi"}).status_code == 303
    (one,) = kept(world)
    assert one.zone == "Asia/Urumqi"
    assert world.office.engine.staff.directory().person(one.changed_by) in (
        world.office.engine.staff.directory().with_role("admin")
    )


def test_what_is_wrong_is_said_and_nothing_is_kept(world: World) -> None:
    browser = world.browser()
    not_admin = {"by": "wang.fang@yongchang.example"}
    for wrong, said in (({"cron": "nine"}, "须有五段"), ({"silent_days": "x"}, "整数"), (not_admin, "不是管理员")):
        answer = browser.get("/schedules", params=ASKED | wrong)
        assert answer.status_code == 422
        assert said in text_of(answer.text)
    assert browser.post("/schedules", data=ASKED).status_code == 400, "without the hidden fields"
    form = last_form(browser.get("/schedules", params=ASKED).text)
    assert browser.post("/schedules", data=form | not_admin).status_code == 422
    assert browser.get("/schedules", params={"code": "R-0009"}).status_code == 404
    assert kept(world) == []


def test_a_preview_is_where_the_form_leads_and_says_who_is_left_out_and_why(world: World) -> None:
    enter(world.office, "C-MA-0001", name="无锡云帆泵业有限公司", tags="|重点|")
    enter(world.office, "C-MA-0002", credit_code="c2", consents=False)
    page = world.browser().get("/schedules", params=ASKED).text
    assert 'action="/schedules#preview"' in page
    assert "不回访，原因： 不同意联系 1 家" in text_of(page[page.index('id="preview"') :]).replace("：不", "： 不")
    assert '<option value="重点">' in page
    assert "已有： 重点" in text_of(page).replace("：重", "： 重")


def test_what_is_wrong_stands_at_its_field(world: World) -> None:
    for name, value in (
        ("tag", "无人"),
        ("region", "火星"),
        ("silent_days", "x"),
        ("zone", "Mars/X"),
        ("cron", "nine"),
    ):
        page = world.browser().get("/schedules", params=ASKED | {name: value})
        assert page.status_code == 422
        assert f'id="e-{name}"' in page.text, name
        assert 'class="note bad" role="alert" id="errors" tabindex="-1" autofocus' in page.text, "it is led there"
        assert "尚未保存，请改正" in text_of(page.text)


def test_all_that_is_wrong_is_listed_each_leading_to_its_field(world: World) -> None:
    wrong = {"days": "workday", "at": "9 Uhr", "cron": "", "zone": "Mars/X", "tag": "无人", "silent_days": "x"}
    page = world.browser().get("/schedules", params=ASKED | wrong)
    assert page.status_code == 422
    listed = page.text[page.text.index('id="errors"') :]
    listed = listed[: listed.index("</ul>")]
    assert re.findall('href="#([a-z_]+)"', listed) == ["days", "zone", "silent_days", "tag"]
    assert "请按 09:00 的形式填写时间" in text_of(listed)
    for name in ("days", "zone", "tag", "silent_days"):
        assert f'id="e-{name}"' in page.text


def test_the_page_says_what_came_of_a_round_and_who_waits_for_room(world: World) -> None:
    for n in range(25):
        enter(world.office, f"C-MA-{n:04d}", credit_code=f"c{n}", consents=n > 0)
    browser = world.browser()
    browser.post("/schedules", data=last_form(browser.get("/schedules", params=ASKED).text))
    (one,) = kept(world)
    assert one.next_at is not None
    world.office.move_to(one.next_at)
    run = RoundRun("R-0001", one.next_at.isoformat(), one.next_at, 60_000, looked_at=20_000, due=12_345)
    with world.office.engine.store.write() as tx:
        tx.insert(run)
    assert "进行中：共 60,000 家，已查 20,000 家，到期 12,345 家" in text_of(browser.get("/schedules").text)
    with world.office.engine.store.write() as tx:
        tx.update(RoundRun, (run.round, run.occurrence), looked_at=0, due=0, total=25)
    calling.fire(world.office.engine)
    said = text_of(browser.get("/schedules").text)
    assert "到期 24 家，不同意联系 1 家" in said
    assert "到期待排" in said
    assert "林小雨 4" in said, "twenty a day"


def test_a_preview_counts_all_whom_it_calls_though_it_names_the_first_of_them(world: World) -> None:
    for n in range(NAMED_AT_MOST + 2):
        enter(world.office, f"C-MA-{n + 1:04}", name=f"第{n + 1}水泵有限公司", credit_code=credit_code(n + 1))
    browser = world.browser()
    assert f"4 次，{NAMED_AT_MOST + 2} 家客户" in text_of(browser.get("/schedules", params=ASKED).text)
    draft = rounds.draft(world.office.engine, ADMIN, title="每分钟", cron="0 9 * * *")
    often = rounds.preview(world.office.engine, replace(draft, cron="* * * * *"))
    assert f"at least 100 times, {NAMED_AT_MOST + 2} customers" in often.said, "one of before looks for no more"


@pytest.mark.parametrize(("language", "told"), [("zh", "回访计划最多每天一次"), ("en", "once a day at most")])
def test_a_round_of_every_minute_is_refused_before_anything_is_saved(world: World, language: str, told: str) -> None:
    page = world.browser().get("/schedules", params=ASKED | {"cron": "* * * * *", "lang": language})
    assert page.status_code == 422
    assert told in text_of(page.text)
    assert 'id="e-cron"' in page.text


@pytest.mark.parametrize(
    ("field", "typed"), [("valid_from", "0026-01-01"), ("valid_to", "2026-02-30"), ("valid_to", "2026-01-01")]
)
def test_a_day_that_is_none_is_told_at_its_field(world: World, field: str, typed: str) -> None:
    page = world.browser().get("/schedules", params=ASKED | {"valid_from": "2026-03-02", field: typed, "lang": "en"})
    assert page.status_code == 422
    assert f'id="e-{field}"' in page.text
    assert f'value="{typed}"' in page.text


def test_what_is_quoted_from_a_form_does_not_part_the_sentence_about_it(world: World) -> None:
    for language, said in (
        ("zh", "标签“甲/B”只能含文字、数字和连字符"),
        ("en", "may have letters, digits and hyphens"),
    ):
        page = world.browser().get("/schedules", params=ASKED | {"tag": "甲 / B", "lang": language})
        (told,) = re.findall(r'id="e-tag">([^<]*)<', page.text)
        assert said in told
        assert ("标签" in told) == (language == "zh")
