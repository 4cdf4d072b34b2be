"""Builds the outbox rows of the engine's own mails. It must not render or send: a row holds a name and a context."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any

from crm_workflows.domain.elements import FormTask, Gate, Papers
from crm_workflows.domain.json_text import Written
from crm_workflows.domain.messages import (
    NAMES,
    CasePart,
    EarlierApproval,
    Fact,
    Kind,
    Mail,
    QuestionPart,
    RequestPart,
    SendBackTarget,
)
from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import Assignee, CaseRow, Json, Message, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.shown import Attachment, Shown
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language
from crm_workflows.engine.decisions import amended
from crm_workflows.engine.decisions.changing import facts_of, offered
from crm_workflows.engine.procedure import CONFIRM_START, Procedure
from crm_workflows.engine.requests import what_follows
from crm_workflows.engine.requests.sitting import ONE_SUFFICES, Sitting
from crm_workflows.engine.requests.timing import due_of
from crm_workflows.engine.requests.why_you import why_you

CONFIRM = CONFIRM_START.name
NUMBERS = 16**6


def mail_of(
    code: str,
    recipient: str,
    language: str,
    context: Mail,
    at: datetime,
    *,
    mail_domain: str,
    key: str,
    request: str | None = None,
    attachments: Sequence[Attachment] = (),
    in_reply_to: str | None = None,
) -> Message:
    """A queued mail to a case, or to none where `code` is empty; what the context is says which mail it is.

    `key` keeps it from being queued twice in a case.
    """
    template, said = said_by(context)
    identity = _identity(code, f"{code}|{template}|{recipient}|{key}")
    return Message(
        id=identity,
        case=code,
        template=template,
        recipient=recipient,
        language=language,
        context=said,
        status="queued",
        message_id=f"<crmw.*.{identity}@{mail_domain}>",
        queued_at=at,
        next_at=at,
        request=request,
        in_reply_to=in_reply_to,
        attachments=[asdict(attachment) for attachment in attachments],
    )


def said_by(context: Mail) -> tuple[str, Written]:
    """Which mail it is, and its text as the outbox keeps it."""
    return NAMES[type(context)], Written(context.model_dump_json())


def _identity(code: str, what: str) -> str:
    """Twenty hexadecimal digits: first the number of the case, so that the mails of a case lie together in the indexes
    and those of new cases at their ends, where random ids would touch a page of the database each."""
    last = code.rpartition("-")[2]
    number = int(last) if last.isdecimal() else 0
    return f"{number % NUMBERS:06x}{hashlib.sha256(what.encode()).hexdigest()[:14]}"


def case_part(case: CaseRow, procedure: Procedure, *, outside: bool = False) -> CasePart:
    """The case as every mail names it; people outside get no address of an inner page."""
    return titled_part(case, procedure.title, outside=outside)


def titled_part(case: CaseRow, title: str, *, outside: bool = False) -> CasePart:
    """The same for a case whose procedure may not be installed; `title` is the process's label."""
    return _case_part(case.code, case.title, title, outside=outside)


@lru_cache(maxsize=64)
def _case_part(code: str, title: str, process: str, *, outside: bool) -> CasePart:
    """Kept, since the mails of a stretch name one case."""
    return CasePart(case=code, title=title, process=process, url_path=None if outside else f"/cases/{code}")


def facts(shown: Shown) -> tuple[Fact, ...]:
    """What a request shows, as a mail takes it."""
    return tuple(Fact(label=fact.label, value=fact.value, value_en=fact.value_en) for fact in shown.facts)


def rule_title(procedure: Procedure, rule: str) -> str:
    """The title of the first element that carries out a rule; the rule itself when none does."""
    titles = (e.title for e in procedure.elements().values() if e.rule == rule and not isinstance(e, Gate))
    return next(titles, rule)


@carries_out("G-6")
def request_part(
    case: CaseRow,
    request: Request,
    assignee: Assignee,
    procedure: Procedure,
    directory: Directory,
    language: str | None = None,
    asked: Sequence[Assignee] = (),
) -> RequestPart:
    """What one person is asked, from the rows: the same for request, reminder, escalation and question back.

    `language` is the reader's, where that is not the person asked; `asked` is everybody whom the request asks.
    """
    language = language or assignee.language
    element = procedure.element(request.name)
    return RequestPart(
        request=request.id,
        kind=request.kind,
        rule=request.rule,
        title=request.title,
        person=assignee.person,
        requester_name=_name(case.requester, directory, language),
        requester_email=case.requester,
        why_you=why_you(assignee, request, directory),
        facts=amended.facts_of(request),
        approved_before=tuple(earlier_approval(told, directory, language) for told in _approved(request)),
        due_at=due_of(request),
        on_yes=what_follows.on_yes(case, request, procedure, element, directory),
        on_no=what_follows.on_no(procedure, element),
        on_silence=what_follows.on_silence(request, element, assignee, directory),
        silent_at=request.lapse_at if request.kind == "approval" else None,
        deputy_for=_name(assignee.deputy_for, directory, language) if assignee.deputy_for else None,
        asked_as_well=tuple(_name(a.person, directory, language) for a in asked if a.person != assignee.person),
        agreement=_agreement(request, asked),
        round=request.round,
        note=_handed_over(request, assignee, directory, language) or request.shows.get("note"),
        amended=amended.part_of(request, assignee, directory, language),
        can=tuple(can_decide(request, element)),
        send_back_to=send_back_targets(procedure, element),
        **_said_since(request, element, directory, language),
    )


def _said_since(request: Request, element: object, directory: Directory, language: str) -> dict[str, Any]:
    """What was said to a request since it was opened, beside decisions: questions, and values approved lower."""
    reply_with = element.by_reply(request.shows) if isinstance(element, FormTask) else ""
    return {
        "questions": tuple(_question(one, directory, language) for one in request.shows.get("questions", ())),
        "paused_since": request.shows["paused"]["since"] if "paused" in request.shows else None,
        "changed": facts_of(request, element),
        "may_change": offered(element),
        "by_reply": bool(reply_with),
        "reply_with": reply_with,
    }


def _question(told: Json, directory: Directory, language: str) -> QuestionPart:
    answered = told.get("answered_by")
    return QuestionPart(
        by=_name(told["by"], directory, language), asked=_name(answered or told["asks"], directory, language),
        question=told["question"], asked_at=told["at"], answer=told.get("answer", ""),
        answered_at=told.get("answered_at"),
    )  # fmt: skip


def _handed_over(request: Request, assignee: Assignee, directory: Directory, language: str) -> str:
    """That somebody else was asked before, and why it is this person now."""
    moved = request.shows.get("moved", {}).get(assignee.person)
    added = request.shows.get("added", {}).get(assignee.person)
    if moved:
        former, reason = _name(moved["from"], directory, language), moved["reason"]
        said = bilingual(f"原请{former}答复，现转请您", f"{former} was asked before; it is with you now")
    elif added:
        former, reason = _name(added["by"], directory, language), added["reason"]
        said = bilingual(f"{former}加签，请您一并审批", f"{former} asks that you approve as well")
    else:
        return ""
    colon = "：" if language == "zh" else ": "
    return in_language(said, language) + (f"{colon}{in_language(reason, language)}" if reason else "")


def _agreement(request: Request, asked: Sequence[Assignee]) -> str:
    sitting = Sitting.of(request)
    return sitting.says if sitting else ONE_SUFFICES if len(asked) > 1 else ""


def _approved(request: Request) -> list[Json]:
    """Who has approved before: at the stages before, and of those who decide together."""
    sitting = Sitting.of(request)
    voices = [asdict(vote) for vote in sitting.in_line(yes=True) if not vote.earlier] if sitting else []
    return [*request.shows.get("before", ()), *voices]


def _name(address: str, directory: Directory, language: str) -> str:
    person = directory.person(address)
    return person.shown_name(language) if person else address


def earlier_approval(told: Json, directory: Directory, language: str) -> EarlierApproval:
    """An earlier stage of a gate, for a reader of that language."""
    role = told.get("role")
    zh, en = (directory.role_label(role, language) for language in LANGUAGES) if role else ("", "")
    if told.get("instead_of"):
        zh, en = f"代行{zh}", f"in place of {en}"
    return EarlierApproval(
        name=_name(told["by"], directory, language) if told["by"] else "",
        role=bilingual(zh, en) if role else "",
        on_behalf_of=_name(told["on_behalf_of"], directory, language) if told.get("on_behalf_of") else None,
        decided_at=told.get("at"),
        comment=told.get("comment") or "",
    )


def can_decide(request: Request, element: object) -> list[str]:
    """The decisions open on a request, in the words of the contract."""
    if request.kind != "approval":
        return []
    if not isinstance(element, Gate):
        return ["approve", "reject"]
    back = ["send_back"] if element.send_back else []
    return [
        "approve",
        *(["change"] if element.may_change and request.shows.get("values") else []),
        "reject",
        *back,
        *([] if element.requester_decides else ["ask", "delegate", "add_approver", "copy"]),
    ]


def send_back_targets(procedure: Procedure, element: object) -> tuple[SendBackTarget, ...]:
    """Where a gate may send back to, with the title of what is done there."""
    rules = element.send_back if isinstance(element, Gate) else ()
    return tuple(SendBackTarget(rule=rule, title=rule_title(procedure, rule)) for rule in rules)


def kinds(papers: Papers, request: Request, received: Sequence[str]) -> tuple[Kind, ...]:
    """The kinds of a collection that a request asks for, and which of them are here already."""
    return tuple(
        Kind(kind=p.kind, label=p.title, required=p.required, received=p.kind in received)
        for p in papers.asked(request.shows)
    )


def field_labels(task: FormTask) -> tuple[str, ...]:
    """The titles of what a form asks."""
    return tuple(field.title or name for name, field in task.form.model_fields.items())
