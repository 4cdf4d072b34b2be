"""One true-to-life context per message, for the check of templates at start, for previews and for tests.

It must not name real companies or people.
"""

from datetime import timedelta
from typing import Final

from crm_workflows.adapters.mail.template_example_parts import (
    AGAIN,
    AMENDED,
    APPROVAL,
    BACK,
    BY_COMMAND,
    CASE,
    FACTS,
    FIELDS,
    KINDS,
    MONDAY,
    OUTSIDE,
    PAPERS,
    TASK,
    request_of,
)
from crm_workflows.adapters.mail.template_examples_access import ACCESS
from crm_workflows.adapters.mail.template_examples_desk import DESK
from crm_workflows.adapters.mail.template_examples_digest import DIGESTS
from crm_workflows.adapters.mail.template_examples_report import REPORTS
from crm_workflows.adapters.mail.template_examples_results import RESULTS
from crm_workflows.adapters.mail.template_examples_survey import SURVEYS
from crm_workflows.domain import messages as m
from crm_workflows.domain.records import Message

EXAMPLES: Final[dict[str, tuple[m.Mail, ...]]] = {
    "approval_request": (
        m.ApprovalRequest(case=CASE, to_name="王芳", request=APPROVAL),
        m.ApprovalRequest(case=CASE, to_name="王芳", request=AGAIN),
        m.ApprovalRequest(case=CASE, to_name="王芳", request=AMENDED),
    ),
    "task_request": (m.TaskRequest(case=CASE, to_name="李明", request=TASK, fields=FIELDS),),
    "documents_request": (m.DocumentsRequest(case=OUTSIDE, to_name="陈静", request=PAPERS, kinds=KINDS),),
    "reminder": (
        m.Reminder(case=CASE, to_name="王芳", request=APPROVAL, opened_at=MONDAY),
        m.Reminder(case=CASE, to_name="李明", request=TASK, opened_at=MONDAY, fields=FIELDS),
        m.Reminder(case=OUTSIDE, request=PAPERS, opened_at=MONDAY, kinds=KINDS),
    ),
    "escalation": (
        m.Escalation(
            case=CASE,
            to_name="周总",
            request=APPROVAL,
            opened_at=MONDAY,
            assignee_name="王芳",
            assignee_email="wang.fang@example.com",
        ),
    ),
    "receipt": (
        m.Receipt(
            case=CASE,
            to_name="王芳",
            request="SV-2026-00001-4",
            kind="approval",
            rule="SV-7",
            title="供应商认定审批 / Recognition of the supplier",
            decision="approve",
            recorded_at=MONDAY,
            comment="资料齐全，价格合理。",
            follows="登记供应商代码，通知各部门 / the supplier gets its code and the departments are told",
            undo_until=MONDAY + timedelta(minutes=10),
        ),
        BY_COMMAND,
        m.Receipt(
            case=CASE,
            request="SV-2026-00001-4",
            kind="approval",
            rule="SV-7",
            title="供应商认定审批 / Recognition of the supplier",
            decision="send_back",
            recorded_at=MONDAY,
            comment="决算表缺第 2 页",
            on_behalf_of="赵强",
            sent_back_to=BACK[0],
            passed_to="陈静",
        ),
        m.Receipt(
            case=CASE,
            to_name="李明",
            request="SV-2026-00001-3",
            kind="task",
            rule="SV-6",
            title="认定申请 / Application for recognition",
            decision="submit",
            recorded_at=MONDAY,
            answers=(m.Fact(label="交易理由 / Reason for trading", value="交期短，质量稳定"),),
        ),
    ),
    "unclear": (
        m.Unclear(
            case=CASE,
            to_name="王芳",
            request=APPROVAL,
            read="好的，不过价格再谈谈吧？",
            reason="回复里带有条件或问题 / the reply holds a condition or a question",
        ),
        m.Unclear(case=OUTSIDE, request=PAPERS, read="", reason="邮件里没有附件 / there was no file attached"),
    ),
    "refused": (
        m.Refused(
            case=CASE,
            to_name="王芳",
            reason="这件事在您回复之前已经有了决定 / this had been decided before your reply arrived",
            title="供应商认定审批 / Recognition of the supplier",
            decision="reject",
            decided_by="赵强",
            decided_at=MONDAY,
        ),
        m.Refused(case=OUTSIDE, reason="这个地址没有被请求作出决定 / this address has not been asked to decide"),
        m.Refused(
            case=OUTSIDE,
            to_name="陈静",
            reason="您此前的答复我们已经收到，这一封不再改变它 / your earlier answer stands; this one changes nothing",
            title="对投诉的答复 / Our answer to your complaint",
            decision="接受 / I accept it",
            decided_at=MONDAY,
            in_charge=("王芳", "wang.fang@yongchang.example"),
        ),
        m.Refused(
            case=CASE,
            to_name="王芳",
            reason="回复来自另一个地址 / it came from another address",
            written_by="wang.fang@elsewhere.example",
        ),
    ),
    "documents_received": (
        m.DocumentsReceived(
            case=OUTSIDE,
            to_name="陈静",
            request=PAPERS,
            accepted=(m.ReceivedFile(filename="企业沿革 2026.pdf", label="企业沿革 / Company history"),),
            problems=(
                m.FileProblem(filename="产品目录.pdf", reason="文件是空的 / the file is empty"),
                m.FileProblem(filename="scan0001.jpg", reason="无法判断是哪一种资料 / we cannot tell what it is"),
            ),
            missing=(KINDS[1], KINDS[2]),
        ),
        m.DocumentsReceived(
            case=OUTSIDE,
            to_name="陈静",
            request=PAPERS,
            accepted=tuple(m.ReceivedFile(filename=f"{k.label.split(' / ')[0]}.pdf", label=k.label) for k in KINDS),
        ),
    ),
    "case_opened": (
        m.CaseOpened(
            case=CASE,
            to_name="李明",
            requester_name="王芳",
            requester_email="wang.fang@example.com",
            opened_at=MONDAY,
            facts=FACTS,
        ),
        m.CaseOpened(
            case=CASE,
            to_name="王芳",
            requester_name="王芳",
            requester_email="wang.fang@example.com",
            opened_at=MONDAY,
            is_owner=False,
            is_requester=True,
        ),
    ),
    **RESULTS,
    "needs_attention": (
        m.NeedsAttention(
            case=CASE,
            to_name="管理员",
            problem="角色“财务”目前没有可以处理的人 / nobody holds the role “finance” at present",
            since=MONDAY,
            detail="SV-7 recognition_finance",
            remedy="更新人员名单后重新放行本案 / update the people file, then release the case",
        ),
        m.NeedsAttention(case=CASE, problem="步骤出错 / a step failed", since=MONDAY),
    ),
    **DESK,
    **DIGESTS,
    **SURVEYS,
    **REPORTS,
    **ACCESS,
    "letter": (
        m.Letter(
            case=OUTSIDE,
            to_name="顾晚晴",
            title="欢迎成为我们的客户 / Welcome as our customer",
            text="感谢贵公司的信任。以下同事为您服务。 / Thank you for your trust. Your colleague here:",
            facts=(m.Fact(label="客户经理 / Account manager", value="林小雨"),),
        ),
    ),
    "start_confirmation": (
        m.StartConfirmation(
            case=CASE,
            to_name="李明",
            request=request_of(
                "approval",
                rule="SV-2",
                title="确认发起 / Confirm the start",
                can=("approve", "reject"),
                send_back_to=(),
                on_yes="流程开始 / the case starts",
                on_no="这次发起作废 / the case is dropped",
            ),
            started_from="Prefect 表单 / a form in Prefect",
            started_at=MONDAY,
            started_by="deploy-user",
        ),
    ),
}
"""By message name; the first of each is the plainest."""


def example_message(name: str, model: m.Mail, language: str) -> Message:
    """An outbox row that holds this example."""
    return Message(
        id="m-example",
        case=model.case.case,
        template=name,
        recipient="wang.fang@example.com",
        language=language,
        context=model.model_dump(mode="json"),
        status="queued",
        message_id="<crmw.*.m-example@crm.example.com>",
        queued_at=MONDAY,
        next_at=MONDAY,
        attachments=[{"sha256": "0" * 64, "filename": "认定申请书（第2版）.pdf", "media_type": "application/pdf"}]
        if name in ("approval_request", "announcement", "digest")
        else [],
    )
