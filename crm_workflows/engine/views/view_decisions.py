"""The answers that a case shows, with the digest by which one came. It must not change anything."""

from datetime import datetime
from typing import Any

from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.forms import Form, without_secrets
from crm_workflows.domain.records import AuditEntry, CaseRow, Decision, Request
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.answered import VERBS
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests.request_order import place_of


def decisions_of(engine: Engine, reader: Reader, row: CaseRow, requests: list[Request]) -> list[dict[str, Any]]:
    """The answers in the order in which they were given; what a form holds as confidential is masked."""
    forms = {r.id: _form(engine, row, r) for r in requests if r.kind == "task"}
    found = sorted(reader.find(Decision, case=row.code), key=_when_decided)
    by_digest = _by_digest(reader, row.code) if found else {}
    return [_decision(d, forms.get(d.request)) | by_digest.get((d.request, d.by, d.at), {}) for d in found]


def _by_digest(reader: Reader, code: str) -> dict[tuple[str, str, datetime], dict[str, str]]:
    """The decisions that came by a digest, which the record names with the number there (G-10)."""
    entries = reader.find(AuditEntry, case=code, event="decided")
    told = ((entry, entry.data.get("digest")) for entry in entries)
    return {(entry.data["request"], entry.actor, entry.at): {"digest": digest} for entry, digest in told if digest}


def _form(engine: Engine, row: CaseRow, request: Request) -> type[Form] | None:
    try:
        element = engine.element_of(row, request.name)
    except AuthorMistake:  # the code of its version is no longer here; what it asked is on record all the same
        return None
    return element.form if isinstance(element, FormTask) else None


def _decision(decision: Decision, form: type[Form] | None) -> dict[str, Any]:
    return {
        "request": decision.request,
        "decision": decision.decision,
        "by": decision.by,
        "on_behalf_of": decision.on_behalf_of,
        "channel": decision.channel,
        "comment": decision.comment,
        "at": decision.at.isoformat(),
        "effective": decision.effective,
        "answer": without_secrets(form, decision.answer) if form and decision.answer else decision.answer,
        "label": VERBS.get(decision.decision, decision.decision),
    }


def _when_decided(decision: Decision) -> tuple[datetime, tuple[str, int], int]:
    return decision.at, place_of(decision.request), decision.n
