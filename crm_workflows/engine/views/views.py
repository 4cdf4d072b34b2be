"""What people and scripts see of cases: the JSON documents of the contract. It must not change anything.

Instants are ISO 8601 with zone (UTC). Labels stay bilingual ("中文 / English"); pages and tables pick a language.
"""

from datetime import datetime
from typing import Any

from crm_workflows.domain.elements import Element, FormTask, Papers
from crm_workflows.domain.errors import AuthorMistake, InvalidInput
from crm_workflows.domain.forms import schema_of
from crm_workflows.domain.messages import SURVEY, TITLES
from crm_workflows.domain.records import (
    ENDING,
    Assignee,
    BusinessRow,
    CaseRow,
    Document,
    InboundMail,
    JournalEntry,
    Link,
    Message,
    Request,
)
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.requesting import door_id
from crm_workflows.engine.mail_out.mails import can_decide
from crm_workflows.engine.mail_out.outbox_secrets import AskedInCase, Rows, true_message_id
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests import pausing
from crm_workflows.engine.requests.forecast import with_forecasts
from crm_workflows.engine.requests.papers import missing_kinds
from crm_workflows.engine.requests.request_order import place_of
from crm_workflows.engine.requests.sitting import Sitting
from crm_workflows.engine.requests.what_follows import told
from crm_workflows.engine.running import clocks
from crm_workflows.engine.running.locking import no_case
from crm_workflows.engine.views.view_decisions import decisions_of
from crm_workflows.engine.views.view_journal import amendments, steps
from crm_workflows.engine.views.view_lists import case_summary, iso
from crm_workflows.engine.views.view_titles import Titles, relation_title, titles_of

REQUEST_COLUMNS = ("id", "gate", "rule", "round", "revision", "status", "due_at", "reminded_at", "escalated_at")


def case_view(engine: Engine, code: str) -> dict[str, Any]:
    """The whole case as `crmw case CODE --json` prints it; raises NotFound."""
    with engine.store.read() as reader:
        row = reader.get(CaseRow, code)
        if row is None:
            raise no_case(code)
        requests = sorted(reader.find(Request, case=code), key=lambda request: place_of(request.id))
        titles, entries = titles_of(engine, row), reader.find(JournalEntry, case=code, order="n")
        rows = {r.name: r.value for r in reader.find(BusinessRow, case=code, order="round")}
        return case_summary(row) | {
            "version": row.version,
            "subject": row.subject,
            "requester": row.requester,
            "origin": row.origin,
            "attention": row.attention,
            "waiting_for": _waiting_for(engine, reader, row, [r for r in requests if r.status == "open"]),
            "process_title": engine.title_of(row),
            "steps": steps(entries, titles),
            "amendments": amendments(entries),
            "requests": [_request(r) for r in requests if r.kind != "timer"],
            "decisions": decisions_of(engine, reader, row, requests),
            "documents": [_document(d, titles) for d in sorted(reader.find(Document, case=code), key=when_received)],
            "mails": _mails(engine, reader, code, requests),
            "replies": _replies(reader, code),
            "clocks": clocks.shown(engine, reader, row),
            "linked": [_link(link) for link in reader.find(Link, case=code)],
            "rows": {name: value for name, value in rows.items() if name != ENDING},
            "ending": _ending(rows) if row.closed_at else None,
        }


def waiting_for(engine: Engine, code: str) -> list[dict[str, Any]]:
    """What the case waits for, as `case_view` has it, without reading the rest of the case; raises NotFound."""
    with engine.store.read() as reader:
        row = reader.get(CaseRow, code)
        if row is None:
            raise no_case(code)
        requests = sorted(reader.find(Request, case=code, status="open"), key=lambda request: place_of(request.id))
        return _waiting_for(engine, reader, row, requests)


def _waiting_for(engine: Engine, reader: Reader, row: CaseRow, asked: list[Request]) -> list[dict[str, Any]]:
    items = [item for request in asked for item in waiting_items(engine, reader, row, request)]
    return with_forecasts(engine, reader, row.code, items)


def _link(link: Link) -> dict[str, Any]:
    return {"case": link.other, "relation": link.relation, "title": relation_title(link.relation)}


def _ending(rows: dict[str, Any]) -> dict[str, Any] | None:
    """Why the case ended: `reason` (a label), `comment`, and `by`, whose answer it followed; None where unsaid."""
    if "cancelled" in rows:
        reason = bilingual("案件已取消", "the case was cancelled")
        return {"reason": reason, "comment": rows["cancelled"]["reason"], "by": rows["cancelled"]["by"]}
    found: dict[str, Any] | None = rows.get(ENDING)
    return found


def when_received(document: Document) -> tuple[datetime, tuple[str, int], int]:
    """By what the papers of a case are put in order."""
    return document.received_at, place_of(document.request), document.n


def inbox(engine: Engine, address: str) -> list[dict[str, Any]]:
    """What one person is asked now, earliest due first; items as in `waiting_for` plus case, title and what is open."""
    person = engine.staff.directory().person(address)
    addresses = list(person.emails) if person else [address.strip().lower()]
    with engine.store.read() as reader:
        found: list[dict[str, Any]] = []
        for assignee in reader.find(Assignee, person=addresses, is_active=True):
            request, row = reader.get(Request, assignee.request), reader.get(CaseRow, assignee.case)
            if request is None or row is None:
                continue
            item = _waiting(engine, reader, row, request, assignee)
            case = {"case": row.code, "case_title": row.title, "process": row.process}
            found.append(item | case | {"opened_at": iso(row.opened_at)})
    return sorted(found, key=lambda item: (item["due_at"] or "9", *place_of(item["id"])))


def _no_form(request_id: str, request: Request | None) -> InvalidInput:
    if request is None:
        zh = f"没有表单任务 {request_id}，请用 crmw inbox 核对编号"
        return InvalidInput(bilingual(zh, f"there is no form task {request_id}; check the id with crmw inbox"))
    if request.kind == "documents":
        zh, en = "征集资料，请用 crmw upload 提交文件", "asks for papers; hand them in with crmw upload"
    else:
        zh, en = "请作决定，请用 crmw decide 答复", "asks for a decision; give it with crmw decide"
    return InvalidInput(bilingual(f"{request_id} 不是表单：{zh}", f"{request_id} is no form: it {en}"))


def task_view(engine: Engine, request_id: str) -> dict[str, Any]:
    """A form task with its schema and an example that validates; raises InvalidInput when it is no form task."""
    with engine.store.read() as reader:
        request = reader.get(Request, request_id)
        row = reader.get(CaseRow, request.case) if request else None
        element = engine.element_of(row, request.name) if row and request else None
        if row is None or request is None or not isinstance(element, FormTask):
            raise _no_form(request_id, request)
        assignees = reader.find(Assignee, request=request.id)
        draft = request.shows.get("draft") or {}
        return {
            "id": request.id,
            "case": row.code,
            "case_title": row.title,
            "rule": request.rule,
            "title": request.title,
            "status": request.status,
            "assignee": _person(assignees[0]) if assignees else None,
            "due_at": iso(request.due_at),
            "facts": request.shows.get("facts", []),
            "attachments": request.shows.get("attachments", []),
            "note": request.shows.get("note"),
            "draft": draft,
            "schema": schema_of(element.form),
            "example": element.form.example() | draft,
        }


def waiting_items(engine: Engine, reader: Reader, row: CaseRow, request: Request) -> list[dict[str, Any]]:
    """One item per person asked; a timer has nobody."""
    assignees = reader.find(Assignee, request=request.id, is_active=True)
    if not assignees:
        return [_waiting(engine, reader, row, request, None)]
    return [_waiting(engine, reader, row, request, assignee) for assignee in assignees]


def _waiting(
    engine: Engine, reader: Reader, row: CaseRow, request: Request, assignee: Assignee | None
) -> dict[str, Any]:
    element, sitting = _element(engine, row, request), Sitting.of(request)
    item = {
        "kind": request.kind,
        "id": request.id,
        "gate": request.name,
        "title": request.title,
        "rule": request.rule,
        "round": request.round,
        "assignee": _person(assignee) if assignee else None,
        "due_at": iso(request.due_at or request.lapse_at),
        **told(engine, row, request, element, assignee),
        "agreement": sitting.says if sitting else "",
        "can": can_decide(request, element) if element else [],
        "send_back_to": list(getattr(element, "send_back", ())),
        "paused": pausing.shown(request),
        "copied": sorted(request.shows.get("copied", ())),
    }
    if isinstance(element, Papers):
        missing = missing_kinds(reader, request, element)
        item |= {"missing": [paper.kind for paper in missing], "missing_titles": [paper.title for paper in missing]}
    return item


def _element(engine: Engine, row: CaseRow, request: Request) -> Element | None:
    """What the request asks for; None for a timer, and where the code of the case's version is not installed."""
    try:
        return engine.element_of(row, request.name) if request.kind != "timer" else None
    except AuthorMistake:
        return None


def _person(assignee: Assignee) -> dict[str, Any]:
    return {
        "name": assignee.name,
        "email": assignee.person,
        "role": assignee.role,
        "deputy_for": assignee.deputy_for,
    }


def _request(request: Request) -> dict[str, Any]:
    values = [request.id, request.name, request.rule, request.round, request.revision, request.status]
    instants = [iso(request.due_at), iso(request.reminded_at), iso(request.escalated_at)]
    more = {"kind": request.kind, "title": request.title, "opened_at": iso(request.opened_at)}
    return dict(zip(REQUEST_COLUMNS, values + instants, strict=True)) | more


def _replies(reader: Reader, code: str) -> list[dict[str, Any]]:
    """What came in for a case, whatever became of it; `asked_back` where a question or what is missing went back."""
    back = [m.in_reply_to for m in reader.find(Message, case=code, template=("unclear", "documents_received"))]
    return [
        {
            "mail": mail.id,
            "message_id": mail.message_id,
            "request": mail.request,
            "from": mail.sender,
            "at": iso(mail.received_at),
            "status": mail.status,
            "reading": (mail.reading or {}).get("kind"),
            "why": mail.why,
            "authentication": mail.authentication,
            "asked_back": mail.status == "unclear" and bool(mail.message_id) and mail.message_id in back,
        }
        for mail in reader.find(InboundMail, case=code, order=("received_at", "id"))
    ]


def _document(document: Document, titles: Titles) -> dict[str, Any]:
    return {
        "request": document.request,
        "kind": document.kind,
        "title": titles.kind(document.kind),
        "filename": document.filename,
        "size": document.size,
        "sha256": document.sha256,
        "media_type": document.media_type,
        "by": document.by,
        "problem": document.problem,
        "at": iso(document.received_at),
    }


def _mails(engine: Engine, reader: Reader, code: str, requests: list[Request]) -> list[dict[str, Any]]:
    asked = AskedInCase(requests, reader.find(Assignee, request=[door_id(code), *(request.id for request in requests)]))
    found = reader.find(Message, case=code, order=("queued_at", "id"))
    return [mail_view(engine, reader if mail.template == SURVEY else asked, mail) for mail in found]


def mail_view(engine: Engine, reader: Rows, message: Message) -> dict[str, Any]:
    """A mail as lists show it."""
    return {
        "id": message.id,
        "template": message.template,
        "title": TITLES.get(message.template, message.template),
        "to": message.recipient,
        "subject": message.subject,
        "message_id": true_message_id(reader, engine.secrets, message),
        "status": message.status,
        "at": iso(message.sent_at or message.queued_at),
        "error": message.error,
    }
