"""Who is asked in supplier vetting, by when, and what silence means."""

from crm_workflows import FormTask, Gate, PolicyRead, above, keep_waiting, manager, owner, role, working_days
from flows.supplier_vetting.forms import (
    CriteriaJudgement,
    DuplicateVerdict,
    PapersCheck,
    PaymentTerms,
    RecognitionApplication,
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

CRITERIA = FormTask(
    "criteria", "六项原则评定 / Judgement of the six criteria", rule="SV-1", form=CriteriaJudgement,
    by=role("head_of_materials"), due=working_days("report_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

APPLICATION = FormTask(
    "recognition_application", "认定申请 / Application for recognition", rule="SV-6", form=RecognitionApplication,
    by=owner, due=working_days("report_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

RECOGNITION = Gate(
    "recognition", "供应商认定 / Recognition of the supplier", rule="SV-7",
    approver=role("head_of_marketing"),
    then=above("recognition_finance_above", role("finance"), role("general_manager")),
    due=working_days("recognition_due"), remind=working_days("recognition_remind"), escalate_to=manager,
    on_silence=keep_waiting, send_back=("SV-3", "SV-6"), rounds="recognition_rounds",
    on_yes="认定通过后给定供应商代码；超过限额的还须财务和总经理批准 / "
    "the supplier is recognised and gets its code; above the limit finance and the general manager decide as well",
    on_no="本案以“未通过”结束，通知申请人 / the case ends as rejected and the requester is told",
)  # fmt: skip

PAYMENT_TERMS = FormTask(
    "payment_terms", "确定付款条件 / Terms of payment", rule="SV-11", form=PaymentTerms,
    by=role("finance"), due=working_days("payment_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

POLICY = (
    PolicyRead("criteria_weights"),
    *(PolicyRead(key, "whole number") for key in ("pass_mark", "floor", "class_a_from_score", "class_b_from_score")),
    *(PolicyRead(key, "amount") for key in ("class_a_from_amount", "class_b_from_amount")),
)
"""What SV-1 and SV-7 read of the policy besides the limits and durations above."""
