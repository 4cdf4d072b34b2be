"""A case with an approval in the outbox, its people, and stand-ins for what the sender needs. It must not send."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from crm_workflows.adapters.keys import ServerKey
from crm_workflows.adapters.mail.template_examples import EXAMPLES
from crm_workflows.domain.people import Directory, Person
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Assignee, CaseRow, Message, Request
from crm_workflows.domain.working_time import WorkingCalendar
from crm_workflows.engine.mail_out.outbox import Habits, Sender
from crm_workflows.engine.mail_out.outbox_ports import Attachment, Outcome, Rendered, Sent
from crm_workflows.engine.ports import Clock, Store

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CASE = "SV-2026-00001"
REQUEST = "SV-2026-00001-R1"
OWNER, ADMIN, APPROVER = "li.ming@example.com", "admin@example.com", "wang.fang@example.com"
KEY = ServerKey(b"k" * 32)
TOKEN = KEY.token(REQUEST, APPROVER, 1, "nonce")


class SpeedClock:
    """Stands still; one real second is `speed` seconds of its own."""

    def __init__(self, speed: float = 1.0) -> None:
        self.at, self.speed = MONDAY, speed

    def now(self) -> datetime:
        return self.at

    def real_seconds(self, virtual_seconds: float) -> float:
        return virtual_seconds / self.speed

    def after_real(self, seconds: float) -> datetime:
        return self.at + timedelta(seconds=seconds * self.speed)

    def pass_real(self, seconds: float) -> None:
        """Let real time go by."""
        self.at = self.after_real(seconds)


class Staffed:
    """The people of the tests; what they do not need is not there."""

    def directory(self) -> Directory:
        return Directory(
            [
                Person(email=OWNER, name="李明", department="materials"),
                Person(email=ADMIN, name="管理员", department="it", language="en", roles=("admin",)),
                Person(email=APPROVER, name="王芳", department="marketing"),
                Person(email="gone@example.com", name="离职", department="it", roles=("admin",), active=False),
            ]
        )

    def policy(self) -> Policy:
        raise NotImplementedError

    def calendar(self) -> WorkingCalendar:
        raise NotImplementedError


def message(identity: str = "m1", template: str = "approval_request", to: str = APPROVER, **columns: Any) -> Message:
    """A queued mail with a context that is true to life."""
    given: dict[str, Any] = {
        "context": EXAMPLES[template][0].model_dump(mode="json"),
        "request": REQUEST,
        "language": "zh",
        "status": "queued",
        "message_id": f"<crmw.*.{identity}@crm.example.com>",
        "queued_at": MONDAY,
        "next_at": MONDAY,
    } | columns
    return Message(identity, given.pop("case", CASE), template, to, **given)


def fill(store: Store, *messages: Message) -> None:
    """The case, its request and these mails."""
    case = CaseRow(
        CASE,
        "supplier-vetting",
        1,
        "0",
        "waiting",
        {},
        "青岛海纳精密机械有限公司",
        OWNER,
        OWNER,
        "cli",
        "zh",
        "{}",
        MONDAY,
        request_count=1,
    )
    request = Request(REQUEST, CASE, "approval", "SV-7", "recognition", "认定 / Recognition", "k", 1, "open", MONDAY)
    asked = Assignee(REQUEST, APPROVER, CASE, "王芳", "head_of_marketing", "zh", "nonce", "hash", MONDAY)
    with store.write() as tx:
        tx.insert(case, request, asked, *messages)


def stored(store: Store, identity: str = "m1") -> Message:
    """The row as it is now."""
    with store.read() as reader:
        row = reader.get(Message, identity)
    assert row is not None
    return row


def all_mails(store: Store, **equals: Any) -> list[Message]:
    """Every mail, by id."""
    with store.read() as reader:
        return reader.find(Message, **equals)


@dataclass
class Wording:
    """Renders the token into a line; counts how often, and fails on demand."""

    rendered: int = 0
    error: Exception | None = None

    def render(self, message: Message, *, token: str | None, links: bool) -> Rendered:
        if self.error is not None:
            raise self.error
        self.rendered += 1
        return Rendered(f"[{message.case}] x", f"{message.template} {token} {links} #{self.rendered}", "<p>")

    def template_hash(self, name: str) -> str:
        return f"hash of {name}"


class Bytes:
    """Composes two lines that show everything it was told."""

    def compose(
        self,
        message: Message,
        rendered: Rendered,
        attachments: Sequence[Attachment],
        *,
        secret: str,
        is_answerable: bool,
        at: datetime,
        to: str,
    ) -> bytes:
        names = [a.filename for a in attachments]
        head = f"Message-ID: {message.message_id.replace('*', secret)}\r\nTo: {to}\r\nDate: {at.isoformat()}\r\n"
        return f"{head}{is_answerable} {names} {rendered.text}\r\n".encode()

    def mask(self, content: bytes, secret: str) -> bytes:
        return content.replace(secret.encode(), b"*" * len(secret))


@dataclass
class Server:
    """Answers with what it was given, in order, then takes everything; `meanwhile` is called within an attempt."""

    answers: list[Outcome | BaseException] = field(default_factory=list)
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[[], None] | None = None

    def deliver(self, recipient: str, content: bytes) -> Outcome:
        self.asked.append(recipient)
        if self.meanwhile is not None:
            self.meanwhile()
        answer = self.answers.pop(0) if self.answers else Sent("ok")
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Sent):
            self.taken.append((recipient, content))
        return answer

    def close(self) -> None:
        self.answers.clear()


@dataclass
class World:
    """One sender over a store."""

    store: Store
    clock: SpeedClock = field(default_factory=SpeedClock)
    server: Any = field(default_factory=Server)
    wording: Any = field(default_factory=Wording)
    composer: Any = field(default_factory=Bytes)
    retry_max: float = 300.0
    redirect_to: str | None = None
    per_minute: dict[str, int] = field(default_factory=dict)
    copies: Any = None

    def __post_init__(self) -> None:
        self.sender = self.new_sender()

    def new_sender(self) -> Sender:
        """As after a restart."""
        return Sender(
            self.store, _clock(self.clock), Staffed(), KEY,
            renderer=self.wording, composer=self.composer, transport=self.server,
            habits=Habits(self.retry_max, redirect_to=self.redirect_to, per_minute=self.per_minute), copies=self.copies,
        )  # fmt: skip

    def run(self, passes: int = 1) -> int:
        """Passes of the sender."""
        return sum(self.sender.send_due() for _ in range(passes))

    def run_for(self, real_seconds: float, step: float = 1.0) -> None:
        """Passes every `step` real seconds."""
        self.run()
        for _ in range(round(real_seconds / step)):
            self.clock.pass_real(step)
            self.run()


def _clock(clock: SpeedClock) -> Clock:
    return clock


def revised(message: Message, **columns: Any) -> Message:
    """The same row with other columns."""
    return replace(message, **columns)
