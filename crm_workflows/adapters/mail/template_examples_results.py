"""Examples of the mails that tell how it came out: of a decision, of the end, of both. It must not name real people."""

from typing import Final

from crm_workflows.adapters.mail.template_example_parts import BACK, CASE, FACTS, MONDAY, OUTSIDE, WEDNESDAY
from crm_workflows.domain import messages as m

RESULTS: Final[dict[str, tuple[m.Mail, ...]]] = {
    "decision_notice": (
        m.DecisionNotice(
            case=CASE,
            to_name="李明",
            rule="SV-7",
            title="供应商认定审批 / Recognition of the supplier",
            decision="send_back",
            decided_at=MONDAY,
            decided_by="王芳",
            on_behalf_of="赵强",
            comment="决算表缺第 2 页，请补。",
            sent_back_to=BACK[0],
            facts=FACTS[:2],
            follows="重新收集资料 / papers are collected again",
        ),
        m.DecisionNotice(
            case=CASE, rule="SV-7", title="供应商认定审批 / Recognition", decision="approve", decided_at=MONDAY
        ),
        m.DecisionNotice(
            case=CASE,
            rule="SV-7",
            title="供应商认定审批 / Recognition",
            decision="reject",
            decided_at=MONDAY,
            asked_as_well=True,
        ),
        m.DecisionNotice(
            case=CASE,
            to_name="赵强",
            rule="SV-7",
            title="供应商认定审批 / Recognition",
            decision="approve",
            decided_at=MONDAY,
            decided_by="王芳",
            asked_as_well=True,
            is_override=True,
        ),
        m.DecisionNotice(
            case=CASE,
            to_name="冯雪",
            rule="SV-7",
            title="供应商认定审批 / Recognition",
            decision="reject",
            decided_at=MONDAY,
            decided_by="王芳",
            is_copy=True,
        ),
    ),
    "case_closed": (
        m.CaseClosed(
            case=CASE,
            to_name="李明",
            outcome="approved",
            closed_at=WEDNESDAY,
            facts=(m.Fact(label="供应商代码 / Supplier code", value="SUP-M-0001"),),
        ),
        m.CaseClosed(
            case=OUTSIDE,
            outcome="lapsed",
            closed_at=WEDNESDAY,
            reason="规定期限内未收到资料 / the papers did not arrive in time",
            comment="欢迎日后再次申请。",
        ),
        m.CaseClosed(
            case=CASE,
            to_name="李明",
            outcome="rejected",
            closed_at=WEDNESDAY,
            reason="供应商未获认定 / the supplier was not recognised",
            comment="决算表显示连续两年亏损。",
            decision=m.DecisionNotice(
                case=CASE,
                to_name="李明",
                rule="SV-7",
                title="供应商认定审批 / Recognition of the supplier",
                decision="reject",
                decided_at=WEDNESDAY,
                decided_by="王芳",
                on_behalf_of="赵强",
                comment="决算表显示连续两年亏损。",
                facts=FACTS[:2],
            ),
        ),
        m.CaseClosed(
            case=CASE,
            to_name="冯雪",
            outcome="approved",
            closed_at=WEDNESDAY,
            decision=m.DecisionNotice(
                case=CASE,
                to_name="冯雪",
                rule="SV-7",
                title="供应商认定审批 / Recognition",
                decision="approve",
                decided_at=WEDNESDAY,
                decided_by="王芳",
                comment="先签一年。",
                asked_as_well=True,
            ),
        ),
    ),
}
"""By message name, as `template_examples.EXAMPLES`."""
