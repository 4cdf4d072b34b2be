"""Gates that several decide, on their pages: each sees their own answer until all is said."""

from dataclasses import replace
from typing import Any

from crm_workflows.domain.approvers import role
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.panels import everybody
from crm_workflows.engine.case import Case, Outcome
from crm_workflows.interfaces.web.app import create_app
from tests.engine.toys import BOSS, FINANCE, Matter, start, step, toy
from tests.interfaces.web.world import World, filled, text_of

PANEL = Gate("panel", "会签 / Panel", rule="T-2", approver=everybody(role("finance"), role("general_manager")))
QIAN, HE = FINANCE


@step("T-1")
def look() -> int:
    return 1


def panel(case: Case[Matter]) -> Outcome:
    """One gate that three decide."""
    look()
    return case.reject() if case.approval(PANEL).rejected else case.approve()


def test_of_several_who_decide_together_each_sees_their_own_answer_until_all_is_said(world: World) -> None:
    world.office.engine = replace(world.office.engine, versions={("toy", 1): toy(panel, PANEL)})
    world.app = create_app(replace(world.opened, engine=world.office.engine))
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
