"""What the mails to admins and auditors need to know: cases that stand still, trouble with mail, checkpoints."""

from pydantic import AwareDatetime

from crm_workflows.domain.message_parts import Frozen, Mail


class NeedsAttention(Mail):
    """Tells an admin that a case stands still; `problem` and `remedy` are labels, `detail` is shown as it is."""

    problem: str
    since: AwareDatetime
    detail: str = ""
    remedy: str = ""


class MailFailed(Mail):
    """Tells owner and admin that a mail could not be delivered; `template` is the name of the message."""

    message: str
    """Id for `crmw mail resend`."""
    template: str
    to: str
    why: str
    """A label of one sentence."""
    failed_at: AwareDatetime
    field: str = ""
    """The field of the case that holds the address, such as `contact.email`; empty where none does."""


class MailTrouble(Mail):
    """Tells an admin, once per episode, that the mail server does not take mail for the time being."""

    why: str
    """A label of one sentence."""
    since: AwareDatetime
    waiting: int
    """Mails waiting when this was written."""


class MailUnread(Mail):
    """Tells an admin of received mail that needs a person; labels: `problem`, `why`, `remedy`, and `title`, if any."""

    problem: str
    mail: str
    """Id of the received mail."""
    sender: str
    """The address it claims to come from; empty where there is none to be trusted."""
    subject: str
    received_at: AwareDatetime
    why: str
    remedy: str
    title: str = ""


class MailboxAway(Mail):
    """Tells an admin that a mailbox of ours has not been readable for some time."""

    mailbox: str
    """Its address."""
    why: str
    """A label of one sentence."""
    since: AwareDatetime


class AuditCheckpoint(Mail):
    """Takes a signed checkpoint of the record out of the house, to be kept (G-7); it is attached as a file."""

    n: int
    at: AwareDatetime
    cases: int
    """How many cases it covers that had changed."""
    hash: str
    public_key: str


class DoctorsFinding(Frozen):
    """A cause for which cases would get stuck; `what`, `where` and `remedy` are labels."""

    what: str
    where: str
    cases: str
    """The first codes."""
    count: int
    remedy: str


class DoctorReport(Mail):
    """Tells an admin in the morning what would get stuck, when that has changed (G-5)."""

    at: AwareDatetime
    findings: tuple[DoctorsFinding, ...]
    more: int = 0
    """Findings that are not listed."""
