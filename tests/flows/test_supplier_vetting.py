"""The story of a supplier, every branch, on every store (SV-1, SV-2, SV-3, SV-6, SV-7, SV-10, SV-11)."""

from collections import Counter
from typing import Any

import pytest

from crm_workflows.adapters.configuration.config_files import parse_people, parse_policy
from crm_workflows.business.suppliers import LETTERS, SHOWN_AT_MOST
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.domain.records import Supplier
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.running import opening
from crm_workflows.engine.views import views
from tests.office import ON_SITE, UNTIL_GATE, Office, application, documents, shipped_text

HEAD = "zheng.xiaodong@yongchang.example"


def test_a_good_supplier_goes_from_request_to_code(office: Office) -> None:
    code = office.until_code()
    office.submit(code, gate="payment_terms")
    view = office.view(code)
    assert (view["status"], view["outcome"]) == ("closed", "approved")
    assert view["rows"]["supplier_code"] == f"S-{LETTERS['component']}-0001"
    assert {"SV-2", "SV-6", "SV-8", "SV-9", "SV-10", "SV-11"} <= {step["rule"] for step in view["steps"]}
    assert office.mails("case_closed", to=application()["contact"]["email"])
    told = {mail.recipient: {fact["value"] for fact in mail.context["facts"]} for mail in office.mails("announcement")}
    people = office.staff.people
    concerned = [p for name in ("materials", "quality", "technique") for p in people.department(name)]
    assert set(told) == {p.email for p in (*concerned, *people.with_role("finance")) if p.active}
    basic = {application()["company"], view["rows"]["supplier_code"], application()["credit_code"]}
    assert all(basic <= facts for facts in told.values()), told


def test_the_report_quotes_what_the_forms_said(office: Office) -> None:
    code = office.start()
    office.hand_in(code)
    office.submit(code, gate="papers_check", legal_representative="陈国栋", founded_in=1998)
    office.submit(code, gate="management_talk", business_policy="稳健经营")
    office.submit(code, gate="technical_talk", technical_head="陆明远")
    office.submit(code, gate="overall_judgement", impression="印象良好")
    for part in ON_SITE[:-1]:
        office.submit(code, gate=part)
    office.submit(code, gate="survey_quality", minor_findings="两台卡尺过期未检")
    office.submit(code, gate="criteria", cost=81, cost_comment="报价透明")
    office.submit(code, gate="recognition_application", reason_for_trading="第二来源")
    mail = office.mails("approval_request")[0]
    shown = {fact["label"].split(" / ")[1]: fact["value"] for fact in mail.context["request"]["facts"]}
    assert shown["Reason for trading"] == "第二来源"
    assert "81 × 15" in shown["Weighted score"]
    page = _report(office, mail.attachments[0]["sha256"])
    quoted = ("陈国栋", "1998", "稳健经营", "陆明远", "印象良好", "两台卡尺过期未检", "报价透明", "第二来源")
    for said in (*quoted, application()["company"], code):
        assert said in page


def _report(office: Office, sha256: str) -> str:
    from crm_workflows.domain.records import Blob

    with office.engine.store.read() as reader:
        blob = reader.get(Blob, sha256)
    assert blob is not None
    return blob.content.decode()


def test_a_barred_supplier_is_refused(office: Office) -> None:
    code = application()["credit_code"]
    with office.engine.store.write() as tx:
        tx.insert(Supplier("S-CP-0001", "component", "旧", code, "barred", office.clock.now()))
    view = office.view(office.start())
    assert (view["status"], view["outcome"]) == ("closed", "rejected")


def test_a_supplier_barred_while_its_case_ran_gets_no_code_and_stays_barred(office: Office) -> None:
    case = office.until_signers()
    with office.engine.store.write() as tx:
        code = application()["credit_code"]
        tx.insert(Supplier("S-CP-0001", "component", "旧", code, "barred", office.clock.now()))
    office.sign(case)
    view = office.view(case)
    assert (view["status"], view["outcome"]) == ("closed", "rejected")
    assert "supplier_code" not in view["rows"]
    with office.engine.store.read() as reader:
        (found,) = reader.find(Supplier)
    assert (found.status, found.case, found.supplier_class) == ("barred", None, None)


def test_a_supplier_on_hold_keeps_its_hold_when_it_is_recognised_once_more(office: Office) -> None:
    held = {"holds": ["expired:certificate"]}
    with office.engine.store.write() as tx:
        code = application()["credit_code"]
        tx.insert(Supplier("S-CP-0001", "component", "旧", code, "on_hold", office.clock.now(), details=held))
    case = office.start()
    office.submit(case, gate="duplicate_check", verdict="different")
    office.hand_in(case)
    for task in UNTIL_GATE:
        office.submit(case, gate=task)
    office.answer(case, "approve")
    office.sign(case)
    office.submit(case, gate="payment_terms")
    assert office.view(case)["rows"]["supplier_code"] == "S-CP-0001", "a company has one code"
    with office.engine.store.read() as reader:
        found = reader.get(Supplier, "S-CP-0001")
    assert found is not None
    assert found.status == "on_hold", "only a new certificate ends what an expired one began"


def test_a_known_company_is_decided_by_a_person(office: Office) -> None:
    first = office.start()
    second = office.start()
    assert office.waiting(second)["gate"] == "duplicate_check"
    shown = office.mails("task_request", case=second)[0].context["request"]["facts"]
    assert any(first in fact["value"] for fact in shown)
    office.submit(second, verdict="same")
    assert office.view(second)["outcome"] == "rejected"


def test_a_known_company_that_is_another_one_goes_on(office: Office) -> None:
    office.start()
    second = office.start()
    office.submit(second, verdict="different")
    assert office.waiting(second)["kind"] == "documents"


OTHER_CODE = "91330200MAX0AA110H"


def similar(**changes: Any) -> dict[str, Any]:
    """The good sample's company under another credit code and a slightly other name."""
    return application(credit_code=OTHER_CODE) | {"company": "澄岚精密轴承（苏州）有限公司"} | changes


def check_facts(office: Office, code: str) -> dict[str, str]:
    """What the person who checks for known companies is shown, by its English label, in English."""
    facts = office.mails("task_request", case=code)[0].context["request"]["facts"]
    return {fact["label"].split(" / ")[1]: fact.get("value_en") or fact["value"] for fact in facts}


def test_a_similar_name_in_the_register_is_decided_by_a_person(office: Office) -> None:
    name = application()["company"]
    with office.engine.store.write() as tx:
        tx.insert(Supplier("S-CP-0001", "component", name, "c1", "recognised", office.clock.now()))
    code = office.start(similar())
    assert office.waiting(code)["gate"] == "duplicate_check"
    shown = check_facts(office, code)["In the register, with a similar name"]
    assert shown == f"S-CP-0001 {name} (the same but for the region)"
    chinese = office.mails("task_request", case=code)[0].context["request"]["facts"][-1]["value"]
    assert chinese == f"S-CP-0001 {name}（地区写法不同）"
    office.submit(code, verdict="different")
    assert office.waiting(code)["kind"] == "documents"


def test_a_similar_name_under_way_is_shown_and_one_that_is_over_is_not(office: Office) -> None:
    first = office.start()
    second = office.start(similar())
    assert check_facts(office, second)["Case under way, with a similar name"].startswith(f"{first} ")
    office.submit(second, verdict="same")
    assert office.view(second)["outcome"] == "rejected"
    office.hand_in(first)
    office.submit(first, gate="papers_check", sufficient=False, remark="执照已过期")
    third = office.start(similar())
    assert office.waiting(third)["kind"] == "documents", "neither of the two is under way any more"


def test_a_barred_supplier_under_another_code_is_shown_as_barred_and_not_refused(office: Office) -> None:
    now = office.clock.now()
    with office.engine.store.write() as tx:
        tx.insert(Supplier("S-CP-0001", "component", "澄岚精密轴承（苏州）有限公司", "c1", "recognised", now))
        tx.insert(Supplier("S-CP-0002", "component", "苏州橙岚精密轴承有限公司", "c2", "barred", now))
    case = office.start()
    assert office.view(case)["status"] == "waiting", "nobody is refused on likeness alone"
    shown = check_facts(office, case)
    assert shown["Barred, with a similar name"].startswith("S-CP-0002 苏州橙岚精密轴承有限公司 (the same sound")
    labels = list(shown)
    barred, registered = map(labels.index, ("Barred, with a similar name", "In the register, with a similar name"))
    assert barred < registered, "the barred come first"
    office.submit(case, verdict="same")
    assert office.view(case)["outcome"] == "rejected"


def test_a_company_with_the_same_code_is_not_shown_again_for_its_name(office: Office) -> None:
    first = office.start()
    shown = check_facts(office, second := office.start())
    assert shown["Cases under way"] == f"{first} {application()['company']} (the same credit code)"
    assert not [label for label in shown if "similar" in label], second


def test_many_similar_names_are_cut_and_counted(office: Office) -> None:
    with office.engine.store.write() as tx:
        for n in range(13):
            name = f"苏州澄岚精密轴承有限公司{'一二三四五六七八九十'[n % 10]}{n // 10}分公司"
            tx.insert(Supplier(f"S-CP-{n:04d}", "component", name, f"c{n}", "recognised", office.clock.now()))
    code = office.start()
    facts = office.mails("task_request", case=code)[0].context["request"]["facts"]
    assert sum("similar name" in fact["label"] and fact["value"].startswith("S-CP-") for fact in facts) == SHOWN_AT_MOST
    assert facts[-1]["value"] == "3"


def test_what_was_found_is_journaled_and_not_looked_up_again(office: Office) -> None:
    code = office.start(similar())
    with office.engine.store.write() as tx:
        tx.insert(Supplier("S-CP-0001", "component", application()["company"], "c1", "barred", office.clock.now()))
    office.hand_in(code)
    assert office.waiting(code)["gate"] == "papers_check", "a replay sees the register of the day of the request"


def test_papers_are_reminded_on_day_3_and_5_and_lapse_on_15(office: Office) -> None:
    code = office.start()
    reminded = []
    for day in range(1, 16):
        office.advance(working_days(1))
        reminded.append((day, len(office.mails("reminder"))))
    assert dict(reminded)[2] == 0
    assert dict(reminded)[3] == 1
    assert dict(reminded)[4] == 1
    assert dict(reminded)[5] == 2
    assert dict(reminded)[15] == 2
    assert office.view(code)["outcome"] == "lapsed"
    assert office.mails("case_closed", to=application()["contact"]["email"])


def test_missed_reminders_are_caught_up_once(office: Office) -> None:
    office.start()
    office.advance(working_days(6))
    assert len(office.mails("reminder")) == 1


def test_empty_swapped_and_unknown_files_are_listed_back(office: Office) -> None:
    code = office.start()
    good = {file.filename: file for file in documents()}
    profile = good["企业概况.pdf"]
    handed = office.hand_in(
        code,
        [
            profile,
            File("企业沿革.docx", "application/x", b""),
            File("产品目录.pdf", "application/pdf", profile.content),
            File("产品指南.pdf", "application/pdf", b"not a pdf"),
            File("照片.jpg", "image/jpeg", good["营业执照.jpg"].content + b" "),
        ],
    )
    assert [name for name, _ in handed.accepted] == ["企业概况.pdf"]
    assert [name for name, _ in handed.problems] == ["企业沿革.docx", "产品目录.pdf", "产品指南.pdf", "照片.jpg"]
    assert "company_profile" not in {paper.kind for paper in handed.missing}
    assert "company_history" in {paper.kind for paper in handed.missing}
    assert office.waiting(code)["missing"]


def test_papers_come_in_parts_and_repeats_do_no_harm(office: Office) -> None:
    code = office.start()
    files = documents()
    assert not office.hand_in(code, files[:3]).complete
    assert not office.hand_in(code, files[:3]).complete
    assert office.hand_in(code, files[3:]).complete
    assert office.waiting(code)["gate"] == "papers_check"


def test_a_buyer_hands_in_what_came_another_way(office: Office) -> None:
    code = office.start()
    assert office.hand_in(code, by=application()["owner"], channel="page").complete
    stranger = office.start(application(credit_code="91330200MAX0AA110H", company="杭州沐辰包装有限公司"))
    with pytest.raises(NotEntitled):
        office.hand_in(stranger, by="feng.xue@yongchang.example")


def test_the_owner_asks_for_one_paper_again_and_the_rest_is_kept(office: Office) -> None:
    code = office.start()
    office.hand_in(code)
    office.submit(code, gate="papers_check", ask_again=["annual_accounts"], remark="决算表是前年的")
    assert office.waiting(code)["missing"] == ["annual_accounts"]
    again = office.mails("documents_request")[-1]
    assert again.context["request"]["note"] == "决算表是前年的"
    assert [kind["kind"] for kind in again.context["kinds"]] == ["annual_accounts"]
    accounts = next(file for file in documents() if "决算" in file.filename)
    office.hand_in(code, [File(accounts.filename, accounts.media_type, accounts.content + b" ")])
    assert office.waiting(code)["gate"] == "papers_check"
    kept = {fact["value"] for fact in office.mails("task_request")[-1].context["request"]["facts"]}
    assert "企业概况.pdf" in kept


def test_papers_asked_for_again_too_often_come_to_a_person(office: Office) -> None:
    code = office.start()
    office.hand_in(code)
    rounds = office.staff.rules.number("rounds_of_survey")
    for n in range(rounds):
        office.submit(code, gate="papers_check", ask_again=["product_guide"], remark="看不清")
        office.hand_in(code, [File("产品指南.pdf", "application/pdf", b"%PDF-1.4 " + str(n).encode())])
    office.submit(code, gate="papers_check", ask_again=["product_guide"], remark="看不清")
    view = office.view(code)
    assert view["status"] == "needs_attention"
    assert f"gone back to SV-3 {rounds} times, which is the limit" in view["attention"]


def test_a_certificate_that_came_needs_its_date_of_expiry(office: Office) -> None:
    code = office.start()
    office.hand_in(code)
    with pytest.raises(InvalidInput, match="give its date of expiry"):
        office.submit(code, gate="papers_check", certificate_expires_on=None)
    office.submit(code, gate="papers_check", certificate_expires_on=None, sufficient=False, remark="证书系伪造")
    assert office.view(code)["outcome"] == "rejected", "who ends the case need not read it"


def test_without_a_certificate_no_date_is_asked_for(office: Office) -> None:
    code = office.start()
    office.hand_in(code, [file for file in documents() if "证书" not in file.filename])
    office.submit(code, gate="papers_check", certificate_expires_on=None)
    assert office.waiting(code)["gate"] == "management_talk"


def test_insufficient_papers_end_the_case(office: Office) -> None:
    code = office.start()
    office.hand_in(code)
    office.submit(code, gate="papers_check", sufficient=False, remark="执照已过期")
    assert office.view(code)["outcome"] == "rejected"


@pytest.mark.parametrize("scores", [{"cost": 39}, dict.fromkeys(("cost", "cooperation", "delivery_management"), 40)])
def test_a_floor_or_the_pass_mark_missed_ends_the_case(office: Office, scores: dict[str, int]) -> None:
    code = office.until("criteria")
    low = scores if len(scores) == 1 else scores | {"equipment_and_technique": 55, "operation_finance_credit": 55}
    office.submit(code, gate="criteria", **low)
    assert office.view(code)["outcome"] == "rejected"


def test_a_criterion_can_have_a_floor_of_its_own_and_whoever_scores_is_told(office: Office) -> None:
    own = "criteria_floors:\n  confidentiality: 86\nfloor: 40"
    office.staff.rules = parse_policy(shipped_text("policy").replace("floor: 40", own, 1))
    code = office.until("criteria")
    facts = office.asking_facts(office.asking(code))
    assert "保密 86" in facts["Floor of each criterion"]
    assert "成本管理和成本水平 40" in facts["Floor of each criterion"]
    office.submit(code, gate="criteria")
    assert office.view(code)["outcome"] == "rejected", "85 of 100 pass everywhere else"


def test_an_owner_who_does_not_recommend_ends_the_case(office: Office) -> None:
    code = office.until("recognition_application")
    office.submit(code, gate="recognition_application", recommends=False)
    assert office.view(code)["outcome"] == "rejected"


def test_a_rejection_needs_a_reason_and_everyone_involved_hears_it(office: Office) -> None:
    code = office.until_gate()
    with pytest.raises(InvalidInput, match="G-2"):
        office.answer(code, "reject")
    office.answer(code, "reject", comment="产能不足")
    assert office.view(code)["outcome"] == "rejected"
    heard = {mail.recipient for mail in office.mails("case_closed")}
    assert {application()["owner"], HEAD, "li.weimin@yongchang.example"} <= heard


def test_above_the_limit_finance_and_the_general_manager_decide_too(office: Office) -> None:
    code = office.until_gate(application("over-limit"))
    deciders = []
    while office.waiting(code)["gate"] == "recognition":
        deciders.append(office.waiting(code)["assignee"]["role"])
        office.answer(code, "approve")
    assert deciders == ["head_of_marketing", "finance", "general_manager"]
    office.sign(code)
    assert office.view(code)["rows"]["supplier_class"] == "A"


def test_an_amount_lowered_in_the_report_spares_nobody_the_decision(office: Office) -> None:
    code = office.until("recognition_application", application("over-limit"))
    office.submit(code, gate="recognition_application", yearly_amount={"amount": "10.00", "currency": "CNY"})
    shown = {fact["value"] for fact in office.asking(code).context["request"]["facts"]}
    assert {"¥10.00", "¥3,200,000.00"} <= shown, "who decides sees both"
    office.answer(code, "approve")
    assert office.waiting(code)["assignee"]["role"] == "finance"


def test_one_of_several_asked_cannot_answer_with_the_secret_of_another(office: Office) -> None:
    code = office.until_gate(application("over-limit"))
    office.answer(code, "approve")
    asked = [item["assignee"]["email"] for item in office.view(code)["waiting_for"]]
    assert len(asked) == 2, "both of finance are asked, and one of them suffices"
    mails = {mail.recipient: mail for mail in office.mails("approval_request") if mail.recipient in asked}
    office.reply(mails[asked[0]], "同意", sender=asked[1])
    assert office.waiting(code)["assignee"]["role"] == "finance"
    assert not [d for d in office.view(code)["decisions"] if d["by"] == asked[1]]
    office.reply(mails[asked[1]], "同意", sender=asked[1])
    assert [d["by"] for d in office.view(code)["decisions"] if d["by"] in asked] == [asked[1]]


def test_whoever_is_back_from_leave_answers_what_their_deputy_was_asked(office: Office) -> None:
    away = "  - email: zheng.xiaodong@yongchang.example\n"
    deputy = "    deputies:\n      - {email: feng.xue@yongchang.example, from: 2026-03-02, to: 2026-03-02}\n"
    office.staff.people = parse_people(shipped_text("people").replace(away, away + deputy))
    code = office.until_gate()
    assert office.waiting(code)["assignee"]["email"] == "feng.xue@yongchang.example"
    office.advance(working_days(1))
    office.answer(code, "approve", by=HEAD, channel="page")
    assert [d["by"] for d in office.view(code)["decisions"] if d["decision"] == "approve"] == [HEAD]


def test_a_key_stands_for_one_request_with_its_files_and_its_requester(office: Office) -> None:
    key = {"idempotency_key": "k", "attachments": documents()[:1]}
    code = office.start(**key)
    assert office.start(**key) == code
    for other in ({"attachments": documents()[1:2]}, {"attachments": []}, {"requester": HEAD}):
        with pytest.raises(InvalidInput, match="other input"):
            office.start(**(key | other))
    for wrong in ("", "k" * 201):
        with pytest.raises(InvalidInput, match="1 to 200"):
            office.start(idempotency_key=wrong)


def test_a_send_back_to_the_report_asks_nobody_else_again(office: Office) -> None:
    code = office.until_gate()
    before = Counter((mail.template, mail.recipient) for mail in office.mails())
    office.answer(code, "send_back", to="SV-6", comment="请补充基本方针")
    waiting = office.waiting(code)
    assert (waiting["gate"], waiting["round"]) == ("recognition_application", 2)
    added = Counter((mail.template, mail.recipient) for mail in office.mails()) - before
    owner = application()["owner"]
    assert added == Counter({("task_request", owner): 1, ("decision_notice", owner): 1})
    office.submit(code)
    assert office.waiting(code)["gate"] == "recognition"
    office.answer(code, "approve")
    office.sign(code)
    office.submit(code, gate="payment_terms")
    assert office.view(code)["outcome"] == "approved"


def test_a_send_back_is_prefilled_with_the_earlier_answer(office: Office) -> None:
    code = office.until("recognition_application")
    office.submit(code, gate="recognition_application", basic_policy="独家条款")
    office.answer(code, "send_back", to="SV-6", comment="请补充")
    task = views.task_view(office.engine, office.waiting(code)["id"])
    assert task["draft"]["basic_policy"] == "独家条款"
    assert task["note"] == "请补充"


def test_a_send_back_to_the_papers_asks_the_supplier_only_for_what_the_owner_names(office: Office) -> None:
    code = office.until_gate()
    asked = len(office.mails("documents_request"))
    office.answer(code, "send_back", to="SV-3", comment="证书过旧")
    waiting = office.waiting(code)
    assert (waiting["gate"], waiting["round"], waiting["assignee"]["role"]) == ("papers_check", 2, "owner")
    assert views.task_view(office.engine, waiting["id"])["note"] == "证书过旧"
    assert {r["status"] for r in office.view(code)["requests"][:-1]} <= {"decided", "superseded"}
    assert len(office.mails("documents_request")) == asked, "what is here is kept until the owner names what is wrong"
    office.submit(code, gate="papers_check", ask_again=["certificate"], remark="请提供新证书")
    assert office.waiting(code)["missing"] == ["certificate"], "an optional paper that is asked for by name is needed"
    mail = office.mails("documents_request")[-1].context
    assert [(kind["kind"], kind["required"]) for kind in mail["kinds"]] == [("certificate", True)]
    office.hand_in(code)
    draft = views.task_view(office.engine, office.waiting(code, "papers_check")["id"])["draft"]
    assert draft["founded_in"] == 2009, "facts that were taken from the papers need not be typed again"
    assert not {"papers_are_right", "ask_again", "sufficient", "remark"} & set(draft), "but each set is judged anew"
    for task in UNTIL_GATE:
        office.submit(code, gate=task)
    office.answer(code, "approve")
    office.sign(code)
    office.submit(code, gate="payment_terms")
    assert office.view(code)["outcome"] == "approved"


def test_rounds_are_limited(office: Office) -> None:
    code = office.until_gate()
    for _ in range(3):
        office.answer(code, "send_back", to="SV-6", comment="再改")
        office.submit(code)
    with pytest.raises(InvalidInput, match="limit"):
        office.answer(code, "send_back", to="SV-6", comment="再改")
    office.answer(code, "approve")
    assert office.waiting(code)["gate"] == "contract_signers"


def test_a_gate_reminds_escalates_and_keeps_waiting(office: Office) -> None:
    code = office.until_gate()
    office.advance(working_days(1))
    assert [mail.recipient for mail in office.mails("reminder")] == [HEAD]
    office.advance(working_days(1))
    manager = office.staff.people.manager_of(HEAD)
    assert manager is not None
    assert [mail.recipient for mail in office.mails("escalation")] == [manager.email]
    office.advance(working_days(30))
    assert office.waiting(code)["gate"] == "recognition"
    assert len(office.mails("reminder")) == 1
    assert len(office.mails("escalation")) == 1


def test_timers_are_armed_anew_after_a_send_back(office: Office) -> None:
    code = office.until_gate()
    office.advance(working_days(1))
    office.answer(code, "send_back", to="SV-6", comment="改")
    office.submit(code)
    seen = len(office.mails("reminder"))
    office.advance(working_days(1))
    assert len(office.mails("reminder")) == seen + 1


def test_a_requester_never_decides_their_own_request(office: Office) -> None:
    code = office.until_gate(requester=HEAD)
    asked = office.waiting(code)["assignee"]["email"]
    assert asked != HEAD
    for channel in ("link", "reply", "page", "cli", "api"):
        with pytest.raises(NotEntitled, match="G-2"):
            office.answer(code, "approve", by=HEAD, channel=channel)
    office.answer(code, "approve")
    assert office.waiting(code)["gate"] == "contract_signers"


def test_somebody_not_asked_cannot_decide(office: Office) -> None:
    code = office.until_gate()
    for stranger in ("feng.xue@yongchang.example", "nobody@elsewhere.example"):
        with pytest.raises(NotEntitled):
            office.answer(code, "approve", by=stranger)


def moved(office: Office, old: str) -> str:
    """Somebody gets another address in mid-case and keeps the old one; returns the new one."""
    new = f"new.{old}"
    text = shipped_text("people")
    text = text.replace(f"  - email: {old}\n", f"  - email: {new}\n    other_emails: [{old}]\n").replace(
        f"manager: {old}", f"manager: {new}"
    )
    office.staff.people = parse_people(text)
    return new


def test_somebody_whose_address_changes_in_mid_case_can_still_answer_what_they_were_asked(office: Office) -> None:
    code = office.until_gate()
    new = moved(office, HEAD)
    assert [item["case"] for item in views.inbox(office.engine, new)] == [code]
    office.reply(office.asking(code), "同意", sender=new)
    assert [d["by"] for d in office.view(code)["decisions"] if d["decision"] == "approve"] == [new]
    assert office.waiting(code)["gate"] == "contract_signers"


def test_another_address_lets_no_requester_decide_their_own_request(office: Office) -> None:
    code = office.until_gate(requester=HEAD)
    new = moved(office, HEAD)
    for address in (HEAD, new):
        with pytest.raises(NotEntitled, match="G-2"):
            office.answer(code, "approve", by=address)


def test_who_comes_too_late_hears_who_decided(office: Office) -> None:
    code = office.until_gate()
    office.answer(code, "approve")
    request = next(r["id"] for r in office.view(code)["requests"] if r["gate"] == "recognition")
    late = answers.answer(office.engine, request, Answer("reject", HEAD, "link", comment="太晚"))
    assert not late.effective
    assert late.decided_by == HEAD
    effective = [d["effective"] for d in office.view(code)["decisions"] if d["request"] == request]
    assert effective == [True, False]


def test_either_of_two_in_finance_may_answer_and_the_other_hears(office: Office) -> None:
    code = office.until_code()
    people = [item["assignee"]["email"] for item in office.view(code)["waiting_for"]]
    assert len(people) == 2
    request = office.waiting(code)["id"]
    office.submit(code, by=people[1])
    given = Answer("submit", people[0], "page", form={"method": "bank_transfer", "days": 30})
    assert not answers.answer(office.engine, request, given).effective


def test_cancelling_ends_the_case_for_everybody(office: Office) -> None:
    code = office.until_gate()
    with pytest.raises(NotEntitled):
        opening.cancel(office.engine, code, by="feng.xue@yongchang.example", reason="不需要")
    with pytest.raises(InvalidInput):
        opening.cancel(office.engine, code, by=application()["owner"], reason=" ")
    opening.cancel(office.engine, code, by=application()["owner"], reason="项目取消")
    view = office.view(code)
    assert (view["status"], view["waiting_for"]) == ("cancelled", [])
    office.advance(working_days(10))
    assert not office.mails("reminder")


def test_codes_are_given_by_category_without_gaps(office: Office) -> None:
    given = []
    for n, category in enumerate(("component", "packaging", "component")):
        input_ = application(credit_code=CODES[n], category=category, company=f"公司{n}号")
        code = office.until_code(input_)
        given.append(office.view(code)["rows"]["supplier_code"])
    assert given == ["S-CP-0001", "S-PK-0001", "S-CP-0002"]


CODES = ("91330200MAX0AA110H", "91440300MAX0BB2207", "91310000MAX0CC330A")


def test_a_start_from_outside_is_confirmed_by_the_named_owner_first(office: Office) -> None:
    code = office.start(origin="prefect")
    waiting = office.waiting(code)
    assert (waiting["gate"], waiting["assignee"]["email"]) == ("confirm_start", application()["owner"])
    assert [mail.template for mail in office.mails()] == ["start_confirmation"]
    office.answer(code, "approve")
    assert office.waiting(code)["kind"] == "documents"


def test_a_start_from_outside_that_the_owner_refuses_is_withdrawn(office: Office) -> None:
    code = office.start(origin="prefect")
    office.answer(code, "reject", comment="不是我发起的")
    assert office.view(code)["outcome"] == "withdrawn"
