"""Supplier vetting 新供应商选择与认定, as the rule book has it, in its order.

Choose new suppliers so that supply is secure, by set criteria and a set procedure. Who is asked and by when stands in
`gates.py`, the papers in `papers.py`, what each form asks in `forms.py`, what the engine does itself in `steps.py`.
"""

from prefect import flow

from crm_workflows import Announce, Case, Outcome, department, procedure, recognition, role
from flows.supplier_vetting.gates import (
    APPLICATION,
    CRITERIA,
    DUPLICATE_CHECK,
    PAPERS_CHECK,
    PAYMENT_TERMS,
    RECOGNITION,
)
from flows.supplier_vetting.papers import SURVEY_PAPERS
from flows.supplier_vetting.steps import (
    archive_file,
    assign_supplier_code,
    base_data,
    both_companies,
    code_and_class,
    criteria_basis,
    criteria_facts,
    drafted,
    enter_payment_terms,
    judge,
    look_up_company,
    survey_facts,
    write_report,
)
from flows.supplier_vetting.subject import SupplierApplication

CONCERNED = (department("materials"), department("quality"), department("technique"), role("finance"))


@flow(name="supplier-vetting")
@procedure(code="SV", version=1, title="供应商认定 / Supplier vetting")
def supplier_vetting(case: Case[SupplierApplication]) -> Outcome:
    """新供应商选择与认定：从申请到给定供应商代码。Vet a new supplier, from the request to its code."""
    application = case.subject
    supplier = application.person

    # SV-2 Request: a barred supplier is refused; whether a company we know is the same one, a person decides.
    known = look_up_company(application)
    if known.is_barred:
        return case.reject("该供应商已被列入禁用名单 / the supplier is barred")
    if known.is_known and case.task(DUPLICATE_CHECK, shows=both_companies(application, known)).verdict == "same":
        return case.reject("该供应商已在册或已有案件 / the supplier is known already, or has a case under way")

    # SV-3 General survey: the papers, asked from the supplier by mail and confirmed by the owner.
    papers = case.collect(SURVEY_PAPERS, from_=supplier)
    if papers.lapsed:
        return case.close("lapsed", "供应商未按期提供资料 / the papers did not come in time", notify=[supplier])
    checked = case.task(PAPERS_CHECK, shows=survey_facts(application, papers))
    if checked.ask_again:
        case.back_to("SV-3", because=checked.remark or "请重新提供所列资料", only=checked.ask_again)
    if not (checked.papers_are_right and checked.sufficient):
        return case.reject("资料不符合要求 / the papers do not suffice", comment=checked.remark, notify=[supplier])

    # SV-4 General survey: the two talks belong here.
    # SV-5 Overall judgement and on-site survey belong here.

    # SV-1 Criteria: six, each judged and commented; a pass mark for the sum and a floor for each.
    criteria = case.task(CRITERIA, shows=criteria_basis(application, papers, case.policy))
    judgement = judge(criteria, case.policy)
    if not judgement.passes:
        return case.reject("六项原则未达标 / the six criteria are not met", notify=[supplier])

    # SV-6 Application for recognition: drafted by the engine, edited and submitted by the owner.
    draft = drafted(application, checked, judgement)
    report = case.task(APPLICATION, draft=draft)
    if not report.recommends:
        return case.reject("负责人不建议认定 / the owner does not recommend recognition", notify=[supplier])
    amount = report.yearly_amount
    supplier_class = recognition.supplier_class(judgement.score, amount, case.policy)
    scores = criteria_facts(criteria, judgement)
    shown = write_report(application, report, checked, scores, supplier_class)

    # SV-7 Recognition gate; the class goes with it. Sending back needs no line here.
    decision = case.approval(RECOGNITION, shows=shown, amount=amount)
    if decision.rejected:
        return case.reject("认定未获批准 / recognition was refused", comment=decision.comment, notify=[supplier])

    # SV-8 Contracts belong here.
    # SV-9 Bank details belong here.

    # SV-10 Supplier code: once, by category, without gaps.
    code = assign_supplier_code(application, supplier_class).code

    # SV-11 Other matters: terms of payment, news to the departments concerned, the archive.
    terms = case.task(PAYMENT_TERMS, shows=code_and_class(application, code, supplier_class))
    enter_payment_terms(code, terms)
    news = base_data(application, code, supplier_class, terms)
    case.tell(
        "SV-11", "tell_departments", Announce(CONCERNED, "新供应商基本资料 / A new supplier's basic data", shows=news)
    )
    archive_file(papers)

    # SV-12 After recognition: validity and re-evaluation belong here.
    return case.approve("供应商已认定 / the supplier is recognised", notify=[supplier])
