"""What each mail needs to know, one frozen model per message. It must not hold wording, server addresses or secrets.

Conventions: a field named in a docstring as *label* is an authored "中文 / English" string, read by `in_language`; all
other text is user data and is shown as it is. Instants are ISO 8601 strings with zone. All fields survive
`model_dump(mode="json")` unchanged. Recipient, language, attachments and the answered mail stand in the outbox row.
"""

from typing import Final

from pydantic import AwareDatetime

from crm_workflows.domain.message_parts import AmendedPart as AmendedPart
from crm_workflows.domain.message_parts import CasePart as CasePart
from crm_workflows.domain.message_parts import Changed as Changed
from crm_workflows.domain.message_parts import EarlierApproval as EarlierApproval
from crm_workflows.domain.message_parts import Fact as Fact
from crm_workflows.domain.message_parts import FileProblem as FileProblem
from crm_workflows.domain.message_parts import Kind as Kind
from crm_workflows.domain.message_parts import Mail as Mail
from crm_workflows.domain.message_parts import QuestionPart as QuestionPart
from crm_workflows.domain.message_parts import ReceivedFile as ReceivedFile
from crm_workflows.domain.message_parts import RequestPart as RequestPart
from crm_workflows.domain.message_parts import SendBackTarget as SendBackTarget
from crm_workflows.domain.messages_access import SIGN_IN as SIGN_IN
from crm_workflows.domain.messages_access import SignIn as SignIn
from crm_workflows.domain.messages_desk import AuditCheckpoint as AuditCheckpoint
from crm_workflows.domain.messages_desk import DoctorReport as DoctorReport
from crm_workflows.domain.messages_desk import DoctorsFinding as DoctorsFinding
from crm_workflows.domain.messages_desk import MailboxAway as MailboxAway
from crm_workflows.domain.messages_desk import MailFailed as MailFailed
from crm_workflows.domain.messages_desk import MailTrouble as MailTrouble
from crm_workflows.domain.messages_desk import MailUnread as MailUnread
from crm_workflows.domain.messages_desk import NeedsAttention as NeedsAttention
from crm_workflows.domain.messages_digest import DIGEST as DIGEST
from crm_workflows.domain.messages_digest import OF_DIGESTS as OF_DIGESTS
from crm_workflows.domain.messages_digest import CellFinding as CellFinding
from crm_workflows.domain.messages_digest import Digest as Digest
from crm_workflows.domain.messages_digest import DigestAnswer as DigestAnswer
from crm_workflows.domain.messages_digest import DigestPart as DigestPart
from crm_workflows.domain.messages_digest import DigestResult as DigestResult
from crm_workflows.domain.messages_report import MonthlyReport as MonthlyReport
from crm_workflows.domain.messages_survey import GRADES as GRADES
from crm_workflows.domain.messages_survey import SURVEY as SURVEY
from crm_workflows.domain.messages_survey import Survey as Survey


class ApprovalRequest(Mail):
    """Asks for a decision (G-6)."""

    request: RequestPart


class TaskRequest(Mail):
    """Asks to fill in a form; `fields` are the labels of what it asks."""

    request: RequestPart
    fields: tuple[str, ...] = ()


class DocumentsRequest(Mail):
    """Asks for papers (SV-3), by reply with attachments or on the upload page."""

    request: RequestPart
    kinds: tuple[Kind, ...]
    max_megabytes: int = 25


class Reminder(Mail):
    """Reminds of any request that is still open (G-1, G-3); `kinds` for documents, `fields` for tasks."""

    request: RequestPart
    opened_at: AwareDatetime
    kinds: tuple[Kind, ...] = ()
    fields: tuple[str, ...] = ()


class Escalation(Mail):
    """Tells a manager that somebody's request is overdue (G-3); the manager decides nothing by it."""

    request: RequestPart
    opened_at: AwareDatetime
    assignee_name: str
    assignee_email: str


class Receipt(Mail):
    """Confirms an answer: what was recorded, what follows, how to undo (`follows` is a label).

    `decision` is a decision of the contract, `submit` for a form, or the label of what that form says.
    """

    request: str
    kind: str
    """Kind of the request: approval, task or documents."""
    rule: str
    title: str
    """Label of the request."""
    decision: str
    recorded_at: AwareDatetime
    comment: str = ""
    on_behalf_of: str | None = None
    sent_back_to: SendBackTarget | None = None
    passed_to: str | None = None
    """Name of the person delegated to, added or asked."""
    answers: tuple[Fact, ...] = ()
    follows: str = ""
    undo_until: AwareDatetime | None = None
    recorded_by: str = ""
    """The account of the administrator who answered in the reader's name by command; empty where the reader did."""


class Unclear(Mail):
    """Asks back because a reply could not be read with certainty; `reason` is a label, `read` the line we read."""

    request: RequestPart
    read: str
    reason: str


class Refused(Mail):
    """Explains politely why an answer has not been applied; `reason` is a label of one sentence.

    `title` is the label of the request, empty when the answer belongs to none. `written_by` is the address of somebody
    else who answered for the reader, else None; `in_charge` name and address of the owner, for people outside.
    """

    reason: str
    title: str = ""
    decision: str | None = None
    """What was decided before, if anything, by `decided_by` at `decided_at`."""
    decided_by: str | None = None
    decided_at: AwareDatetime | None = None
    written_by: str | None = None
    in_charge: tuple[str, str] | None = None


class DocumentsReceived(Mail):
    """Says which papers were taken, which not and why, and what is still missing; nothing missing means complete."""

    request: RequestPart
    accepted: tuple[ReceivedFile, ...] = ()
    problems: tuple[FileProblem, ...] = ()
    missing: tuple[Kind, ...] = ()
    max_megabytes: int = 25


class CaseOpened(Mail):
    """Tells owner and requester of a case that it was opened, by whom and about what (G-1)."""

    requester_name: str
    requester_email: str
    opened_at: AwareDatetime
    facts: tuple[Fact, ...] = ()
    is_owner: bool = True
    is_requester: bool = False
    """True for whoever requested it: they can remind and recall, by reply and link."""


class DecisionNotice(Mail):
    """Tells requester, owner and the others asked how a gate was decided (G-2); labels: `title`, `follows`."""

    rule: str
    title: str
    decision: str
    decided_at: AwareDatetime
    decided_by: str | None = None
    """None when the gate was decided by silence (G-3)."""
    on_behalf_of: str | None = None
    comment: str = ""
    sent_back_to: SendBackTarget | None = None
    facts: tuple[Fact, ...] = ()
    follows: str = ""
    asked_as_well: bool = False
    """True for somebody who was asked the same: it is settled, and they need do nothing."""
    is_copy: bool = False
    """True for somebody who only hears of it: nothing is asked of them."""
    is_override: bool = False
    """True where two people decided over those asked."""


class CaseClosed(Mail):
    """Tells how a case ended; `outcome` in the words of the contract, `reason` is a label, `comment` user data."""

    outcome: str
    closed_at: AwareDatetime
    reason: str = ""
    comment: str = ""
    facts: tuple[Fact, ...] = ()
    decision: DecisionNotice | None = None
    """The decision with which it ended at once, for somebody who would have been told of that by a mail of its own."""


class Announcement(Mail):
    """Passes base data on to the departments concerned (SV-11); labels: `title`, `text`."""

    title: str
    text: str = ""
    facts: tuple[Fact, ...] = ()


class Letter(Mail):
    """Writes to somebody outside, such as the welcome to a customer (ON-10); labels: `title`, `text`."""

    title: str
    text: str
    facts: tuple[Fact, ...] = ()


class StartConfirmation(Mail):
    """Asks the named owner to confirm a case that somebody started in their name; `started_from` is a label."""

    request: RequestPart
    started_from: str
    started_at: AwareDatetime
    started_by: str | None = None


MESSAGES: Final[dict[str, type[Mail]]] = {
    "approval_request": ApprovalRequest,
    "task_request": TaskRequest,
    "documents_request": DocumentsRequest,
    "reminder": Reminder,
    "escalation": Escalation,
    "receipt": Receipt,
    "unclear": Unclear,
    "refused": Refused,
    "documents_received": DocumentsReceived,
    "case_opened": CaseOpened,
    "decision_notice": DecisionNotice,
    "case_closed": CaseClosed,
    "needs_attention": NeedsAttention,
    "mail_failed": MailFailed,
    "mail_trouble": MailTrouble,
    "mail_unread": MailUnread,
    "mailbox_away": MailboxAway,
    "audit_checkpoint": AuditCheckpoint,
    "doctor": DoctorReport,
    "announcement": Announcement,
    "letter": Letter,
    "start_confirmation": StartConfirmation,
    "digest": Digest,
    "digest_answer": DigestAnswer,
    SURVEY: Survey,
    SIGN_IN: SignIn,
    "monthly_report": MonthlyReport,
}
"""Every message by its name, which is also the name of its template folder and of `Message.template`."""
NAMES: Final = {context: name for name, context in MESSAGES.items()}
"""The way back: which mail a context is for."""

TITLES: Final[dict[str, str]] = {
    "approval_request": "审批请求 / Approval request",
    "task_request": "任务表单 / Task",
    "documents_request": "资料请求 / Request for papers",
    "reminder": "催办提醒 / Reminder",
    "escalation": "逾期上报 / Escalation",
    "receipt": "答复回执 / Receipt",
    "unclear": "请明确答复 / Question back",
    "refused": "答复未生效 / Answer not applied",
    "documents_received": "资料签收 / Papers received",
    "case_opened": "新案件 / New case",
    "decision_notice": "审批结果 / Decision",
    "case_closed": "流程结束 / Case closed",
    "needs_attention": "需要处理 / Needs attention",
    "mail_failed": "邮件未送达 / Mail not delivered",
    "mail_trouble": "邮件服务器故障 / Mail server trouble",
    "mail_unread": "来信需要处理 / Mail that needs a person",
    "mailbox_away": "收信邮箱故障 / Mailbox trouble",
    "audit_checkpoint": "审计检查点 / Audit checkpoint",
    "doctor": "夜间检查 / Nightly check",
    "announcement": "通知 / Announcement",
    "letter": "致客户函 / Letter",
    "start_confirmation": "确认发起 / Confirm the start",
    "digest": "每日待办 / Morning digest",
    "digest_answer": "每日待办的答复 / Answer to a digest",
    SURVEY: "满意度调查 / Satisfaction survey",
    SIGN_IN: "登录码 / Sign-in code",
    "monthly_report": "客户关系月报 / Monthly report",
}
"""What a message is called in lists and notices (labels)."""

ANSWERABLE: Final = frozenset((
    "approval_request", "task_request", "documents_request", "reminder", "receipt", "unclear", "refused",
    "documents_received", "start_confirmation", "case_opened", "digest", "digest_answer",
))  # fmt: skip
"""Messages whose reader may answer for the request named in the outbox row, so that reply address and link carry the
secret of that reader. An escalation is not among them: it shows a manager what somebody else is asked."""


def context_of(template: str, context: object) -> Mail:
    """The typed context of an outbox row. Raises KeyError for an unknown message, pydantic's error for a wrong one."""
    return MESSAGES[template].model_validate(context)
