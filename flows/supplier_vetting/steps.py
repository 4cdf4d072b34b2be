"""What the engine itself does in supplier vetting, step by step, each named by its rule."""

from crm_workflows import Attachment, Books, Collected, Fact, Policy, Shown, recognition, step, suppliers
from flows.supplier_vetting.forms import (
    PAYMENT_METHODS,
    CriteriaJudgement,
    PapersCheck,
    PaymentTerms,
    RecognitionApplication,
)
from flows.supplier_vetting.papers import SURVEY_PAPERS
from flows.supplier_vetting.subject import SupplierApplication

UNLIMITED = "长期 / unlimited"


@step(rule="SV-2", title="核对是否已有该供应商 / look up the company")
def look_up_company(application: SupplierApplication, *, books: Books) -> suppliers.Known:
    """Whether the company is barred, registered, or in another case under way: by its code, and by its name nearly."""
    return suppliers.look_up(books, application.company, application.credit_code)


def both_companies(application: SupplierApplication, known: suppliers.Known) -> Shown:
    """SV-2: the company applied for beside those with the same code or a similar name, for the person who decides."""
    return Shown((*application_facts(application), *known.shown().facts))


def survey_facts(application: SupplierApplication, papers: Collected) -> Shown:
    """SV-3: what the owner needs to check the papers: the request, and each file with the kind it was taken for."""
    titles = {paper.kind: paper.title for paper in SURVEY_PAPERS.kinds}
    files = tuple(Fact(titles[paper.kind], paper.filename) for paper in papers.papers)
    attachments = tuple(Attachment(paper.filename, paper.media_type, paper.sha256) for paper in papers.papers)
    return Shown((*application_facts(application), *files), attachments)


def criteria_basis(application: SupplierApplication, papers: Collected, policy: Policy) -> Shown:
    """SV-1: what the six scores are judged on, and how the policy of this case weighs them."""
    survey = survey_facts(application, papers)
    return Shown((*recognition.basis(policy), *survey.facts), survey.attachments)


def application_facts(application: SupplierApplication) -> tuple[Fact, ...]:
    """SV-2: the request in a few lines."""
    return (
        Fact("供应商 / Supplier", application.company),
        Fact("统一社会信用代码 / Credit code", application.credit_code),
        Fact("供应商品 / Goods", application.goods),
        Fact.of("预计年采购额 / Expected yearly amount", application.yearly_amount),
        Fact("选择理由 / Why a new supplier", application.reason),
    )


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


def paper_facts(checked: PapersCheck) -> tuple[Fact, ...]:
    """SV-3: what the papers say, as the owner took it from them."""
    licence = "营业执照有效期 / Licence expires on"
    return (
        Fact.of("成立年份 / Founded in", checked.founded_in),
        Fact("法定代表人 / Legal representative", checked.legal_representative),
        Fact.of("员工人数 / Employees", checked.employees),
        Fact.of("最近年度营业收入 / Revenue of the latest year", checked.last_revenue),
        Fact.of("最近年度盈利 / Profitable", checked.was_profitable),
        Fact.of(licence, checked.licence_expires_on) if checked.licence_expires_on else Fact.named(licence, UNLIMITED),
        Fact.of("资质证书有效期 / Certificate expires on", checked.certificate_expires_on),
        Fact.of("确认意见 / Remark", checked.remark),
    )


def drafted(
    application: SupplierApplication, checked: PapersCheck, judgement: recognition.Judgement
) -> RecognitionApplication:
    """SV-6: the draft that the owner edits, from what was gathered."""
    result = (
        f"资料齐全（{checked.founded_in} 年成立，员工 {checked.employees} 人，"
        f"最近年度营业收入 {checked.last_revenue.shown('zh')}）；六项原则综合得分 {judgement.score}。"
    )
    return RecognitionApplication(
        reason_for_trading=application.reason,
        basic_policy="先小批量试供，合格后按年度框架协议采购；每年复评一次。",
        goods=application.goods,
        yearly_amount=application.yearly_amount,
        survey_result=result,
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


@step(rule="SV-6", title="生成认定申请报告 / write the report")
def write_report(
    application: SupplierApplication,
    report: RecognitionApplication,
    checked: PapersCheck,
    criteria: tuple[Fact, ...],
    supplier_class: str,
    *,
    books: Books,
) -> Shown:
    """The report as a document, and the deciding facts that the request for recognition shows with it."""
    proposed = Fact("拟定级别 / Proposed class", supplier_class)
    sections = [
        ("一、申请 / 1. Application", (*report_facts(report), proposed)),
        ("二、调查资料 / 2. Survey material", (*application_facts(application), *paper_facts(checked))),
        ("三、六项原则评定 / 3. The six criteria", criteria),
    ]
    page = recognition.report_html(application.company, books.case, sections)
    file = books.keep_file(f"认定申请报告-{books.case}.html", "text/html", page.encode())
    books.write("recognition_report", {"filename": file.filename, "sha256": file.sha256})
    return Shown(
        (Fact("供应商 / Supplier", application.company), *report_facts(report), criteria[-1], proposed), (file,)
    )


@step(rule="SV-10", title="编制供应商代码 / assign supplier code", after_send_back="once")
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
def enter_payment_terms(code: str, terms: PaymentTerms, *, books: Books) -> None:
    """Method and days of payment, in the register."""
    suppliers.enter_payment(books, code, terms.model_dump(mode="json"))


@step(rule="SV-11", title="归档 / archive the file")
def archive_file(papers: Collected, *, books: Books) -> int:
    """The list of what is kept of this supplier, by kind and hash; returns how many papers."""
    kept = [{"kind": paper.kind, "filename": paper.filename, "sha256": paper.sha256} for paper in papers.papers]
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
