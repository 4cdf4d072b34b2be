"""Answering by link: what opens, what decides, who wins (mail.md, contract: fine print)."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from crm_workflows.domain.verbs import VERBS
from crm_workflows.engine.decisions.amending import Amendment, amend
from tests.interfaces.web.world import World, all_that_happened, answering_form, filled, forms, gate_decisions, text_of
from tests.office import application

MARKETING = "zheng.xiaodong@yongchang.example"


def test_a_link_shows_everything_the_mail_shows(world: World) -> None:
    code = world.office.until_gate()
    page = world.browser().get(world.link(code))
    text = text_of(page.text)
    assert page.status_code == 200
    for shown in (
        code, "苏州澄岚精密轴承有限公司", "¥480,000.00", "2026年3月4日 周三 09:00", "您担任市场主管（SV-7）", "王芳",
        "wang.fang@yongchang.example", "签订合同并分配供应商代码", "案件结束：认定未获批准",
        "继续等待您的答复，并提醒您和您的上级", f"认定申请报告-{code}.html", "SV-3 一般调查资料",
    ):  # fmt: skip
        assert shown in text, shown
    assert "You are Zheng Xiaodong ·" in text_of(world.browser().get(world.link(code), params={"lang": "en"}).text)


def test_where_several_are_asked_the_page_names_the_others(world: World) -> None:
    code = world.office.until_gate(application("over-limit"))
    alone = text_of(world.browser().get(world.link(code)).text)
    assert "一人答复即可" not in alone
    world.office.answer(code, "approve")
    page = world.browser(headers={"accept-language": "zh-CN"}).get(world.link(code))
    assert "Asked as well 钱志远" in text_of(page.text) or "Asked as well Qian Zhiyuan" in text_of(page.text)
    assert "one answer suffices" in text_of(page.text)


def test_opening_a_link_decides_nothing_however_often(world: World) -> None:
    code = world.office.until_gate()
    paper_case = world.office.start(application("over-limit"))
    before = all_that_happened(world)
    for link in (world.link(code), world.link(paper_case)):
        for method in ("GET", "HEAD", "GET", "HEAD"):
            answer = world.browser().request(method, link)
            assert answer.status_code == 200
            assert method == "GET" or answer.content == b""
    assert world.browser().get(world.link(code), params={"decision": "approve"}).status_code == 200
    assert all_that_happened(world) == before
    assert world.office.waiting(code)["gate"] == "recognition"


def test_the_first_form_posts_to_its_own_address_with_nothing_chosen(world: World) -> None:
    link = world.link(world.office.until_gate())
    first = forms(world.browser().get(link).text)[0]
    assert (first.method, first.action) == ("post", link)
    asked = [verb.word for verb in VERBS.values() if verb.by == "asked" and verb.word in first.offered["decision"]]
    assert first.offered["decision"] == asked
    assert {"approve", "reject", "send_back", "ask", "delegate", "add_approver"} <= set(asked)
    assert "decision" not in first.fields
    assert first.fields["comment"] == [""]


def test_what_brings_a_colleague_in_is_folded_away_until_it_is_chosen(world: World) -> None:
    link = world.link(world.office.until_gate())
    page = world.browser().get(link).text
    folded = page[page.index("<details>") : page.index("</details>")]
    assert re.findall(r'name="decision" value="(\w+)"', folded) == ["delegate", "add_approver", "copy"]
    refused = world.browser().post(link, data=filled(page, decision="delegate")).text
    assert "<details open>" in refused, "what is wrong in it has to be seen"


def test_one_post_decides_and_the_link_then_shows_the_outcome(world: World) -> None:
    code = world.office.until_gate()
    link = world.link(code)
    browser = world.browser(follow_redirects=True)
    page = browser.post(link, data=filled(browser.get(link).text, decision="approve", comment="价格有优势"))
    assert page.status_code == 200
    for text in (text_of(page.text), text_of(browser.get(link).text)):
        assert "已同意" in text
        assert "价格有优势" in text
        assert "王芳" in text, "what follows names who is asked next"
    assert gate_decisions(world, code) == [("approve", MARKETING, "link", True)]
    assert world.office.waiting(code)["gate"] == "contract_signers"


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({}, "请选择一项决定"),
        ({"decision": "perhaps"}, "请选择一项决定"),
        ({"decision": "delegate"}, "请选择一位同事"),
        ({"decision": "reject"}, "驳回或退回须写明原因"),
        ({"decision": "reject", "comment": "  \n "}, "驳回或退回须写明原因"),
        ({"decision": "send_back", "comment": "重写"}, "请选择退回到哪一步"),
        ({"decision": "send_back", "to": "SV-1", "comment": "重写"}, "请选择退回到哪一步"),
        ({"decision": "approve", "comment": "长" * 4001}, "最多 4000 个字符"),
    ],
)
def test_an_incomplete_answer_comes_back_with_what_was_typed(world: World, sent: dict[str, str], wrong: str) -> None:
    code = world.office.until_gate()
    link = world.link(code)
    browser = world.browser()
    before = all_that_happened(world)
    page = browser.post(link, data=filled(browser.get(link).text, **sent))
    assert page.status_code == 422
    assert wrong in text_of(page.text)
    again = answering_form(page.text)
    assert again.fields["comment"] == [sent.get("comment", "").strip("\n") and sent["comment"]]
    assert all_that_happened(world) == before


def test_sending_back_by_link_begins_a_new_round_and_ends_the_old_links(world: World) -> None:
    code = world.office.until_gate()
    link = world.link(code)
    browser = world.browser(follow_redirects=True)
    form = filled(browser.get(link).text, decision="send_back", to="SV-6", comment="请补充价格比较")
    page = browser.post(link, data=form)
    assert "已退回" in text_of(page.text)
    task = world.link(code)
    shown = text_of(browser.get(task).text)
    assert "第 2 轮，退回原因" in shown
    assert "请补充价格比较" in shown
    world.office.submit(code)
    assert browser.get(world.link(code)).status_code == 200


def test_a_page_opened_before_the_content_changed_is_shown_anew(world: World) -> None:
    code = world.office.until_gate()
    link = world.link(code)
    browser = world.browser()
    form = filled(browser.get(link).text, decision="approve") | {"shown": "1.0000"}
    answer = browser.post(link, data=form)
    assert answer.status_code == 409
    assert "内容有变化" in text_of(answer.text)
    assert gate_decisions(world, code) == []


def test_eight_at_once_one_wins_and_the_others_hear_who(world: World) -> None:
    code = world.office.until_gate()
    link = world.link(code)
    form = filled(world.browser().get(link).text, decision="approve")

    def decide(_n: int) -> tuple[int, str]:
        answer = world.browser().post(link, data=form)
        return answer.status_code, text_of(answer.text)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(decide, range(8)))
    assert sorted(status for status, _ in answers) == [303] + [409] * 7
    assert all("郑晓东" in text and "同意" in text for status, text in answers if status == 409)
    assert [d for d in gate_decisions(world, code) if d[3]] == [("approve", MARKETING, "link", True)]


def test_a_colleague_who_was_slower_hears_who_decided(world: World) -> None:
    code = world.office.until_gate(application("over-limit"))
    world.office.answer(code, "approve")
    first, second = (item["assignee"]["email"] for item in world.office.view(code)["waiting_for"])
    request = world.office.waiting(code)["id"]
    links = [f"/r/{world.token(request, person)}" for person in (first, second)]
    forms_ = [filled(world.browser().get(link).text, decision="approve") for link in links]
    assert world.browser().post(links[0], data=forms_[0]).status_code == 303
    late = world.browser().post(links[1], data=forms_[1] | {"decision": "reject", "comment": "太贵"})
    assert late.status_code == 409
    assert world.opened.staff.directory().person(first).shown_name("zh") in text_of(late.text)  # type: ignore[union-attr]
    seen = world.browser().get(links[1])
    assert seen.status_code == 200
    assert not [form for form in forms(seen.text) if form.method == "post"]


def test_a_requester_does_not_decide_their_own_request_even_with_a_link(world: World) -> None:
    """The marketing head opens a case; their manager is asked, and nobody's link is theirs."""
    code = world.office.until_gate(requester=MARKETING)
    assert world.office.waiting(code)["assignee"]["email"] == "chen.guodong@yongchang.example"
    item = world.office.waiting(code)
    answer = world.browser().get(f"/inbox/{item['id']}", params={"as": MARKETING})
    assert answer.status_code == 403
    posted = world.browser().post(f"/inbox/{item['id']}?as={MARKETING}", data={"decision": "approve"})
    assert posted.status_code == 403
    assert gate_decisions(world, code) == []


def test_the_inbox_decides_with_channel_page(world: World) -> None:
    code = world.office.until_gate()
    browser = world.browser(follow_redirects=True)
    inbox = browser.get("/inbox", params={"as": MARKETING})
    item = world.office.waiting(code)
    assert f"/inbox/{item['id']}?as=zheng.xiaodong%40yongchang.example" in inbox.text
    address = f"/inbox/{item['id']}?as={MARKETING}"
    page = browser.post(address, data=filled(browser.get(address).text, decision="approve"))
    assert "已同意" in text_of(page.text)
    assert gate_decisions(world, code) == [("approve", MARKETING, "page", True)]


def test_the_form_of_a_link_does_not_work_in_the_inbox(world: World) -> None:
    code = world.office.until_gate()
    form = filled(world.browser().get(world.link(code)).text, decision="approve")
    address = f"/inbox/{world.office.waiting(code)['id']}?as={MARKETING}"
    assert world.browser().post(address, data=form).status_code == 403


def test_a_link_opens_its_own_files_only(world: World) -> None:
    code = world.office.until_gate()
    link = world.link(code)
    (report,) = [f for f in world.office.view(code)["rows"].items() if f[0] == "recognition_report"]
    got = world.browser().get(f"{link}/files/{report[1]['sha256']}")
    assert got.status_code == 200
    assert "供应商认定申请报告" in got.text
    assert "sandbox" in got.headers["content-security-policy"]
    paper = world.office.view(code)["documents"][0]["sha256"]
    assert world.browser().get(f"{link}/files/{paper}").status_code == 404
    assert world.browser().get(f"{link}/files/{'0' * 64}").status_code == 404


def test_a_start_from_outside_is_confirmed_by_its_owner_on_the_page(world: World) -> None:
    """The owner is the requester here, and confirms their own start: the one gate where that is meant (G-2)."""
    code = world.office.start(origin="prefect")
    link = world.link(code, "confirm_start")
    browser = world.browser(follow_redirects=True)
    page = browser.get(link)
    text = text_of(page.text)
    assert "确认发起" in text
    assert "联系人 顾晚晴 · gu.wanqing@chenglan.example" in text
    assert forms(page.text)[0].offered["decision"] == ["approve", "reject"]
    shown = browser.post(link, data=filled(page.text, decision="approve"))
    assert "已同意" in text_of(shown.text)
    assert world.office.waiting(code)["gate"] == "survey_papers"


def test_an_answer_to_what_was_amended_since_is_refused_with_the_new_content(world: World) -> None:
    """G-6: the old link leads whoever was asked to what changed, and their answer to the old counts for nothing."""
    code = world.office.until_gate()
    link = world.link(code)
    browser = world.browser()
    seen = filled(browser.get(link).text, decision="approve", comment="价格有优势")
    wanted = Amendment({"goods": "轴承与轴套"}, "wang.fang@yongchang.example", "漏填", "page")
    assert amend(world.office.engine, code, wanted).asked_again
    page = browser.post(link, data=seen)
    assert page.status_code == 409
    for shown in ("轴承与轴套", "现为", "王芳", "漏填", "价格有优势", "内容有变化"):
        assert shown in page.text, shown
    assert gate_decisions(world, code) == []
    new = browser.get(link)
    assert (new.status_code, new.headers["location"].startswith("/r/")) == (303, True)
    assert new.headers["location"] != link
    page = browser.get(new.headers["location"])
    assert browser.post(new.headers["location"], data=filled(page.text, decision="approve")).status_code == 303
    assert len(gate_decisions(world, code)) == 1


def test_the_language_that_a_reader_chose_on_a_link_is_kept_when_they_open_it_again(world: World) -> None:
    link, browser = world.link(world.office.until_gate()), world.browser(headers={"accept-language": "en"})
    assert "您担任市场主管" in text_of(browser.get(link).text)
    chosen = browser.get(link, params={"lang": "en"})
    assert "samesite=lax" in chosen.headers["set-cookie"].lower(), "a strict one is not sent from a mail in a browser"
    assert "You are Zheng Xiaodong ·" in text_of(browser.get(link).text)
    assert "您担任市场主管" in text_of(world.browser().get(link).text), "another browser chose nothing"
