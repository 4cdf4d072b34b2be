"""Supplier vetting 供应商认定, as the rule book has it, in its order; only SV-1 waits until all is known.

Choose new suppliers so that supply is secure, by set criteria and a set procedure. Who is asked and by when stands in
`gates.py`, the papers in `papers.py`, what each form asks in the `forms` files, what is shown to those who judge in the
`facts` files, what the engine does itself in `steps.py`. Three passages that would break the story stand below it.

To go back to a rule is to do again all that carries it out and all behind it; nothing below `back_to` is done in that
round. What lies before is kept; so are the papers of SV-3 until the owner names those to ask for again, and forms come
filled in as they were, but for what they judge. How often is limited by policy: a gate refuses one more; where the
story itself goes back, the case then needs attention, and a person decides.

Nobody's silence is a yes: whoever of us is asked is reminded, then their manager hears, and the case waits.
Only the supplier can be late for good, with the papers of SV-3 and the correction of SV-5. At every end the requester,
the owner and all who answered are told, and whom `notify` names besides.
"""

from prefect import flow

from crm_workflows import Announce, Case, Outcome, Shown, department, owner, procedure, recognition, role
from flows.supplier_vetting.after_recognition import after_recognition
from flows.supplier_vetting.contract_facts import Contracts, account_facts, contracts_shown, signing_basis
from flows.supplier_vetting.contract_forms import BankDetails
from flows.supplier_vetting.forms import PapersCheck
from flows.supplier_vetting.gates import (
    APPLICATION,
    BANK_CHECK,
    BANK_DETAILS,
    CONTRACT_CHECK,
    CONTRACT_SIGNERS,
    CORRECTION_CHECK,
    CRITERIA,
    DUPLICATE_CHECK,
    MANAGEMENT_TALK,
    OVERALL_JUDGEMENT,
    PAPERS_CHECK,
    PAYMENT_TERMS,
    RECOGNITION,
    SURVEY_DESIGN,
    SURVEY_MATERIALS,
    SURVEY_QUALITY,
    SURVEY_TECHNIQUE,
    TECHNICAL_TALK,
)
from flows.supplier_vetting.papers import CONTRACTS, CORRECTION, OUR_AUTHORISATION, SURVEY_PAPERS, THEIR_AUTHORISATION
from flows.supplier_vetting.steps import (
    archive_file,
    assign_supplier_code,
    base_data,
    both_companies,
    code_and_class,
    criteria_basis,
    criteria_facts,
    drafted,
    enter_contracts,
    enter_payment_terms,
    judge,
    keep_account,
    look_up_company,
    write_report,
)
from flows.supplier_vetting.subject import SupplierApplication
from flows.supplier_vetting.survey_facts import (
    Correction,
    Site,
    Survey,
    certificate_in,
    correction_facts,
    general_survey,
    major_findings,
    site_basis,
    survey_facts,
    talk_basis,
)
from flows.supplier_vetting.survey_forms import CorrectionCheck

CONCERNED = (department("materials"), department("quality"), department("technique"), role("finance"))


@flow(name="supplier-vetting")
@procedure(code="SV", version=1, title="供应商认定 / Supplier vetting")
def supplier_vetting(case: Case[SupplierApplication]) -> Outcome:
    """供应商认定：从申请到分配供应商代码。Vet a new supplier, from the request to its code."""
    application = case.subject
    supplier = application.person

    # SV-2 Request: a barred supplier is refused; whether one found by code or name is the same, a person decides.
    known = look_up_company(application)
    if known.is_barred:
        return case.reject("该供应商已被列入禁用名单 / the supplier is barred")
    if known.is_known and case.task(DUPLICATE_CHECK, shows=both_companies(application, known)).verdict == "same":
        return case.reject("该供应商已在册或已有案件 / the supplier is known already, or has a case under way")

    # SV-3 General survey: the papers, asked from the supplier by mail and confirmed by the owner.
    papers = case.collect(SURVEY_PAPERS, from_=supplier)
    if papers.lapsed:
        return case.close("lapsed", "供应商未按期提供资料 / the papers did not come in time", notify=[supplier])
    checked = case.task(PAPERS_CHECK, shows=survey_facts(application, papers), against=certificate_in(papers))
    if checked.ask_again:
        because = checked.remark or "请重新提供所列资料"
        case.back_to("SV-3", because=because, only=checked.ask_again, rounds="rounds_of_survey")
    if not (checked.papers_are_right and checked.sufficient):
        return case.reject("资料不符合要求 / the papers do not suffice", comment=checked.remark, notify=[supplier])

    # SV-4 General survey: two talks side by side, with the supplier's head and with its technical head (one form there,
    # from the head of technique or of quality, which names both).
    talks = case.together(MANAGEMENT_TALK, TECHNICAL_TALK, shows=talk_basis(application, papers, checked))

    # SV-5 Overall judgement from papers and talks; if the criteria seem met, four departments survey on site.
    overall = case.task(OVERALL_JUDGEMENT, shows=general_survey(application, papers, checked, talks))
    if overall.verdict == "papers_again":
        case.back_to("SV-3", because=overall.reason, rounds="rounds_of_survey")
    if overall.verdict == "talk_again":
        case.back_to("SV-4", because=overall.reason, rounds="rounds_of_survey")
    if overall.verdict == "refuse":
        return case.reject("总体判断未通过 / refused on overall judgement", comment=overall.reason, notify=[supplier])
    known_so_far = site_basis(application, talks, overall)
    site = case.together(SURVEY_MATERIALS, SURVEY_TECHNIQUE, SURVEY_DESIGN, SURVEY_QUALITY, shows=known_so_far)
    correction = corrected(case, site) if major_findings(site) else None
    if correction and correction.check.verdict == "refuse":
        return case.reject(
            "重大问题未整改 / a major finding stands", comment=correction.check.remark, notify=[supplier]
        )
    survey = Survey(papers, checked, talks, overall, site, correction)

    # SV-1 Criteria: six, each judged and commented; a pass mark for the weighted sum, and a floor that none may miss.
    criteria = case.task(CRITERIA, shows=criteria_basis(application, survey, case.policy))
    judgement = judge(criteria, case.policy)
    if not judgement.passes:
        return case.reject("六项原则未达标 / the six criteria are not met", notify=[supplier])

    # SV-6 Application for recognition: drafted by the engine, edited and submitted by the owner.
    report = case.task(APPLICATION, draft=drafted(application, survey, judgement))
    if not report.recommends:
        return case.reject("负责人不建议认定 / the owner does not recommend recognition", notify=[supplier])
    amount = max(application.yearly_amount, report.yearly_amount)  # an amount that shrinks on the way escapes nobody
    supplier_class = recognition.supplier_class(judgement.score, amount, case.policy)
    shown = write_report(application, report, survey, criteria_facts(criteria, judgement), supplier_class)

    # SV-7 Recognition gate; the class, from score and amount, is fixed by it. Sending back stands in `gates.py`.
    decision = case.approval(RECOGNITION, shows=shown, amount=amount)
    if decision.rejected:
        return case.reject("认定未获批准 / recognition was refused", comment=decision.comment, notify=[supplier])

    # SV-8 Contracts: supply and quality assurance, at the same time and by the same signers.
    contracts = signed(case, checked)

    # SV-9 Bank details: confirmed by a second person, over a number found independently.
    account = confirmed_account(case)

    # SV-10 Supplier code: once, by category, without gaps; none for a supplier that was barred meanwhile (SV-2).
    registered = assign_supplier_code(application, supplier_class)
    if registered.is_barred:
        return case.reject("该供应商已被列入禁用名单 / the supplier is barred")
    code = registered.code

    # SV-11 Other matters: terms of payment, news to the departments concerned, the archive.
    terms = case.task(PAYMENT_TERMS, shows=code_and_class(application, code, supplier_class))
    enter_payment_terms(code, terms, account)
    news = base_data(application, code, supplier_class, terms)
    case.tell(
        "SV-11", "tell_departments", Announce(CONCERNED, "新供应商基本资料 / A new supplier's basic data", shows=news)
    )
    archive_file(shown, *survey.files, *contracts.files)

    # SV-12 After recognition: valid by class from today. A case of its own reminds of each certificate and puts the
    # supplier on hold once it has expired; another evaluates again before validity ends.
    life = after_recognition(application, code, supplier_class, amount, checked, case.policy)
    for paper in life.certificates:
        case.open_later("supplier-certificate", paper.input, rule="SV-12", relation="certificate", on=paper.at)
    again = life.reevaluation
    case.open_later("supplier-reevaluation", again.input, rule="SV-12", relation="reevaluation", on=again.at)
    return case.approve("供应商已认定 / the supplier is recognised", notify=[supplier])


def corrected(case: Case[SupplierApplication], site: Site) -> Correction:
    """SV-5: major findings go back to the supplier for correction; the head of quality looks at what it did.

    Where that is not to be seen on paper, the survey is done again, from the overall judgement on.
    """
    report = case.collect(CORRECTION, from_=case.subject.person, shows=Shown(major_findings(site)))
    if report.lapsed:
        return Correction(CorrectionCheck(verdict="refuse", remark="供应商未按期提交整改报告"), report)
    check: CorrectionCheck = case.task(CORRECTION_CHECK, shows=correction_facts(site, report))
    if check.verdict == "survey_again":
        case.back_to("SV-5", because=check.remark, rounds="rounds_of_survey")
    return Correction(check, report)


def signed(case: Case[SupplierApplication], checked: PapersCheck) -> Contracts:
    """SV-8: who signs, their authorisations if somebody else does, and both contracts; one alone does not pass.

    The owner is reminded of what is missing, then the manager hears; whatever is faulty is asked for again.
    """
    signers = case.task(CONTRACT_SIGNERS, shows=signing_basis(case.subject, checked))
    files = []
    if signers.ours == "other":
        files.append(case.collect(OUR_AUTHORISATION, from_=owner))
    if signers.theirs == "other":
        files.append(case.collect(THEIR_AUTHORISATION, from_=owner))
    files.append(case.collect(CONTRACTS, from_=owner))
    check = case.task(CONTRACT_CHECK, shows=contracts_shown(signers, checked, *files))
    if check.faulty:
        case.back_to("SV-8", because=check.remark, only=check.faulty, rounds="rounds_of_signing")
    contracts = Contracts(signers, check, tuple(files))
    enter_contracts(contracts)
    return contracts


def confirmed_account(case: Case[SupplierApplication]) -> BankDetails:
    """SV-9: the owner enters the account; finance, never the same person, writes down what it is told on the phone."""
    account: BankDetails = case.task(BANK_DETAILS)
    check = case.task(
        BANK_CHECK, shows=account_facts(case.subject, account), against={"contact_phone": case.subject.contact.phone}
    )
    if not check.confirms(account):
        because = check.remark or "账号与电话确认的不一致，请核对 / the account differs from what was told on the phone"
        case.back_to("SV-9", because=because, rounds="rounds_of_signing")
    keep_account(account)
    return account
