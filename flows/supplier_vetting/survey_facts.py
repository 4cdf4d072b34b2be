"""What the survey brought, and what those who judge from it are shown (SV-3, SV-4, SV-5). It decides nothing."""

from dataclasses import dataclass

from crm_workflows import Attachment, Collected, Fact, Paper, Shown, in_language
from flows.supplier_vetting.forms import PapersCheck
from flows.supplier_vetting.papers import CORRECTION, SURVEY_PAPERS
from flows.supplier_vetting.subject import SupplierApplication
from flows.supplier_vetting.survey_forms import (
    CorrectionCheck,
    DesignSurvey,
    ManagementTalk,
    MaterialsSurvey,
    OverallJudgement,
    QualitySurvey,
    TechnicalTalk,
    TechniqueSurvey,
)

UNLIMITED = "长期 / unlimited"
DEPARTMENTS = ("资材 / materials", "技术 / technique", "设计 / design", "质量管理 / quality management")
FINDINGS = ("minor_findings", "major_findings")

Talks = tuple[ManagementTalk, TechnicalTalk]
Site = tuple[MaterialsSurvey, TechniqueSurvey, DesignSurvey, QualitySurvey]


@dataclass(frozen=True)
class Correction:
    """What the supplier did about major findings, and what was made of it."""

    check: CorrectionCheck
    report: Collected


@dataclass(frozen=True)
class Survey:
    """General survey and survey on site, in the order of the rule book."""

    papers: Collected
    checked: PapersCheck
    talks: Talks
    overall: OverallJudgement
    site: Site
    correction: Correction | None = None

    @property
    def files(self) -> tuple[Collected, ...]:
        """What the supplier sent."""
        return (self.papers, self.correction.report) if self.correction else (self.papers,)


def application_facts(application: SupplierApplication) -> tuple[Fact, ...]:
    """SV-2: the request in a few lines."""
    return (
        Fact("供应商 / Supplier", application.company),
        Fact("统一社会信用代码 / Credit code", application.credit_code),
        Fact("供应商品 / Goods", application.goods),
        Fact.of("预计年采购额 / Expected yearly amount", application.yearly_amount),
        Fact("选择理由 / Why a new supplier", application.reason),
    )


def survey_facts(application: SupplierApplication, papers: Collected) -> Shown:
    """SV-3: what the owner needs to check the papers: the request, and each file with the kind it was taken for."""
    return Shown((*application_facts(application), *file_facts(papers, SURVEY_PAPERS.kinds)), attached(papers))


def certificate_in(papers: Collected) -> dict[str, str]:
    """SV-3: the file taken for a certificate, whose date of expiry is then asked for; empty where there is none."""
    file = papers.of_kind("certificate")
    return {"certificate": file.filename} if file else {}


def file_facts(files: Collected, kinds: tuple[Paper, ...]) -> tuple[Fact, ...]:
    """Each file under the title of its kind."""
    titles = {paper.kind: paper.title for paper in kinds}
    return tuple(Fact(titles[file.kind], file.filename) for file in files.papers)


def attached(files: Collected) -> tuple[Attachment, ...]:
    """The files themselves."""
    return tuple(Attachment(file.filename, file.media_type, file.sha256) for file in files.papers)


def paper_facts(checked: PapersCheck) -> tuple[Fact, ...]:
    """SV-3: what the papers say, as the owner took it from them."""
    return (
        Fact.of("成立年份 / Founded in", checked.founded_in),
        Fact("法定代表人 / Legal representative", checked.legal_representative),
        Fact.of("员工人数 / Employees", checked.employees),
        Fact.of("最近年度营业收入 / Revenue of the latest year", checked.last_revenue),
        Fact.of("最近年度盈利 / Profitable", checked.was_profitable),
        *expiry_facts(checked),
        Fact.of("确认意见 / Remark", checked.remark),
    )


def expiry_facts(checked: PapersCheck) -> tuple[Fact, ...]:
    """SV-3: until when licence and certificate hold."""
    licence = "营业执照有效期 / Licence expires on"
    return (
        Fact.of(licence, checked.licence_expires_on) if checked.licence_expires_on else Fact.named(licence, UNLIMITED),
        Fact.of("资质证书有效期 / Certificate expires on", checked.certificate_expires_on),
    )


def talk_basis(application: SupplierApplication, papers: Collected, checked: PapersCheck) -> Shown:
    """SV-4: what one knows of the supplier before talking with it."""
    return Shown((*application_facts(application), *paper_facts(checked)), attached(papers))


def general_survey(application: SupplierApplication, papers: Collected, checked: PapersCheck, talks: Talks) -> Shown:
    """SV-5: papers and talks, from which the head of materials judges."""
    before = talk_basis(application, papers, checked)
    return Shown((*before.facts, *talk_facts(talks)), before.attachments)


def talk_facts(talks: Talks) -> tuple[Fact, ...]:
    """SV-4: what was said in both talks."""
    return tuple(fact for talk in talks for fact in talk.facts())


def site_basis(application: SupplierApplication, talks: Talks, overall: OverallJudgement) -> Shown:
    """SV-5: what the departments know when they set out."""
    return Shown((*application_facts(application), *talk_facts(talks), *overall.facts(leave_out=("reason",))))


def site_facts(site: Site) -> tuple[Fact, ...]:
    """SV-5: what the four departments saw, then what they found fault with."""
    seen = (fact for part in site for fact in part.facts(leave_out=FINDINGS))
    return (*seen, *major_findings(site), *minor_findings(site))


def major_findings(site: Site) -> tuple[Fact, ...]:
    """SV-5: what the supplier must correct, by department; empty when nothing is major."""
    found = [part.major_findings for part in site]
    return tuple(_found("重大问题 / Major findings", *pair) for pair in zip(DEPARTMENTS, found, strict=True) if pair[1])


def minor_findings(site: Site) -> tuple[Fact, ...]:
    """SV-5: what was noted besides, by department."""
    found = [part.minor_findings for part in site]
    return tuple(_found("一般问题 / Minor findings", *pair) for pair in zip(DEPARTMENTS, found, strict=True) if pair[1])


def _found(what: str, department: str, words: str) -> Fact:
    chinese, english = (f"{in_language(what, tongue)}" for tongue in ("zh", "en"))
    zh, en = in_language(department, "zh"), in_language(department, "en")
    return Fact(f"{chinese}：{zh} / {english}: {en}", words)


def correction_facts(site: Site, report: Collected) -> Shown:
    """SV-5: the major findings beside the supplier's report on them."""
    return Shown((*major_findings(site), *file_facts(report, CORRECTION.kinds)), attached(report))


def survey_in_words(survey: Survey) -> str:
    """SV-6: the survey in a few sentences, for the draft of the report."""
    checked, (management, technical) = survey.checked, survey.talks
    minor = sum(len(part.minor_findings.splitlines()) for part in survey.site)
    major = sum(len(part.major_findings.splitlines()) for part in survey.site)
    corrected = "，均已整改" if major and survey.correction else ""
    return (
        f"资料齐全（{checked.founded_in} 年成立，员工 {checked.employees} 人，"
        f"最近年度营业收入 {checked.last_revenue.shown('zh')}）。"
        f"面谈：{management.met}，{management.business_state}；{technical.technical_head}，{technical.cooperation}。"
        f"总体印象：{survey.overall.impression}。实地调查：重大问题 {major} 项{corrected}，一般问题 {minor} 项。"
    )
