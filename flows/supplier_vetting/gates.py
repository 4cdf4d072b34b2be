"""Who is asked in supplier vetting, by when, and what silence means."""

from crm_workflows import FormTask, Gate, PolicyRead, above, any_of, keep_waiting, manager, owner, role, working_days
from flows.supplier_vetting.contract_forms import BankCheck, BankDetails, ContractCheck, ContractSigners
from flows.supplier_vetting.forms import (
    CriteriaJudgement,
    DuplicateVerdict,
    PapersCheck,
    PaymentTerms,
    RecognitionApplication,
)
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

DUPLICATE_CHECK = FormTask(
    "duplicate_check", "重复供应商核对 / Check of a known company", rule="SV-2", form=DuplicateVerdict,
    by=role("head_of_materials"), due=working_days(2), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

PAPERS_CHECK = FormTask(
    "papers_check", "资料确认 / Check of the papers", rule="SV-3", form=PapersCheck,
    by=owner, due=working_days("papers_confirm_due"), remind=working_days(1), escalate_to=manager,
    anew=("papers_are_right", "ask_again", "sufficient", "remark"),
)  # fmt: skip

MANAGEMENT_TALK = FormTask(
    "management_talk", "与供应商负责人面谈 / Talk with the supplier's head", rule="SV-4", form=ManagementTalk,
    by=role("head_of_materials"), due=working_days("talks_due"), remind=working_days("talks_remind"),
    escalate_to=manager,
)  # fmt: skip

TECHNICAL_TALK = FormTask(
    "technical_talk", "与供应商技术负责人商洽 / Talk with the supplier's technical head", rule="SV-4",
    form=TechnicalTalk, by=any_of(role("head_of_technique"), role("head_of_quality")),
    due=working_days("talks_due"), remind=working_days("talks_remind"), escalate_to=manager,
)  # fmt: skip

OVERALL_JUDGEMENT = FormTask(
    "overall_judgement", "总体判断 / Overall judgement", rule="SV-5", form=OverallJudgement,
    by=role("head_of_materials"), due=working_days("judgement_due"), remind=working_days(1), escalate_to=manager,
    anew=("verdict", "reason"),
)  # fmt: skip

SURVEY_MATERIALS = FormTask(
    "survey_materials", "实地调查：资材 / On-site survey: materials", rule="SV-5", form=MaterialsSurvey,
    by=role("head_of_materials"), due=working_days("survey_due"), remind=working_days("survey_remind"),
    escalate_to=manager, anew=("minor_findings", "major_findings"),
)  # fmt: skip

SURVEY_TECHNIQUE = FormTask(
    "survey_technique", "实地调查：技术 / On-site survey: technique", rule="SV-5", form=TechniqueSurvey,
    by=role("head_of_technique"), due=working_days("survey_due"), remind=working_days("survey_remind"),
    escalate_to=manager, anew=("minor_findings", "major_findings"),
)  # fmt: skip

SURVEY_DESIGN = FormTask(
    "survey_design", "实地调查：设计 / On-site survey: design", rule="SV-5", form=DesignSurvey,
    by=role("head_of_design"), due=working_days("survey_due"), remind=working_days("survey_remind"),
    escalate_to=manager, anew=("minor_findings", "major_findings"),
)  # fmt: skip

SURVEY_QUALITY = FormTask(
    "survey_quality", "实地调查：质量管理 / On-site survey: quality management", rule="SV-5", form=QualitySurvey,
    by=role("head_of_quality"), due=working_days("survey_due"), remind=working_days("survey_remind"),
    escalate_to=manager, anew=("minor_findings", "major_findings"),
)  # fmt: skip

CORRECTION_CHECK = FormTask(
    "correction_check", "整改核查 / Check of the correction", rule="SV-5", form=CorrectionCheck,
    by=role("head_of_quality"), due=working_days("judgement_due"), remind=working_days(1), escalate_to=manager,
    anew=("verdict", "remark"),
)  # fmt: skip

CRITERIA = FormTask(
    "criteria", "六项原则评定 / Judgement of the six criteria", rule="SV-1", form=CriteriaJudgement,
    by=role("head_of_materials"), due=working_days("report_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

APPLICATION = FormTask(
    "recognition_application", "认定申请 / Application for recognition", rule="SV-6", form=RecognitionApplication,
    by=owner, due=working_days("report_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

RECOGNITION = Gate(
    "recognition", "供应商认定审批 / Recognition of the supplier", rule="SV-7",
    approver=role("head_of_marketing"),
    then=above("recognition_finance_above", role("finance"), role("general_manager")),
    due=working_days("recognition_due"), remind=working_days("recognition_remind"), escalate_to=manager,
    on_silence=keep_waiting, send_back=("SV-3", "SV-4", "SV-5", "SV-6"), rounds="recognition_rounds",
    material=("company", "credit_code", "goods", "category", "yearly_amount"),
    on_yes="签订合同并分配供应商代码 / contracts and supplier code follow",
)  # fmt: skip

CONTRACT_SIGNERS = FormTask(
    "contract_signers", "合同签署人 / Signers of the contracts", rule="SV-8", form=ContractSigners,
    by=owner, due=working_days(2), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

SIGNED_ANEW = ("supply_ours", "supply_theirs", "quality_ours", "quality_theirs", "same_signers")

CONTRACT_CHECK = FormTask(
    "contract_check", "合同确认 / Confirmation of the contracts", rule="SV-8", form=ContractCheck,
    by=role("head_of_materials"), due=working_days("contracts_confirm_due"), remind=working_days(1),
    escalate_to=manager, anew=(*SIGNED_ANEW, "authorisations_are_right", "remark"),
)  # fmt: skip

BANK_DETAILS = FormTask(
    "bank_details", "银行账户 / Bank details", rule="SV-9", form=BankDetails,
    by=owner, due=working_days("bank_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

BANK_CHECK = FormTask(
    "bank_check", "银行账户确认（第二人） / Confirmation of the bank details by a second person", rule="SV-9",
    form=BankCheck, by=role("finance"), other_than="bank_details", due=working_days("bank_due"),
    remind=working_days(1), escalate_to=manager, anew=("account_number", "confirmed", "remark"),
)  # fmt: skip

PAYMENT_TERMS = FormTask(
    "payment_terms", "确定付款条件 / Terms of payment", rule="SV-11", form=PaymentTerms,
    by=role("finance"), due=working_days("payment_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

POLICY = (
    PolicyRead("criteria_weights"),
    *(PolicyRead(key, "whole number") for key in ("pass_mark", "floor", "class_a_from_score", "class_b_from_score")),
    *(PolicyRead(f"class_{letter}_valid_years", "whole number") for letter in "abc"),
    *(PolicyRead(key, "whole number") for key in ("rounds_of_survey", "rounds_of_signing")),
    *(PolicyRead(key, "whole number") for key in ("reevaluation_before", "certificate_remind_first")),
    *(PolicyRead(key, "amount") for key in ("class_a_from_amount", "class_b_from_amount")),
)
"""What SV-1, SV-7 and SV-12 read of the policy besides the limits and durations above."""
