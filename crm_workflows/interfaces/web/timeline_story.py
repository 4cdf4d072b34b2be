"""What a case's story is told from: its rows, read once, and the language of whoever reads. It tells nothing itself."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final, Literal
from zoneinfo import ZoneInfo

from crm_workflows.domain.forms import without_secrets
from crm_workflows.domain.records import (
    Assignee,
    AuditEntry,
    CaseRow,
    Decision,
    Document,
    InboundMail,
    JournalEntry,
    Request,
)
from crm_workflows.domain.text import in_language, shown_in
from crm_workflows.engine.journal import AMENDED, STEP
from crm_workflows.engine.ports import Reader
from crm_workflows.interfaces.web.form_values import readable
from crm_workflows.interfaces.web.forms import fields_of
from crm_workflows.interfaces.web.site import Site

NOTHING: Final = shown_in(None, "en")
Tone = Literal["plain", "ask", "good", "bad", "warn"]


@dataclass(frozen=True)
class Event:
    """One line of the story: `title` is ours, `text` was written by people, `small` says who and how."""

    at: datetime
    title: str
    tone: Tone = "plain"
    rule: str = ""
    small: str = ""
    text: str = ""
    files: tuple[Document, ...] = ()


@dataclass
class Round:
    """What happened between two send-backs."""

    number: int
    events: list[Event] = field(default_factory=list)


def who_opened(site: Site, row: CaseRow, language: str) -> str:
    """The name of who asked for a case: of one that came by mail whoever wrote that, not who is in charge since."""
    writer = (row.subject.get("contact") or {}).get("name") if row.origin == "mail" else ""
    return writer or site.name(row.requester, language)


class Story:
    """The rows of one case, by request."""

    def __init__(self, site: Site, reader: Reader, row: CaseRow, language: str) -> None:
        self.site, self.reader, self.row, self.language = site, reader, row, language
        self.procedure = site.engine.procedure_of(row)
        self.requests = {r.id: r for r in reader.find(Request, case=row.code)}
        self.decisions: dict[str, list[Decision]] = defaultdict(list)
        for decision in reader.find(Decision, case=row.code, order=("request", "n")):
            self.decisions[decision.request].append(decision)
        self.documents = reader.find(Document, case=row.code, order=("request", "n"))
        self.replies = {mail.id: mail for mail in reader.find(InboundMail, case=row.code)}
        found = reader.find(JournalEntry, case=row.code, rule="G-6")
        self.amendments = {e.at: e.value[AMENDED] for e in found if AMENDED in (e.value or {})}
        self.asked: dict[str, list[Assignee]] = defaultdict(list)
        for assignee in reader.find(Assignee, case=row.code):
            self.asked[assignee.request].append(assignee)

    def say(self, label: str) -> str:
        return in_language(label, self.language)

    def name(self, address: str) -> str:
        return self.site.name(address, self.language)

    def joined(self, names: Sequence[str]) -> str:
        return ("、" if self.language == "zh" else ", ").join(names)

    def request_of(self, entry: AuditEntry) -> Request | None:
        return self.requests.get(str(entry.data.get("request")))

    @property
    def colon(self) -> str:
        return "：" if self.language == "zh" else ": "

    def title_of(self, entry: AuditEntry) -> str:
        request = self.request_of(entry)
        return self.say(request.title) if request else str(entry.data.get("request", ""))

    def answered_outside(self, row: Decision) -> str:
        """What somebody outside filled in, a line for each answer: it is what the case goes by from there on."""
        request = self.requests[row.request]
        if request.kind != "task" or not any(a.is_outside and a.person == row.by for a in self.asked[row.request]):
            return ""
        form = self.site.engine.element_of(self.row, request.name).form
        zone = ZoneInfo(self.site.office.staff.calendar().zone)
        lines = readable(fields_of(form), without_secrets(form, row.answer or {}), self.language, zone)
        return "\n".join(f"{label}{self.colon}{value}" for label, value in lines if value != NOTHING)

    def refused(self) -> list[Event]:
        """Replies that changed nothing, oldest first: from whom and why; not those told by their decision or file."""
        told = {d.evidence for made in self.decisions.values() for d in made} | {d.evidence for d in self.documents}
        events = []
        for mail in sorted(self.replies.values(), key=lambda mail: mail.received_at):
            request = self.requests.get(mail.request or "")
            if mail.status == "refused" and request is not None and mail.id not in told:
                outside = (a.name for a in self.asked[request.id] if a.is_outside and a.person == mail.sender)
                title = f"{self.say('答复未生效 / An answer without effect')}{self.colon}{self.say(request.title)}"
                who = next(outside, "") or self.name(mail.sender)
                events.append(Event(mail.received_at, title, "warn", small=who, text=self.say(mail.why)))
        return events

    @cached_property
    def letters(self) -> dict[tuple[datetime, str], tuple[str, str]]:
        """Title and address of each letter to somebody outside, by when it was written and as what in the procedure."""
        steps = self.reader.find(JournalEntry, case=self.row.code, kind=STEP)
        told = [(e, e.value) for e in steps if "title" in (e.value or {})]
        return {(e.at, e.key.partition("#")[0]): (str(value["title"]), str(value["result"])) for e, value in told}
