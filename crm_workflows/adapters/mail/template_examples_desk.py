"""Examples of notices to staff: about mail itself, the record and the night, and of what departments are told.

They must not name real companies or people.
"""

from typing import Any, Final

from crm_workflows.adapters.mail.template_example_parts import CASE, FACTS, MONDAY
from crm_workflows.domain import messages as m

AUDIT: Final = m.CasePart(case="", title="2026-03-02", process="审计检查点 / Audit checkpoint")
NIGHT: Final = m.CasePart(case="", title="2026-03-02", process="夜间检查 / Nightly check")
MAIL: Final = m.CasePart(case="", title="有收到的邮件无法处理", process="收到的邮件 / Mail received")
DOUBT: Final = m.CasePart(
    case="", title="可能是投诉的来信", process="收到的邮件 / Mail received", url_path="/start/complaint-resolution"
)

DESK: Final[dict[str, tuple[Any, ...]]] = {
    "mail_failed": (
        m.MailFailed(
            case=CASE,
            to_name="李明",
            message="m-7f3a",
            template="documents_request",
            to="chen.jing@supplier.example",
            why="对方服务器拒收该地址（550 User unknown） / the server refuses the address (550 User unknown)",
            failed_at=MONDAY,
        ),
        m.MailFailed(
            case=CASE,
            to_name="李明",
            message="m-7f3b",
            template="documents_request",
            to="chen.jing@supplier.example",
            why="邮件被退回：对方没有这个地址（5.1.1） / the mail came back: there is no such address (5.1.1)",
            failed_at=MONDAY,
            field="contact.email",
        ),
    ),
    "mail_trouble": (
        m.MailTrouble(
            case=CASE, why="服务器拒绝登录（535） / the server refuses our login (535)", since=MONDAY, waiting=3
        ),
    ),
    "mailbox_away": (
        m.MailboxAway(
            case=m.CasePart(case="", title="收信邮箱无法读取", process="收到的邮件 / Mail received"),
            to_name="管理员",
            mailbox="approvals@company.example",
            why=(
                "收信服务器 imap.company.example:993 拒绝登录：AUTHENTICATIONFAILED / "
                "The mailbox server at imap.company.example:993: it refuses the login: AUTHENTICATIONFAILED"
            ),
            since=MONDAY,
        ),
    ),
    "audit_checkpoint": (
        m.AuditCheckpoint(
            case=AUDIT,
            to_name="管理员",
            n=12,
            at=MONDAY,
            cases=8,
            hash="4f2d7c" * 10 + "4f2d",
            public_key="a1b2c3" * 10 + "a1b2",
        ),
    ),
    "doctor": (
        m.DoctorReport(
            case=NIGHT,
            to_name="管理员",
            at=MONDAY,
            more=2,
            findings=(
                m.DoctorsFinding(
                    what="“财务”没有可以询问的人：无人担任 / There is nobody to ask for Finance (nobody is there)",
                    where="SV-11 确定付款条件 / SV-11 Terms of payment",
                    cases="SV-2026-00001, SV-2026-00007",
                    count=2,
                    remedy="crmw people show > people.yaml；编辑 people.yaml：让在岗的人担任此角色；"
                    "crmw people apply people.yaml / crmw people show > people.yaml; edit people.yaml: give the role "
                    "to somebody who is here; crmw people apply people.yaml",
                ),
                m.DoctorsFinding(
                    what="案件已停下，需要处理 / the case stands still and needs attention",
                    where="",
                    cases="SV-2026-00003",
                    count=1,
                    remedy="crmw retry SV-2026-00003",
                ),
            ),
        ),
    ),
    "mail_unread": (
        m.MailUnread(
            case=CASE,
            to_name="管理员",
            problem="对同一事项的回复一直无法读懂 / replies to one request remain unclear",
            mail="6b0f5a2c9d",
            sender="zhao.qiang@example.com",
            subject="回复：[SV-2026-00001] 供应商认定",
            received_at=MONDAY,
            why="第一行只是表示收到 / The first line only acknowledges",
            remedy="请直接联系对方 / speak to the writer",
            title="供应商认定审批 / Recognition of the supplier",
        ),
        m.MailUnread(
            case=MAIL,
            problem="有收到的邮件无法处理 / received mail could not be processed",
            mail="6b0f5a2c9d",
            sender="",
            subject="",
            received_at=MONDAY,
            why="邮件的部分太多 / The mail has too many parts",
            remedy="与发件人联系 / speak to the sender",
        ),
    ),
    "announcement": (
        m.Announcement(
            case=CASE,
            to_name="财务部",
            title="新供应商已登记 / New supplier registered",
            text="以下供应商已通过认定，可以开始交易。 / The supplier below is recognised and may be traded with.",
            facts=FACTS[:3],
        ),
        m.Announcement(
            case=DOUBT,
            to_name="唐丽",
            title="可能是投诉的来信 / Mail that may be a complaint",
            text="这封邮件寄到了投诉邮箱，系统没有立案。 / It came to the complaints address; none opened.",
            facts=(
                m.Fact(label="投诉人 / Who complains", value="网站留言 · noreply@shop.example"),
                m.Fact(label="内容 / Words", value="姓名：顾晚晴\n电话：138 0000 0000\n泵的密封件漏水，请处理。"),
            ),
        ),
    ),
}
"""By message name, as `template_examples.EXAMPLES`."""
