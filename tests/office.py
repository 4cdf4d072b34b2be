"""An office for story tests: the shipped company, a clock that the test moves, and people who answer.

It drives the engine through its public verbs only; mails are read from the outbox, replies are real MIME messages.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crm_workflows.adapters.config_files import parse_calendar, parse_people, parse_policy
from crm_workflows.adapters.keys import ServerKey
from crm_workflows.bootstrap import load_processes
from crm_workflows.domain.durations import Duration
from crm_workflows.domain.messages import OF_DIGESTS
from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Assignee, Digest, Message, Request
from crm_workflows.domain.working_time import WorkingCalendar
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer, Answered
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.mail_out.outbox_secrets import digest_token
from crm_workflows.engine.ports import Store
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests import papers
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.requests.papers import HandedIn
from crm_workflows.engine.running import opening, worker
from crm_workflows.engine.views import views
from crm_workflows.testing import ManualClock
from tests.invariants import broken, suite
from tests.invariants.people import People

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"


ON_SITE = ("survey_materials", "survey_technique", "survey_design", "survey_quality")
"""The four parts of the survey on site (SV-5)."""
UNTIL_SURVEYED = ("papers_check", "management_talk", "technical_talk", "overall_judgement", *ON_SITE)
UNTIL_GATE = (*UNTIL_SURVEYED, "criteria", "recognition_application")
"""The form tasks between the papers and the recognition gate, in the order of the rule book."""


@cache
def shipped_text(kind: str) -> str:
    """The shipped people, policy or calendar file."""
    return (ROOT / "config" / f"{kind}.yaml").read_text(encoding="utf-8")


class FixedStaff:
    """The shipped company; a test may put another directory, policy or calendar in force."""

    def __init__(self, clock: ManualClock) -> None:
        people, self.rules, self.hours = shipped_company()
        self.changes = [(clock.now(), people)]
        self._clock = clock

    @property
    def people(self) -> Directory:
        """The directory in force."""
        return self.changes[-1][1]

    @people.setter
    def people(self, directory: Directory) -> None:
        self.changes.append((self._clock.now(), directory))

    def history(self) -> People:
        """Which directory was in force when."""
        return People(self.changes, self.hours.zone)

    def directory(self) -> Directory:
        return self.people

    def policy(self) -> Policy:
        return self.rules

    def calendar(self) -> WorkingCalendar:
        return self.hours


@cache
def _processes() -> Mapping[tuple[str, int], Procedure]:
    """Read and checked once."""
    return MappingProxyType(load_processes())


@cache
def shipped_company() -> tuple[Directory, Policy, WorkingCalendar]:
    """Read once: nobody can change what they hold."""
    return (
        parse_people(shipped_text("people")),
        parse_policy(shipped_text("policy")),
        parse_calendar(shipped_text("calendar")),
    )


def application(sample: str = "good", **changes: Any) -> dict[str, Any]:
    """The input of a sample, with changes."""
    return json.loads((SAMPLES / sample / "application.json").read_text(encoding="utf-8")) | changes


def documents(sample: str = "good") -> list[File]:
    """The papers of a sample, as the supplier would send them."""
    return [file for file in _files(sample) if "合同" not in file.filename]


def contracts(sample: str = "good") -> list[File]:
    """Both contracts of a sample, as the owner hands them in once they are signed (SV-8)."""
    return [file for file in _files(sample) if "合同" in file.filename]


def _files(sample: str) -> list[File]:
    folder = SAMPLES / sample / "documents"
    return [File(f.name, "application/octet-stream", f.read_bytes()) for f in sorted(folder.iterdir())]


class Office:
    """A company at work on one store."""

    def __init__(self, store: Store, versions: dict[tuple[str, int], Procedure] | None = None) -> None:
        self.clock = ManualClock()
        self.staff = FixedStaff(self.clock)
        self.engine = Engine(
            store=store,
            clock=self.clock,
            staff=self.staff,
            secrets=ServerKey(b"k" * 32),
            versions=versions if versions is not None else _processes(),
            mail_domain="yongchang.example",
        )
        suite.people_of(store, self.staff.history)

    # -- what people do -----------------------------------------------------------------------------------------

    def start(self, input_: Any = None, *, process: str = "supplier-vetting", **how: Any) -> str:
        """Open a case (the good sample unless told otherwise) and work until it waits; returns its code."""
        how = {"requester": None, "origin": "cli"} | how
        code = opening.start(self.engine, process, input_ if input_ is not None else application(), **how).code
        self.work()
        return code

    def work(self) -> int:
        """Do everything that is ready and due now."""
        return worker.work_until_idle(self.engine)

    def advance(self, duration: Duration) -> None:
        """Let working or clock time pass, then do what has become due."""
        self.clock.move_to(self.staff.hours.add(self.clock.now(), duration))
        self.work()

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

    def hand_in(self, code: str, files: list[File] | None = None, **how: Any) -> HandedIn:
        """Hand in papers (those of the good sample) as the person asked."""
        item = self.waiting(code, kind="documents")
        how = {"by": item["assignee"]["email"], "channel": "reply"} | how
        if files is None:
            files = contracts() if item["gate"] == "contracts" else documents()
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
        message["To"] = f"approvals+{token}@yongchang.example"
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
        items = self.view(code)["waiting_for"]
        fitting = [i for i in items if (gate is None or i["gate"] == gate) and (kind is None or i["kind"] == kind)]
        assert fitting, f"{code} does not wait for {gate or kind or 'anything'}, but for {items}"
        return fitting[0]

    def mails(self, template: str | None = None, to: str | None = None, case: str | None = None) -> list[Message]:
        """Queued mails, earliest first."""
        wanted = {k: v for k, v in (("template", template), ("recipient", to), ("case", case)) if v is not None}
        with self.engine.store.read() as reader:
            return reader.find(Message, order=("queued_at", "id"), **wanted)

    def asking(self, code: str, gate: str | None = None) -> Message:
        """The mail by which the first person of the (named) open request was asked."""
        item = self.waiting(code, gate)
        asks = ("approval_request", "task_request", "documents_request", "start_confirmation")
        found = [m for m in self.mails(to=item["assignee"]["email"]) if m.request == item["id"] and m.template in asks]
        assert len(found) == 1, f"{item['assignee']['email']} was asked by {found}"
        return found[0]

    def asking_facts(self, mail: Message) -> dict[str, str]:
        """What a mail shows, by the English label."""
        return {fact["label"].split(" / ")[-1]: fact["value"] for fact in mail.context["request"]["facts"]}

    def token(self, mail: Message) -> str:
        """The secret that a mail carries to its recipient."""
        if mail.template in OF_DIGESTS:
            with self.engine.store.read() as reader:
                digest = reader.get(Digest, mail.case)
            assert digest is not None
            return digest_token(self.engine.secrets, digest)
        assert mail.request is not None
        part = mail.context.get("request")
        person = part["person"] if isinstance(part, dict) else mail.recipient  # a question back may go to a deputy
        with self.engine.store.read() as reader:
            assignee, request = reader.get(Assignee, mail.request, person), reader.get(Request, mail.request)
        assert assignee is not None
        revision = request.revision if request else 1  # what belongs to no request is the requester's own door
        return self.engine.secrets.token(assignee.request, assignee.person, revision, assignee.nonce)

    # -- a good supplier, step by step --------------------------------------------------------------------------

    def until(self, task: str, input_: Any = None, **how: Any) -> str:
        """A supplier case that waits for this task (one of `UNTIL_GATE`), the papers in and all before it answered."""
        code = self.start(input_, **how)
        self.hand_in(code)
        for earlier in UNTIL_GATE[: UNTIL_GATE.index(task)]:
            self.submit(code, gate=earlier)
        return code

    def until_gate(self, input_: Any = None, **how: Any) -> str:
        """A supplier case that has come to the recognition gate (SV-7)."""
        code = self.until(UNTIL_GATE[-1], input_, **how)
        self.submit(code, gate=UNTIL_GATE[-1])
        return code

    def until_signers(self, input_: Any = None, **how: Any) -> str:
        """A supplier case that has been recognised and waits for the signers of the contracts (SV-8)."""
        code = self.until_gate(input_, **how)
        while self.waiting(code)["gate"] == "recognition":
            self.answer(code, "approve")
        return code

    def until_code(self, input_: Any = None, **how: Any) -> str:
        """A supplier case that waits for terms of payment (SV-11): recognised, signed, its account confirmed."""
        code = self.until_signers(input_, **how)
        self.sign(code)
        return code

    def sign(self, code: str) -> None:
        """From the signers of the contracts (SV-8) to the confirmed account (SV-9)."""
        self.submit(code, gate="contract_signers")
        self.hand_in(code)
        for task in ("contract_check", "bank_details", "bank_check"):
            self.submit(code, gate=task)

    def check_invariants(self) -> None:
        """What must hold at any moment; the suite asks it at the end of every test by itself."""
        assert broken(self.engine.store, self.staff.history()) == []
