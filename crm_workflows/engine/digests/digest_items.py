"""What waits for one person, and which of it a word in a digest may decide (G-10). It must not decide or write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.messages import DigestPart
from crm_workflows.domain.money import Money
from crm_workflows.domain.people import Directory, Person
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Assignee, CaseRow, Request
from crm_workflows.domain.shown import Shown
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions import amended
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests.timing import due_of
from crm_workflows.engine.requests.why_you import why_you

LIMIT: Final = "digest_limit"
LONGEST: Final = 1500
"""Characters of facts that a digest shows of one item; what says more is read on its own page."""
A_FORM: Final = "需要填写表单 / a form is to be filled in"
PAPERS: Final = "需要提交文件 / documents are to be handed in"
TOO_LONG: Final = "内容较多，请在页面上看全 / there is more to read than fits here"
OWN_PAGE: Final = "须单独答复 / it is answered singly"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for a person; `held` is the label of why no word in a digest decides it, else empty."""

    row: CaseRow
    request: Request
    assignee: Assignee
    held: str
    form: FormTask | None = None
    """The task whose form a row of the workbook takes."""

    @property
    def shows_facts(self) -> bool:
        """Whether the digest says what it is about: what a word decides, and what comes many at a time (CB-3)."""
        return not self.held or (self.form is not None and length_of(self.request) <= LONGEST)

    @property
    def length(self) -> int:
        """Characters of facts that a digest shows of it."""
        return length_of(self.request) if self.shows_facts else 0

    @property
    def kept(self) -> dict[str, str]:
        """As a digest keeps it."""
        asked = self.assignee.person
        return {"request": self.request.id, "person": asked, "shown": shown_by(self.request), "held": self.held}


def shown_by(request: Request) -> str:
    """What a request shows, in a form that changes with it (G-6)."""
    return f"{request.revision}.{request.fingerprint[:16]}"


def waiting_for(engine: Engine, reader: Reader, person: Person) -> list[Waiting]:
    """What one person is asked now: first what a word decides, then the rest; each earliest due first."""
    found: list[Waiting] = []
    for assignee in reader.find(Assignee, person=list(person.emails), is_active=True):
        request, row = reader.get(Request, assignee.request), reader.get(CaseRow, assignee.case)
        if request is not None and row is not None and request.status == "open" and not assignee.is_outside:
            held, form = held_out(engine, row, request), form_of(engine, row, request)
            found.append(Waiting(row, request, assignee, held, form))
    return sorted(found, key=_order)


def part_of(engine: Engine, number: int, one: Waiting, language: str, now: datetime) -> DigestPart:
    """The item as mail and page show it."""
    directory, shown, due = engine.staff.directory(), Shown.from_json(one.request.shows), due_of(one.request)
    return DigestPart(
        number=number, request=one.request.id, rule=one.request.rule, title=one.request.title, case=one.row.code,
        case_title=one.row.title, process=engine.title_of(one.row),
        requester_name=_requester(one, directory, language), why_you=why_you(one.assignee, one.request, directory),
        facts=amended.facts_of(one.request) if one.shows_facts else (),
        files=tuple(file.filename for file in shown.attachments), due_at=due,
        is_overdue=due is not None and due < now, held=one.held,
        reply_with=one.form.by_reply(one.request.shows) if one.form else "",
    )  # fmt: skip


def _order(one: Waiting) -> tuple[bool, bool, Any, str]:
    due = due_of(one.request)
    return bool(one.held), due is None, due, one.request.id


def _requester(one: Waiting, directory: Directory, language: str) -> str:
    person = directory.person(one.row.requester)
    return person.shown_name(language) if person else one.row.requester


def held_out(engine: Engine, row: CaseRow, request: Request) -> str:
    """Why no word in a digest decides it, a label; empty where one does."""
    if request.kind != "approval":
        return PAPERS if request.kind == "documents" else A_FORM
    try:
        engine.procedure_of(row)
    except AuthorMistake:
        return OWN_PAGE
    amount, limit = request.shows.get("amount"), engine.staff.policy().get(LIMIT)
    if amount and not _is_within(Money.model_validate(amount), limit):
        return above(limit)
    return TOO_LONG if length_of(request) > LONGEST else ""


def form_of(engine: Engine, row: CaseRow, request: Request) -> FormTask | None:
    """The task whose form a row of the workbook takes; None for any other request."""
    if request.kind != "task":
        return None
    try:
        element = engine.element_of(row, request.name)
    except AuthorMistake:
        return None
    return element if isinstance(element, FormTask) and element.in_sheets and not request.shows.get("draft") else None


def length_of(request: Request) -> int:
    """Characters of the facts that a request shows."""
    facts: Sequence[Any] = request.shows.get("facts", ())
    return sum(len(fact["label"]) + len(fact["value"]) for fact in facts)


def _is_within(amount: Money, limit: object) -> bool:
    return isinstance(limit, Money) and limit.currency == amount.currency and amount.amount <= limit.amount


def above(limit: object) -> str:
    """Why an amount is decided singly."""
    if not isinstance(limit, Money):
        return "涉及金额，须单独答复 / an amount is involved; it is answered singly"
    zh, en = limit.shown("zh"), limit.shown("en")
    return bilingual(f"金额超过 {zh}，须单独答复", f"the amount is above {en}; it is answered singly")


def policy_says(policy: Policy, key: str) -> str:
    """A text of the policy; empty where it says nothing, as in a policy from before there were digests."""
    value = policy.get(key)
    return value if isinstance(value, str) else ""
