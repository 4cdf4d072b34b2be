"""Links and posts that decide nothing: unknown, tampered, over, without their hidden fields (contract: fine print)."""

import hashlib

import pytest

from crm_workflows.domain.durations import working_days
from crm_workflows.domain.records import Assignee
from crm_workflows.engine.running.opening import cancel
from tests.interfaces.web.world import World, all_that_happened, answering_form, filled, gate_decisions, text_of
from tests.office import application


@pytest.mark.parametrize(
    "token",
    [
        "a" * 32, "A" * 32, "x", "abc.def", "..%2f..%2fcases", "%00", "\u4e2d\u6587", "a" * 5000, "' or 1=1--",
        "=" * 32,
    ],
)  # fmt: skip
def test_unknown_tokens_are_not_found_by_any_method(world: World, token: str) -> None:
    world.office.until_gate()
    before = all_that_happened(world)
    for letter in ("r", "t"):
        for method in ("GET", "HEAD", "POST"):
            answer = world.browser().request(method, f"/{letter}/{token}")
            assert answer.status_code == 404, (letter, method, answer.status_code)
    assert all_that_happened(world) == before


def test_a_tampered_token_is_not_found(world: World) -> None:
    link = world.link(world.office.until_gate())
    for place in (3, 10, len(link) - 1):
        other = "b" if link[place] != "b" else "c"
        assert world.browser().get(link[:place] + other + link[place + 1 :]).status_code == 404
    assert world.browser().get(link[:-1]).status_code == 404
    assert world.browser().get(link + "a").status_code == 404
    assert world.browser().get(link.upper().replace("/R/", "/r/")).status_code == 404


def test_a_token_signed_by_another_key_or_for_another_person_is_not_found(world: World) -> None:
    code = world.office.until_gate()
    item = world.office.waiting(code)
    with world.office.engine.store.read() as reader:
        (own,) = reader.find(Assignee, request=item["id"])
    secrets = world.office.engine.secrets
    for person, revision in (("li.weimin@yongchang.example", 1), (own.person, 2)):
        foreign = secrets.token(item["id"], person, revision, own.nonce)
        assert world.browser().get(f"/r/{foreign}").status_code == 404


def test_a_link_under_the_other_letter_leads_to_the_right_one_and_takes_nothing(world: World) -> None:
    code = world.office.until_gate()
    right = world.link(code)
    wrong = right.replace("/r/", "/t/")
    before = all_that_happened(world)
    for method in ("GET", "POST"):
        answer = world.browser().request(method, wrong)
        assert (answer.status_code, answer.headers["location"]) == (303, right)
    assert all_that_happened(world) == before


def test_a_superseded_link_is_over(world: World) -> None:
    code = world.office.until_gate()
    papers = world.office.start(application("over-limit"))
    world.office.hand_in(papers)
    task_link = world.link(papers)
    world.office.submit(papers, papers_are_right=False, ask_again=["company_profile"])
    assert world.browser().get(task_link).status_code == 200, "what was recorded is still shown"
    cancelled = world.link(code)
    cancel(world.office.engine, code, by="wang.fang@yongchang.example", reason="不再需要")
    for method in ("GET", "POST"):
        answer = world.browser().request(method, cancelled)
        assert answer.status_code == 410
        assert "已取消" in text_of(answer.text)


def test_a_lapsed_collection_is_over_but_keeps_late_files(world: World) -> None:
    code = world.office.start()
    link = world.link(code)
    form = filled(world.browser().get(link).text)
    world.office.advance(working_days(16))
    assert world.browser().get(link).status_code == 410
    late = world.browser().post(link, data=form, files={"files": ("企业概况.pdf", b"%PDF-1.4 late")})
    assert late.status_code == 410
    assert "已留存" in text_of(late.text)
    (kept,) = world.office.view(code)["documents"]
    assert kept["sha256"] == hashlib.sha256(b"%PDF-1.4 late").hexdigest()


def test_a_link_stops_showing_the_outcome_after_half_a_year(world: World) -> None:
    code = world.office.until_gate()
    link = world.link(code)
    world.office.answer(code, "approve")
    world.office.clock.move_to(world.office.clock.now().replace(month=8))
    assert world.browser().get(link).status_code == 200
    world.office.clock.move_to(world.office.clock.now().replace(month=12))
    assert world.browser().get(link).status_code == 410


@pytest.mark.parametrize("missing", ["form_key", "form_id"])
def test_a_post_without_its_hidden_fields_is_refused(world: World, missing: str) -> None:
    code = world.office.until_gate()
    link = world.link(code)
    browser = world.browser()
    form = filled(browser.get(link).text, decision="approve")
    del form[missing]
    assert browser.post(link, data=form).status_code == 400
    assert browser.post(link, data={"decision": "approve", "comment": ""}).status_code == 400
    assert browser.post(link).status_code == 400
    assert gate_decisions(world, code) == []


@pytest.mark.parametrize("word", ["", "frob", "lapsed"])
def test_a_late_post_without_a_decision_shows_the_outcome_and_is_not_put_on_record(world: World, word: str) -> None:
    code = world.office.until_gate()
    link = world.link(code)
    form = filled(world.browser().get(link).text)
    world.office.answer(code, "approve")
    late = world.browser().post(link, data=form | {"decision": word})
    assert late.status_code == 409
    assert "郑晓东" in text_of(late.text)
    assert [d[0] for d in gate_decisions(world, code)] == ["approve"]


def test_hidden_fields_of_another_page_are_refused(world: World) -> None:
    code, other = world.office.until_gate(), world.office.start(application("over-limit"))
    link = world.link(code)
    browser = world.browser()
    good = filled(browser.get(link).text, decision="approve")
    foreign = answering_form(browser.get(world.link(other)).text).fields
    for form in (good | foreign, good | {"form_key": "a" * 52}, good | {"form_id": "b" * 32}):
        assert browser.post(link, data=form | {"decision": "approve"}).status_code == 403
    assert gate_decisions(world, code) == []
