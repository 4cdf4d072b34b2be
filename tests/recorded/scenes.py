"""One case in each state in which an upgrade may find it, and how its people go on. It must not know any file."""

from collections.abc import Callable
from typing import Any, Final

from crm_workflows.adapters.configuration.config_files import parse_people
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.running import attention, opening
from crm_workflows.engine.views import views
from flows.complaint_resolution.examples import COMPLAINT
from tests.flows.customers import customer
from tests.office import Office, application, credit_code, shipped_text

ADMIN: Final = "liu.yang@yongchang.example"
HEAD: Final = "  - email: zheng.xiaodong@yongchang.example\n"
PAPERS: Final = ("企业沿革", "企业概况", "年度决算表", "产品指南", "产品目录", "营业执照", "质量管理体系证书")
LONGEST: Final = 60
DONE_ON: Final = ("talked_on", "visited_on", "supply_signed_on", "quality_signed_on", "called_on")


def paper(name: str, of: str = "") -> File:
    """A small document that passes for what its name says; another one for each case `of` which it is."""
    return File(f"{name}.pdf", "application/pdf", f"%PDF-1.4 {name} {of}".encode())


def papers(code: str) -> list[File]:
    """What a supplier sends (SV-3)."""
    return [paper(name, code) for name in PAPERS]


def company(n: int) -> dict[str, Any]:
    """The application for a supplier that is like no other."""
    name = "".join(chr(0x4E10 + 61 * n + 7 * k) for k in range(4))
    return application(credit_code=credit_code(n), company=f"{name}制造厂")


def until(office: Office, n: int, task: str, **changes: Any) -> str:
    """A case that waits for this task or gate, with nothing but good news before it."""
    code = office.start(company(n) | changes)
    while office.view(code)["waiting_for"][0]["gate"] != task:
        do(office, code, office.view(code)["waiting_for"][0])
    return code


def do(office: Office, code: str, item: dict[str, Any]) -> None:
    """What a person does who has no objection."""
    if item["kind"] == "approval":
        office.answer(code, "approve", gate=item["gate"])
    elif item["kind"] == "task":
        office.submit(code, gate=item["gate"], **_days_that_have_come(office, item))
    else:
        wanted = views.case_view(office.engine, code)["waiting_for"][0]["missing"]
        office.hand_in(code, [named(kind, code) for kind in wanted])


def _days_that_have_come(office: Office, item: dict[str, Any]) -> dict[str, str]:
    """Today for each day to come in a draft: releases until 0.2.0 took one for what had been done."""
    today = office.engine.today(office.clock.now()).isoformat()
    draft = views.task_view(office.engine, item["id"])["draft"]
    return {name: today for name in DONE_ON if draft.get(name, today) > today}


def named(kind: str, code: str) -> File:
    """A document for a kind, by the kind itself: whatever files are called, an upload can say what they are."""
    return File(f"{kind}.pdf", "application/pdf", f"%PDF-1.4 {kind} {code}".encode(), kind)


def waiting_for_papers(office: Office) -> str:
    code = office.start(company(1))
    office.hand_in(code, papers(code)[:3])
    return code


def in_talks(office: Office) -> str:
    code = until(office, 2, "management_talk")
    office.submit(code, gate="technical_talk")
    return code


def survey_half_done(office: Office) -> str:
    code = until(office, 3, "survey_materials")
    office.submit(code, gate="survey_quality", major_findings="成品无检验记录")
    office.submit(code, gate="survey_design")
    return code


def gate_open(office: Office) -> str:
    code = until(office, 4, "recognition", yearly_amount={"amount": "3200000.00", "currency": "CNY"})
    office.answer(code, "approve")
    return code


def sent_back_in_round_2(office: Office) -> str:
    code = until(office, 5, "recognition")
    office.answer(code, "send_back", to="SV-4", comment="请再谈技术条件")
    office.submit(code, gate="technical_talk")
    return code


def needs_attention(office: Office) -> str:
    code = until(office, 6, "recognition_application")
    there = office.staff.people
    office.staff.people = parse_people(shipped_text("people").replace(HEAD, f"{HEAD}    active: false\n"))
    office.submit(code)
    office.staff.people = there
    return code


def contracts_come_back(office: Office) -> str:
    code = until(office, 7, "contract_signers")
    office.submit(code, theirs="other", their_other="顾晚晴", reason="法定代表人出国")
    for _ in range(2):
        do(office, code, office.view(code)["waiting_for"][0])
    office.submit(code, gate="contract_check", quality_theirs="missing", remark="质保合同未盖章")
    return code


def account_to_confirm(office: Office) -> str:
    return until(office, 8, "bank_check")


def to_be_confirmed(office: Office) -> str:
    return office.start(company(9), origin="prefect")


def recognised(office: Office) -> str:
    code = until(office, 10, "papers_check")
    office.submit(code, licence_expires_on="2026-04-15")
    finish(office, code)
    return code


def certificate(office: Office) -> str:
    """The licence of the recognised supplier runs out soon, so that its case has opened at once."""
    office.work()
    return first(office, "SC-")


def reevaluation(office: Office) -> str:
    supplier = company(10) | {"supplier": "S-CP-0001", "supplier_class": "B", "valid_until": "2026-04-30"}
    wanted = ("company", "supplier", "contact", "goods", "yearly_amount", "supplier_class", "valid_until", "owner")
    code = office.start({name: supplier[name] for name in wanted}, process="supplier-reevaluation")
    office.submit(code)
    return code


def cancelled(office: Office) -> str:
    code = until(office, 11, "papers_check")
    opening.cancel(office.engine, code, by=application()["owner"], reason="项目取消")
    return code


def credit_to_decide(office: Office) -> str:
    code = office.start(customer(), process="customer-onboarding")
    while office.view(code)["waiting_for"][0]["gate"] != "credit":
        do(office, code, office.view(code)["waiting_for"][0])
    return code


def taken_on(office: Office) -> str:
    code = office.start(
        customer(company="无锡星澜水泵有限公司", credit_code=credit_code(77),
                 contact={"name": "白露", "email": "bai.lu@xinglan.example", "phone": "+8651055500998"}),
        process="customer-onboarding",
    )  # fmt: skip
    finish(office, code)
    return code


def first_callback(office: Office) -> str:
    """Of the customer that was taken on just before."""
    office.work()
    return first(office, "CB-")


def complaint(office: Office, product: str, **said: Any) -> str:
    """A complaint about a thing of its own, so that it joins no other."""
    return office.start(
        COMPLAINT | {"product": product, "order": f"D-{product}"} | said, process="complaint-resolution"
    )


def complaint_answered(office: Office) -> str:
    code = complaint(office, "机械密封")
    while not office.view(code)["waiting_for"][0]["gate"].startswith("answer"):
        do(office, code, office.view(code)["waiting_for"][0])
    return code


def complaint_with_a_question(office: Office) -> str:
    code = complaint(office, "轴承座", legal=True)
    office.submit(code, gate="severity_check")
    office.submit(code, gate="first_reply")
    while office.view(code)["waiting_for"][0]["gate"] != "analysis":
        do(office, code, office.view(code)["waiting_for"][0])
    office.submit(code, gate="analysis", question="请问是哪一批？")
    return code


def complaint_to_decide(office: Office) -> str:
    code = complaint(office, "水泵", kind="quality", safety=True)
    while office.view(code)["waiting_for"][0]["gate"] != "solution_gate":
        do(office, code, office.view(code)["waiting_for"][0])
    return code


def passed_on(office: Office) -> str:
    code = until(office, 12, "recognition")
    office.answer(code, "delegate", to="li.weimin@yongchang.example", comment="请代为审核")
    return code


SCENES: Final[dict[str, Callable[[Office], str]]] = {
    scene.__name__: scene
    for scene in (
        waiting_for_papers, in_talks, survey_half_done, gate_open, sent_back_in_round_2, needs_attention,
        contracts_come_back, account_to_confirm, to_be_confirmed, recognised, certificate, reevaluation, cancelled,
        credit_to_decide, taken_on, first_callback, complaint_answered, complaint_with_a_question, complaint_to_decide,
        passed_on,
    )
}  # fmt: skip
"""In this order, in one company."""


def first(office: Office, prefix: str) -> str:
    """The code of the earliest case that begins so."""
    return next(code for code in (str(case["case"]) for case in every(office)) if code.startswith(prefix))


def every(office: Office) -> list[dict[str, Any]]:
    """All cases of the company, by code."""
    from crm_workflows.engine.ports import CaseFilter
    from crm_workflows.engine.views import view_lists

    return sorted(view_lists.cases(office.engine, CaseFilter()), key=lambda case: str(case["case"]))


def finish(office: Office, code: str) -> None:
    """Go on to the end of the case; an admin has removed what a case that needs attention stood still for."""
    if office.view(code)["status"] == "needs_attention":
        attention.retry(office.engine, code, by=ADMIN)
        office.work()
    for _ in range(LONGEST):
        waiting = office.view(code)["waiting_for"]
        if not waiting:
            return
        do(office, code, waiting[0])
    raise AssertionError(f"{code} does not end: {office.view(code)['waiting_for']}")


def story_of(office: Office, code: str) -> dict[str, Any]:
    """What became of a case, as far as every later version has to tell it alike."""
    view = office.view(code)
    kept = ("supplier_code", "supplier_class", "valid_until", "expires_on", "supplier_status", "payment", "severity")
    return {
        "status": view["status"],
        "outcome": view["outcome"],
        "steps": [[step["rule"], step["name"], step["round"]] for step in view["steps"]],
        "asked": [[request["gate"], request["round"], request["status"]] for request in view["requests"]],
        "decisions": [[d["decision"], d["by"], d["effective"]] for d in view["decisions"]],
        "documents": sorted(document["kind"] for document in view["documents"] if document["problem"] is None),
        "rows": {name: view["rows"][name] for name in kept if name in view["rows"]},
        "linked": sorted(link["relation"] for link in view["linked"]),
    }
