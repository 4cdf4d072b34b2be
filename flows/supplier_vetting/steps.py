"""What the engine itself does in supplier vetting, step by step, each named by its rule."""

from collections.abc import Iterable

from crm_workflows import Books, Collected, Fact, Policy, Report, Section, Shown, masked, recognition, step, suppliers
from flows.supplier_vetting.contract_facts import Contracts
from flows.supplier_vetting.contract_forms import BankDetails
from flows.supplier_vetting.forms import (
    PAYMENT_METHODS,
    CriteriaJudgement,
    PaymentTerms,
    RecognitionApplication,
)
from flows.supplier_vetting.subject import SupplierApplication
from flows.supplier_vetting.survey_facts import (
    Survey,
    application_facts,
    attached,
    expiry_facts,
    major_findings,
    minor_findings,
    paper_facts,
    site_facts,
    survey_in_words,
    talk_facts,
)

TITLE = "供应商认定申请报告 / Application for recognition of a supplier"


@step(rule="SV-2", title="核对是否已有该供应商 / look up the company", after_amendment="again")
def look_up_company(application: SupplierApplication, *, books: Books) -> suppliers.Known:
    """Whether the company is barred, registered, or in another case under way: by its code, and by its name nearly."""
    return suppliers.look_up(books, application.company, application.credit_code)


def both_companies(application: SupplierApplication, known: suppliers.Known) -> Shown:
    """SV-2: the company applied for beside those with the same code or a similar name, for the person who decides."""
    return Shown((*application_facts(application), *known.shown().facts))


def criteria_basis(application: SupplierApplication, survey: Survey, policy: Policy) -> Shown:
    """SV-1: what the six scores are judged on, and how the policy of this case weighs them."""
    said = (*application_facts(application), *talk_facts(survey.talks), *site_facts(survey.site))
    return Shown((*recognition.basis(policy), *said), attached(survey.papers))


def criteria_facts(judged: CriteriaJudgement, judgement: recognition.Judgement) -> tuple[Fact, ...]:
    """SV-1: each criterion with score and comment, then the sum with its arithmetic."""
    lines = tuple(
        Fact(label, f"{getattr(judged, name)} · {getattr(judged, f'{name}_comment')}")
        for name, label in recognition.CRITERIA.items()
    )
    return (*lines, Fact.named("综合得分 / Weighted score", judgement.arithmetic))


def judge(judged: CriteriaJudgement, policy: Policy) -> recognition.Judgement:
    """SV-1: weights, pass mark and floors of the policy."""
    return recognition.judge({name: getattr(judged, name) for name in recognition.CRITERIA}, policy)


def drafted(
    application: SupplierApplication, survey: Survey, judgement: recognition.Judgement
) -> RecognitionApplication:
    """SV-6: the draft that the owner edits, from what was gathered."""
    return RecognitionApplication(
        reason_for_trading=application.reason,
        basic_policy="先小批量试供，合格后按年度框架协议采购；认定有效期届满前复评。",
        goods=application.goods,
        yearly_amount=application.yearly_amount,
        survey_result=f"{survey_in_words(survey)}六项原则综合得分 {judgement.score}。",
        recommends=judgement.passes,
    )


def report_facts(report: RecognitionApplication) -> tuple[Fact, ...]:
    """SV-6: the application as submitted."""
    return (
        Fact("交易理由 / Reason for trading", report.reason_for_trading),
        Fact("交易基本方针 / Basic policy", report.basic_policy),
        Fact("交易商品目录 / Goods", report.goods),
        Fact.of("预计年采购额 / Expected yearly amount", report.yearly_amount),
        Fact("调查结果 / Survey result", report.survey_result),
        Fact.of("建议认定 / Recognition recommended", report.recommends),
    )


@step(rule="SV-6", title="生成认定申请报告 / write the report", after_amendment="again")
def write_report(
    application: SupplierApplication,
    report: RecognitionApplication,
    survey: Survey,
    criteria: tuple[Fact, ...],
    supplier_class: str,
    *,
    books: Books,
) -> Shown:
    """The report as a document, and the deciding facts that the request for recognition shows with it."""
    proposed = Fact("拟定级别 / Proposed class", supplier_class)
    site = (*site_facts(survey.site), *(survey.correction.check.facts() if survey.correction else ()))
    sections = (
        Section("一、申请 / 1. Application", (*report_facts(report), proposed)),
        Section("二、调查资料 / 2. Survey material", (*application_facts(application), *paper_facts(survey.checked))),
        Section("三、面谈 / 3. Talks", talk_facts(survey.talks)),
        Section("四、总体判断与实地调查 / 4. Overall judgement and survey on site", (*survey.overall.facts(), *site)),
        Section("五、六项原则评定 / 5. The six criteria", criteria),
    )
    document = Report(TITLE, application.company, books.case, sections)
    file = books.keep_report(f"认定申请报告-{books.case}", document)
    books.write("recognition_report", {"filename": file.filename, "sha256": file.sha256})
    found = (*major_findings(survey.site), *minor_findings(survey.site))
    first = Fact.of("立案申请所列预计年采购额 / Expected yearly amount in the request", application.yearly_amount)
    changed = (first,) if application.yearly_amount != report.yearly_amount else ()
    supplier = Fact("供应商 / Supplier", application.company)
    papers = expiry_facts(survey.checked)
    return Shown((supplier, *report_facts(report), *changed, *papers, *found, criteria[-1], proposed), (file,))


def listed(collected: Iterable[Collected]) -> list[dict[str, str]]:
    """The files by kind and hash."""
    files = (file for some in collected for file in some.papers)
    return [{"kind": file.kind, "filename": file.filename, "sha256": file.sha256} for file in files]


@step(rule="SV-8", title="登记合同 / enter the contracts")
def enter_contracts(contracts: Contracts, *, books: Books) -> None:
    """Which files they are, who signed them and when."""
    kept = listed(contracts.files)
    signers = contracts.signers.model_dump(mode="json")
    books.write("contracts", {"files": kept, "signers": signers, "signed_on": str(contracts.check.supply_signed_on)})


@step(rule="SV-9", title="登记银行账户 / enter the bank account")
def keep_account(details: BankDetails, *, books: Books) -> None:
    """The account as the case shows it: its number masked."""
    kept = details.model_dump(mode="json") | {"account_number": masked(details.account_number)}
    books.write("bank_account", kept)


@step(rule="SV-10", title="分配供应商代码 / assign supplier code", after_send_back="once")
def assign_supplier_code(
    application: SupplierApplication, supplier_class: str, *, books: Books
) -> suppliers.Registered:
    """The code by category, entered in the register once, without gaps."""
    return suppliers.register(
        books,
        category=application.category,
        name=application.company,
        credit_code=application.credit_code,
        supplier_class=supplier_class,
        details=application.model_dump(mode="json"),
    )


@step(rule="SV-11", title="登记付款条件 / enter terms of payment")
def enter_payment_terms(code: str, terms: PaymentTerms, account: BankDetails, *, books: Books) -> None:
    """Method and days of payment and the confirmed account, in the register."""
    suppliers.enter_payment(books, code, terms.model_dump(mode="json"), account.model_dump(mode="json"))


@step(rule="SV-11", title="归档 / archive the file")
def archive_file(report: Shown, *collected: Collected, books: Books) -> int:
    """The list of what is kept of this supplier, report of recognition included; returns how many papers."""
    reports = [{"kind": "report", "filename": file.filename, "sha256": file.sha256} for file in report.attachments]
    kept = [*reports, *listed(collected)]
    books.write("archive", kept)
    return len(kept)


def code_and_class(application: SupplierApplication, code: str, supplier_class: str) -> Shown:
    """SV-10: the supplier with the code it was given."""
    given = (Fact("供应商代码 / Supplier code", code), Fact("级别 / Class", supplier_class))
    return Shown((*given, *application_facts(application)[:4]))


def base_data(application: SupplierApplication, code: str, supplier_class: str, terms: PaymentTerms) -> Shown:
    """SV-11: the basic data that go to the departments concerned."""
    method = Fact.named("付款方式 / Method of payment", PAYMENT_METHODS[terms.method])
    days = Fact.named("付款期限 / Days of payment", f"{terms.days} 天 / {terms.days} days")
    return Shown((*code_and_class(application, code, supplier_class).facts, method, days))
