"""Asks for documents, outside or of the staff, and keeps after a send-back what need not be asked again (SV-3).

It must not take documents (see `papers`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from crm_workflows.domain.approvers import Approver
from crm_workflows.domain.elements import Papers
from crm_workflows.engine.journal import OPEN
from crm_workflows.engine.requests.asking import (
    Contact,
    Term,
    is_over,
    new_request,
    open_request,
    outside_asked,
    staff_asked,
)
from crm_workflows.engine.requests.timing import instant, times_of_papers
from crm_workflows.engine.running.attempt import Attempt


def ask_papers(
    attempt: Attempt, papers: Papers, key: str, who: Contact | Approver, shows: Mapping[str, Any], term: Term
) -> None:
    """Ask for documents, outside or of the staff. After a send-back kinds not asked again keep what came before."""
    if is_over(attempt, papers.rule, key, term):
        return
    before = (attempt.journal.earlier.get(key) or {}).get("papers", ())
    named = attempt.journal.backs[-1].value.get("only") if attempt.journal.backs and before else None
    if named or (before and papers.after_send_back == "keep"):
        asked = [paper.kind for paper in papers.kinds if paper.kind in (named or ())]
    else:
        asked = [paper.kind for paper in papers.kinds]
    if not asked:
        _keep_papers(attempt, papers, key, before)
        return
    kept = [paper for paper in before if paper["kind"] not in asked]
    _open_papers(attempt, papers, key, who, {**shows, "asked": asked, "kept": kept, "each": bool(named)}, term)


def _keep_papers(attempt: Attempt, papers: Papers, key: str, before: Sequence[Any]) -> None:
    """Take up what came before the send-back; nobody is asked, and the case goes on."""
    attempt.record(OPEN, papers.rule, key, {"request": None, "asked": []})
    answer = {"decision": "complete", "papers": list(before)}
    attempt.learn(papers.rule, key, answer)
    attempt.ledger.audit("kept", "engine", attempt.now, rule=papers.rule, kinds=sorted(p["kind"] for p in before))


def _open_papers(
    attempt: Attempt, papers: Papers, key: str, who: Contact | Approver, shows: dict[str, Any], term: Term
) -> None:
    has_term = term.until is not None or bool(term.remind_at)
    request = new_request(attempt, papers, "documents", key, shows | ({"term": True} if has_term else {}))
    request = replace(
        request,
        **times_of_papers(attempt, papers, of_staff=not isinstance(who, Contact), besides=term.remind_at),
        lapse_at=term.until or instant(attempt, papers.lapse),
        on_silence="lapse" if papers.lapse or term.until else "keep_waiting",
    )
    asked = [outside_asked(who)] if isinstance(who, Contact) else staff_asked(attempt, who)
    open_request(attempt, papers, request, asked)
