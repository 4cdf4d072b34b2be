"""An office in which stories about procedures are told: a clock that the story moves, and people who answer.

It drives the engine through its public verbs only; mails are read from the outbox, replies are real MIME messages. It
must not wire anything (see `interfaces.stories`).
"""

from datetime import datetime
from email.message import EmailMessage
from typing import Any

from crm_workflows.domain.durations import Duration
from crm_workflows.domain.messages import OF_DIGESTS
from crm_workflows.domain.records import Assignee, Digest, Message, Request
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer, Answered
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.mail_out.outbox_secrets import digest_token
from crm_workflows.engine.requests import papers
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.requests.papers import HandedIn
from crm_workflows.engine.running import opening, worker
from crm_workflows.engine.views import views
from crm_workflows.testing.clock import ManualClock

ASKS = ("approval_request", "task_request", "documents_request", "start_confirmation")
"""The mails that ask somebody."""


class Office:
    """A company at work on one store."""

    def __init__(self, engine: Engine, clock: ManualClock) -> None:
        self.engine = engine
        self.clock = clock

    # -- what people do -----------------------------------------------------------------------------------------

    def start(self, process: str, input_: Any, **how: Any) -> str:
        """Open a case and work until it waits; returns its code."""
        how = {"requester": None, "origin": "cli"} | how
        code = opening.start(self.engine, process, input_, **how).code
        self.work()
        return code

    def work(self) -> int:
        """Do everything that is ready and due now."""
        return worker.work_until_idle(self.engine)

    def advance(self, duration: Duration) -> None:
        """Let working or clock time pass, then do what has become due."""
        self.move_to(self.engine.staff.calendar().add(self.clock.now(), duration))

    def move_to(self, at: datetime) -> None:
        """Put the clock to an instant, then do what has become due."""
        self.clock.move_to(at)
        self.work()

    def answer(
        self, code: str, decision: str, *, by: str | None = None, gate: str | None = None, **more: Any
    ) -> Answered:
        """Answer the (named) open request, as the first person asked unless told otherwise."""
        item = self.waiting(code, gate)
        given = Answer(decision, by or item["assignee"]["email"], more.pop("channel", "link"), **more)
        return answers.answer(self.engine, item["id"], given)

    def submit(
        self, code: str, *, by: str | None = None, gate: str | None = None, channel: str = "page", **changes: Any
    ) -> Answered:
        """Submit the (named) open task with its own example, changed where told."""
        item = self.waiting(code, gate)
        form = views.task_view(self.engine, item["id"])["example"] | changes
        given = Answer("submit", by or item["assignee"]["email"], channel, form=form)
        return answers.answer(self.engine, item["id"], given)

    def hand_in(self, code: str, files: list[File], **how: Any) -> HandedIn:
        """Hand in papers as the person asked."""
        item = self.waiting(code, kind="documents")
        how = {"by": item["assignee"]["email"], "channel": "reply"} | how
        return papers.hand_in(self.engine, item["id"], files, **how)

    def reply(self, mail: Message, text: str, *, sender: str | None = None, files: list[File] | None = None) -> str:
        """Answer a mail by a real message to its reply address; returns the id of the inbound mail."""
        return intake.take_in(self.engine, self.reply_bytes(mail, text, sender=sender, files=files), "test", sender)

    def reply_bytes(
        self, mail: Message, text: str, *, sender: str | None = None, files: list[File] | None = None, n: int = 1
    ) -> bytes:
        """The message that a mail program would send as an answer to `mail`."""
        token = self.token(mail)
        message = EmailMessage()
        message["From"] = sender or mail.recipient
        message["To"] = f"approvals+{token}@{self.engine.mail_domain}"
        message["Subject"] = f"Re: [{mail.case}]"
        message["Message-ID"] = f"<reply.{n}.{mail.id}@client.example>"
        message["In-Reply-To"] = mail.message_id.replace("*", token)
        message.set_content(text)
        for file in files or ():
            maintype, _, subtype = file.media_type.partition("/")
            message.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=file.filename)
        if files:
            message.set_boundary(f"boundary.{n}.{mail.id}")  # the same mail is the same bytes
        return message.as_bytes()

    # -- what one sees ------------------------------------------------------------------------------------------

    def view(self, code: str) -> dict[str, Any]:
        """The case as `crmw case --json` shows it."""
        return views.case_view(self.engine, code)

    def waiting(self, code: str, gate: str | None = None, kind: str | None = None) -> dict[str, Any]:
        """The first (named) thing that the case waits for; fails the test when there is none."""
        items = views.waiting_for(self.engine, code)
        fitting = [i for i in items if (gate is None or i["gate"] == gate) and (kind is None or i["kind"] == kind)]
        if not fitting:
            raise AssertionError(f"{code} does not wait for {gate or kind or 'anything'}, but for {items}")
        return fitting[0]

    def mails(self, template: str | None = None, to: str | None = None, case: str | None = None) -> list[Message]:
        """Queued mails, earliest first."""
        wanted: dict[str, Any] = {
            k: v for k, v in (("template", template), ("recipient", to), ("case", case)) if v is not None
        }
        with self.engine.store.read() as reader:
            return reader.find(Message, order=("queued_at", "id"), **wanted)

    def asking(self, code: str, gate: str | None = None) -> Message:
        """The mail by which the first person of the (named) open request was asked."""
        item = self.waiting(code, gate)
        found = [m for m in self.mails(to=item["assignee"]["email"]) if m.request == item["id"] and m.template in ASKS]
        if len(found) != 1:
            raise AssertionError(f"{item['assignee']['email']} was asked by {found}")
        return found[0]

    def asking_facts(self, mail: Message) -> dict[str, str]:
        """What a mail shows, by the English label."""
        return {fact["label"].split(" / ")[-1]: fact["value"] for fact in mail.context["request"]["facts"]}

    def token(self, mail: Message) -> str:
        """The secret that a mail carries to its recipient."""
        with self.engine.store.read() as reader:
            if mail.template in OF_DIGESTS:
                return digest_token(self.engine.secrets, _there(reader.get(Digest, mail.case), mail))
            part = mail.context.get("request")
            person = part["person"] if isinstance(part, dict) else mail.recipient  # a question back may go to a deputy
            assignee = _there(reader.get(Assignee, mail.request or "", person), mail)
            request = reader.get(Request, mail.request or "")
        revision = request.revision if request else 1  # what belongs to no request is the requester's own door
        return self.engine.secrets.token(assignee.request, assignee.person, revision, assignee.nonce)


def _there(row: Any, mail: Message) -> Any:
    if row is None:
        raise AssertionError(f"mail {mail.id} ({mail.template}) cannot be answered")
    return row
