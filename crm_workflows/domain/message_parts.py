"""The parts from which contexts of mails are put together; conventions as in `messages`. It must not hold wording."""

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Frozen(BaseModel):
    """Cannot be changed, and knows no field that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Fact(Frozen):
    """One deciding fact: `label` is a label, `value` is shown as it is; English readers get `value_en` where given."""

    label: str
    value: str
    value_en: str = ""

    def said(self, language: str) -> str:
        """The value for readers of that language."""
        return self.value_en if self.value_en and language == "en" else self.value


class SendBackTarget(Frozen):
    """Where a gate may send the case back to; `title` is a label."""

    rule: str
    title: str


class Kind(Frozen):
    """One kind of paper asked for; `label` is a label."""

    kind: str
    label: str
    required: bool = True
    received: bool = False


class ReceivedFile(Frozen):
    """A file that was taken, with the label of the kind it was taken as."""

    filename: str
    label: str


class FileProblem(Frozen):
    """A file that was not taken; `reason` is a label."""

    filename: str
    reason: str


class CasePart(Frozen):
    """The case a mail belongs to; `process` is a label, `title` what the case is about (user data).

    `case` is empty where a mail is about no single case, such as a digest or what admins are told.
    """

    case: str
    title: str
    process: str
    url_path: str | None = None
    """Path of the case page such as `/cases/SV-2026-00001`; None for people outside the company."""


class EarlierApproval(Frozen):
    """Who approved at an earlier stage of the same gate; without a name it passed on silence. `role` is a label."""

    name: str = ""
    role: str = ""
    on_behalf_of: str | None = None
    decided_at: AwareDatetime | None = None
    comment: str = ""


class QuestionPart(Frozen):
    """What one of those who decide asked a colleague, and the answer; names, and words as they were written."""

    by: str
    asked: str
    question: str
    asked_at: AwareDatetime
    answer: str = ""
    answered_at: AwareDatetime | None = None


class Changed(Frozen):
    """One fact that was amended: `label` is a label, the values are shown as they are; empty where it was not there."""

    label: str
    before: str = ""
    after: str = ""
    before_en: str = ""
    after_en: str = ""

    def said(self, which: str, language: str) -> str:
        """The value `before` or `after` for readers of that language, a dash for nothing."""
        chinese, english = getattr(self, which), getattr(self, f"{which}_en")
        return (english if english and language == "en" else chinese) or "—"


class AmendedPart(Frozen):
    """What has changed since it was asked before, by whom and why (G-6); `reason` is user data."""

    by_name: str
    reason: str
    at: AwareDatetime
    changes: tuple[Changed, ...]
    may_uphold: bool = False
    """Whether this person approved before, so that one word says that they still do."""


class RequestPart(Frozen):
    """What one person is asked. Labels: `title`, `why_you`, `agreement`, `on_yes`, `on_no`, `on_silence`; what is empty
    is left out."""

    request: str
    kind: str
    """approval, task or documents"""
    rule: str
    title: str
    person: str
    """The assignee's key (`Assignee.person`), from which the secret of this mail is derived."""
    requester_name: str
    requester_email: str
    why_you: str = ""
    facts: tuple[Fact, ...] = ()
    approved_before: tuple[EarlierApproval, ...] = ()
    due_at: AwareDatetime | None = None
    on_yes: str = ""
    on_no: str = ""
    on_silence: str = ""
    silent_at: AwareDatetime | None = None
    """When no answer becomes an answer; None where we keep waiting."""
    deputy_for: str | None = None
    """Name of the person this one stands in for."""
    asked_as_well: tuple[str, ...] = ()
    """Names of the others who are asked the same."""
    agreement: str = ""
    """Label: how many of their answers it takes; empty where one person is asked alone."""
    round: int = 1
    note: str | None = None
    """Why it comes again: the reason of a send-back, or what has changed since."""
    amended: AmendedPart | None = None
    can: tuple[str, ...] = ()
    """Decisions open to this person, in the words of the contract: approve, reject, send_back …"""
    send_back_to: tuple[SendBackTarget, ...] = ()
    questions: tuple[QuestionPart, ...] = ()
    paused_since: AwareDatetime | None = None
    """Since when the clock stands, because a question is out."""
    changed: tuple[Fact, ...] = ()
    """What one of those who decide has approved lower: old and new."""
    may_change: tuple[Fact, ...] = ()
    """What may be approved lower: its title, and its name as the value."""
    by_reply: bool = False
    """True for a form that the words of a reply answer."""
    reply_with: str = ""
    """Which words they are, a label."""


class Mail(Frozen):
    """What every message has. `to_name` is how the recipient is addressed; empty leaves the name out."""

    case: CasePart
    to_name: str = ""
