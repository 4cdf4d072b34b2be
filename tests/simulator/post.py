"""The mail server and the way to it: takes mails, refuses, breaks off, is slow; keeps every copy that it took.

What it is handed must be on record as being sent before: that is asked at each attempt.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from crm_workflows.domain.records import Message
from crm_workflows.engine.mail_out.outbox_ports import (
    Ambiguous,
    Attachment,
    MessageRefused,
    Outcome,
    RecipientRefused,
    Rendered,
    Sent,
    ServerTrouble,
)
from tests.simulator.store import SteppedStore
from tests.simulator.world import World

OUTCOMES: dict[str, Outcome] = {
    "unknown": RecipientRefused(550, "no such user"),
    "refused": MessageRefused(554, "not this one"),
    "closing": ServerTrouble(421, "closing down"),
    "busy": ServerTrouble(451, "try again", only_this_mail=True),
    "lost": Ambiguous("the connection was lost"),
    "taken and lost": Ambiguous("the connection was lost"),
}
LIKELY = ("closing", "closing", "busy", "busy", "lost", "taken and lost", "taken and lost", "unknown", "refused")


TIME_OUT = ("lost", "taken and lost", "closing")
"""What is known only when an answer has not come for half a minute."""


@dataclass(frozen=True)
class Letter:
    """A mail as its reader sees it."""

    id: str
    case: str
    template: str
    request: str
    token: str
    message_id: str
    to: str


class PlainMail:
    """Renders and composes in a few lines, from all that goes into a mail; an own Date and count show each making."""

    def __init__(self) -> None:
        self.made = 0

    def render(self, message: Message, *, token: str | None, links: bool) -> Rendered:
        self.made += 1
        text = f"{message.case}|{message.template}|{message.request or ''}|{token or ''}|{self.made}"
        return Rendered(f"[{message.case}] {message.template}", text, "")

    def template_hash(self, name: str) -> str:
        return f"hash of {name}"

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
        identity = message.message_id.replace("*", secret)
        head = f"Message-ID: {identity}\r\nDate: {at.isoformat()}\r\nTo: {to}\r\nX-Id: {message.id}\r\n"
        return f"{head}\r\n{rendered.text}\r\n".encode()

    def mask(self, content: bytes, secret: str) -> bytes:
        return content.replace(secret.encode(), b"*" * len(secret))


def read_letter(content: bytes) -> Letter:
    """What a reader sees."""
    head, _, body = content.decode().partition("\r\n\r\n")
    said = dict(line.split(": ", 1) for line in head.split("\r\n"))
    case, template, request, token, _ = body.strip().split("|")
    return Letter(said["X-Id"], case, template, request, token, said["Message-ID"], said["To"])


class PostOffice:
    """The server; implements `Transport` for every sender."""

    def __init__(self, world: World, observer: SteppedStore, receive: Callable[[Letter], None]) -> None:
        self._world, self._observer, self._receive = world, observer, receive
        self.attempts: Counter[str] = Counter()
        self._last: dict[str, int] = {}
        self.copies: defaultdict[str, list[bytes]] = defaultdict(list)
        self.refused: set[str] = set()
        self.broken: list[str] = []

    def deliver(self, recipient: str, content: bytes) -> Outcome:
        """See the port; what goes wrong is drawn."""
        world, letter = self._world, read_letter(content)
        self.attempts[letter.id] += 1
        self._on_record(letter)
        drawn = world.rng.random()
        mishap = world.rng.choice(LIKELY) if drawn < world.mood.smtp else ""
        self._may_stop("before delivery")
        if mishap in ("", "taken and lost"):
            self._take(letter, recipient, content)
        if mishap in ("unknown", "refused"):
            self.refused.add(letter.id)
        self._may_stop("after delivery")
        if mishap in TIME_OUT and world.rng.random() < 0.5:
            world.pause("no answer", 30)
        return OUTCOMES[mishap] if mishap else Sent("250 ok")

    def close(self) -> None:
        """See the port."""

    def _on_record(self, letter: Letter) -> None:
        """Each attempt was committed before it is made; who was stopped in between may come too late for that."""
        if self._world.was_stopped:
            return
        with self._observer.read() as reader:
            row = reader.get(Message, letter.id)
        if row is None or row.status != "sending" or row.attempts <= self._last.get(letter.id, 0):
            found = f"{row.status} after {row.attempts} attempts" if row else "nothing"
            self.broken.append(
                f"mail {letter.id} of {letter.case} was handed over ({self.attempts[letter.id]}.), its row: {found}"
            )
        self._last[letter.id] = row.attempts if row else 0

    def _take(self, letter: Letter, recipient: str, content: bytes) -> None:
        copies = self.copies[letter.id]
        if copies and copies[0] != content:
            self.broken.append(f"mail {letter.id} of {letter.case} was handed over with other bytes than before")
        copies.append(content)
        if len(copies) == 1:
            self._receive(letter)

    def _may_stop(self, place: str) -> None:
        mood, drawn = self._world.mood, self._world.rng.random()
        if drawn < mood.kill * 2:
            self._world.die(place)
        elif drawn < mood.kill * 2 + mood.pause / 2:
            self._world.pause(place, self._world.rng.choice((2, 5, 30)))
