"""Gates on pages and by API: several who decide see their own answer; who decides is chosen; an admin reassigns."""

from dataclasses import replace
from typing import Any

from pydantic import Field

from crm_workflows.domain.approvers import field, role
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.panels import everybody
from crm_workflows.engine.case import Case
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.results import Outcome
from crm_workflows.interfaces.web.app import create_app
from tests.engine.toys import ADMIN, BOSS, FINANCE, HEAD, OWNER, STRANGER, Matter, start, step, toy
from tests.interfaces.web.world import World, filled, forms, text_of

PANEL = Gate("panel", "会签 / Panel", rule="T-2", approver=everybody(role("finance"), role("general_manager")))
QIAN, HE = FINANCE


@step("T-1")
def look() -> int:
    return 1


def panel(case: Case[Matter]) -> Outcome:
    """One gate that three decide."""
    look()
    return case.reject() if case.approval(PANEL).rejected else case.approve()


def installed(world: World, *made: Procedure) -> None:
    """Only these processes, on the pages too."""
    world.office.engine = replace(world.office.engine, versions={(p.name, p.version): p for p in made})
    world.app = create_app(replace(world.opened, engine=world.office.engine))


def test_of_several_who_decide_together_each_sees_their_own_answer_until_all_is_said(world: World) -> None:
    installed(world, toy(panel, PANEL))
    code = start(world.office)
    request = world.office.waiting(code)["id"]
    links = {who: f"/r/{world.token(request, who)}" for who in (QIAN, HE, BOSS)}

    def say(who: str, decision: str, comment: str = "") -> Any:
        browser = world.browser(follow_redirects=True, headers={"accept-language": "zh-CN"})
        data = filled(browser.get(links[who]).text, decision=decision, comment=comment)
        return browser.post(links[who], data=data)

    def page(who: str) -> str:
        return text_of(world.browser().get(links[who]).text)

    assert "须每人同意，一人驳回即为驳回" in page(QIAN)
    said = say(QIAN, "approve", "可以")
    assert said.status_code == 200
    for text in (text_of(said.text), page(QIAN)):
        assert "已同意" in text
        assert "可以" in text
        assert "陈国栋" in text, "what follows names who is asked still"
    assert "Qian Zhiyuan" in page(HE), "who has approved is told to the others"
    assert say(BOSS, "approve").status_code == 200
    assert world.office.view(code)["status"] == "waiting"
    assert say(HE, "reject", "太贵").status_code == 200
    assert world.office.view(code)["outcome"] == "rejected"
    assert "已驳回" in page(QIAN)
    history = text_of(world.browser(headers={"accept-language": "zh-CN"}).get(f"/cases/{code}").text)
    assert history.count("已同意：会签") == 2
    assert history.count("已驳回：会签") == 1


CHOSEN = Gate(
    "chosen", "所选的人审批 / By whom was chosen", rule="T-2", approver=field("reviewer", among=role("finance"))
)


class Reviewed(Matter):
    """A matter whose requester says who shall decide."""

    reviewer: str = Field(title="审批人 / Reviewer", examples=[QIAN])


def chosen(case: Case[Reviewed]) -> Outcome:
    """One gate that somebody chosen decides."""
    look()
    return case.reject() if case.approval(CHOSEN).rejected else case.approve()


def test_who_decides_is_chosen_from_the_list_on_the_page(world: World) -> None:
    installed(world, toy(chosen, CHOSEN, name="chosen", code="CH"))
    browser = world.browser(headers={"accept-language": "zh-CN"})
    (form,) = [f for f in forms(browser.get("/start/chosen").text) if f.action == "/start/chosen"]
    assert [value for value in form.offered["reviewer"] if value] == [QIAN, HE]
    data = filled(browser.get("/start/chosen").text, what="螺丝", owner=OWNER, reviewer=HEAD)
    refused = browser.post("/start/chosen", data=data)
    assert refused.status_code == 422
    data = filled(refused.text, reviewer=HE)
    assert browser.post("/start/chosen", data=data).status_code == 303
    world.office.work()
    assert [i["assignee"]["email"] for i in world.office.view("CH-2026-00001")["waiting_for"]] == [HE]


def test_an_admin_reassigns_by_the_api_once_however_often_it_is_sent(world: World) -> None:
    installed(world, toy(panel, PANEL))
    code = start(world.office)
    request = world.office.waiting(code)["id"]
    body = {"as": ADMIN, "from": BOSS, "to": STRANGER, "reason": "出差"}
    with world.browser() as browser:
        said = [
            browser.post(f"/api/v1/requests/{request.lower()}/reassign", json=body, headers={"Idempotency-Key": "k"})
            for _ in range(2)
        ]
        assert [answer.status_code for answer in said] == [200, 200]
        assert said[0].json() == said[1].json()
        other = browser.post(
            f"/api/v1/requests/{request}/reassign", json=body | {"as": HEAD}, headers={"Idempotency-Key": "k2"}
        )
        assert other.status_code == 403
    asked = {item["assignee"]["email"] for item in world.office.view(code)["waiting_for"]}
    assert asked == {QIAN, HE, STRANGER}
    history = text_of(world.browser(headers={"accept-language": "zh-CN"}).get(f"/cases/{code}").text)
    assert "转由他人答复：会签" in history
    assert "陈国栋 → 冯雪 · 刘洋" in history


def test_two_people_override_by_the_api_and_a_repeat_proposes_nothing_new(world: World) -> None:
    installed(world, toy(panel, PANEL))
    code = start(world.office)
    path = f"/api/v1/requests/{world.office.waiting(code)['id']}/override"
    with world.browser() as browser:

        def say(by: str, key: str) -> Any:
            body = {"as": by, "decision": "approve", "reason": "停线"}
            return browser.post(path, json=body, headers={"Idempotency-Key": key})

        first, again = say(ADMIN, "k"), say(ADMIN, "k")
        assert first.json() == again.json()
        assert first.json()["is_decided"] is False
        assert say(ADMIN, "another").status_code == 403
        assert say(STRANGER, "k2").json()["people"] == [ADMIN, STRANGER]
    assert world.office.view(code)["outcome"] == "approved"
    history = text_of(world.browser(headers={"accept-language": "zh-CN"}).get(f"/cases/{code}").text)
    assert "提出越级决定：会签" in history
    assert "两人越级决定：会签" in history
