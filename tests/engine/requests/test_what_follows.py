"""What a request says of yes, no and silence is read from the procedure, and never guessed (G-6)."""

from typing import Any

import pytest

from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.approvers import manager, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import FormTask, Gate, above, approve_after, reject_after, when
from crm_workflows.domain.money import Money
from crm_workflows.domain.panels import is_one_of
from crm_workflows.domain.records import Request
from crm_workflows.domain.text import in_language
from crm_workflows.engine.case import Case
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.results import Outcome
from crm_workflows.shipped import shipped
from tests.engine.conftest import Install
from tests.engine.toys import NOTE, OTHER_NOTE, Matter, Note, start, toy
from tests.office import Office

IN_SEVERAL_PLACES = ("certificate_check",)
STAGED = Gate(
    "staged", "采购审批 / Purchase", rule="T-5", approver=role("head_of_marketing"),
    then=(*above("recognition_finance_above", role("finance"), role("general_manager")),
          *when(is_one_of("what", "危险品"), role("compliance"))),
    due=working_days(2), on_silence=reject_after(working_days(4)), escalate_to=manager,
)  # fmt: skip
LAST = Gate("last", "终审 / Last", rule="T-6", approver=role("general_manager"),
            on_silence=approve_after(working_days(3)))  # fmt: skip
ASIDE = FormTask("aside", "另查 / Look aside", rule="T-4", form=Note, by=role("finance"))
FURTHER = FormTask("further", "再查 / Further", rule="T-4", form=Note, by=role("finance"))


def buying(case: Case[Matter]) -> Outcome:
    amount = Money(amount="9000000" if "贵" in case.subject.what else "10", currency="CNY")
    if case.task(NOTE).text == "不":
        return case.reject("不值得 / not worth it")
    if case.approval(STAGED, amount=amount).rejected:
        return case.reject("采购未获批准 / the purchase was refused")
    if case.subject.what == "特":
        case.task(FURTHER)
    case.together(OTHER_NOTE, ASIDE)
    if case.approval(LAST).rejected:
        case.task(FURTHER)
    return case.approve()


def process() -> Procedure:
    return toy(buying, STAGED, LAST, NOTE, OTHER_NOTE, ASIDE, FURTHER)


def request_of(office: Office, identity: str) -> Request:
    with office.engine.store.read() as reader:
        found = reader.get(Request, identity)
    assert found is not None
    return found


def asked(office: Office, code: str, gate: str, language: str = "en") -> dict[str, Any]:
    """What the API says and the mail of the same request, which must agree."""
    item = office.waiting(code, gate)
    part = office.asking(code, gate).context["request"]
    said = {name: item[name] for name in ("on_yes", "on_no", "on_silence")}
    assert said == {name: part[name] for name in said}
    return {name: in_language(text, language) for name, text in said.items()}


def test_the_next_step_and_the_end_are_read_from_the_procedure(install_in_memory: Install) -> None:
    office = install_in_memory(process())
    code = start(office)
    assert asked(office, code, "note")["on_yes"] == (
        "the next step is “Purchase”; what you fill in may also end the case"
    )
    office.submit(code)
    told = asked(office, code, "staged")
    assert told["on_no"] == "the case ends: the purchase was refused"
    assert told["on_yes"] == "the next step is “Other note” with “Look aside”, after “Further” where that is needed"
    office.answer(code, "approve")
    assert asked(office, code, "other_note")["on_yes"] == "once all have filled in theirs, the next step is “Last”"
    assert asked(office, code, "aside", "zh")["on_yes"] == "各方都填完后，下一步是“终审”"
    office.submit(code, gate="other_note")
    office.submit(code, gate="aside")
    told = asked(office, code, "last")
    assert told["on_yes"] == "the case ends as approved, after “Further” where that is needed"
    assert told["on_no"] == "not approved; whether the case ends by it, the procedure decides", "the source goes on"
    office.answer(code, "reject", comment="不")
    assert asked(office, code, "further")["on_yes"] == "the case goes on", "it stands in two places"


@pytest.mark.parametrize(
    ("what", "who"),
    [
        ("螺丝", ""),
        ("贵", "Finance and General manager must approve too; then "),
        ("危险品", "Compliance must approve too; then "),
    ],
)
def test_who_must_approve_after_you_goes_by_amount_and_subject(install_in_memory: Install, what: str, who: str) -> None:
    office = install_in_memory(process())
    code = start(office, what=what)
    office.submit(code)
    assert asked(office, code, "staged")["on_yes"].startswith(who or "the next step is")
    if who.startswith("Finance"):
        office.answer(code, "approve")
        assert asked(office, code, "staged")["on_yes"].startswith("General manager must approve too")
        office.answer(code, "approve", by=office.waiting(code)["assignee"]["email"])
        assert asked(office, code, "staged")["on_yes"].startswith("the next step is"), "nobody after the last"


def test_where_the_amount_was_not_kept_it_says_on_what_it_depends(install_in_memory: Install) -> None:
    office = install_in_memory(process())
    code = start(office, what="贵")
    office.submit(code)
    request = request_of(office, office.waiting(code, "staged")["id"])
    with office.engine.store.write() as tx:
        tx.update(Request, (request.id,), shows={k: v for k, v in request.shows.items() if k != "amount"})
    told = in_language(office.waiting(code, "staged")["on_yes"], "en")
    assert told.startswith("above the limit Finance and General manager must approve too; then ")


def test_a_request_says_by_when_silence_becomes_an_answer(install_in_memory: Install) -> None:
    office = install_in_memory(process())
    code = start(office)
    office.submit(code)
    item = office.waiting(code, "staged")
    assert item["silent_at"] == "2026-03-06T01:00:00+00:00"
    mail = office.asking(code, "staged")
    renderer = Renderer(shipped("templates") / "emails", "https://crm.example", lambda _: "Asia/Shanghai")
    rendered = renderer.render(mail, token="0", links=True)
    for text in (rendered.text, rendered.html):
        assert "如果到 2026年3月6日 周五 09:00（中国标准时间）还没有所需的答复：逾期未答复视为驳回" in " ".join(
            text.split()
        )


def test_every_gate_and_form_that_ships_says_what_follows_in_both_languages() -> None:
    from crm_workflows.engine.requests import what_follows

    for procedure in load_processes().values():
        for element in procedure.elements().values():
            if isinstance(element, Gate | FormTask):
                said = [element.on_yes or what_follows._next(procedure, element)]
                said += [what_follows.on_no(procedure, element)] if isinstance(element, Gate) else []
                for text in said:
                    assert in_language(text, "zh") != in_language(text, "en"), f"{procedure.name}: {element.name}"
                    assert text != what_follows.OPEN, f"{procedure.name}: {element.name}"
                    assert text != what_follows.GOES_ON or element.name in IN_SEVERAL_PLACES, element.name
