"""Tells a request of the API that is repeated from another under its key. It must not record or answer anything."""

from typing import Any

from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.forms import read_form
from crm_workflows.domain.records import CaseRow, Decision, Request
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.repeats import OTHER_ANSWER
from crm_workflows.interfaces.web.site import Site


def made_by(site: Site, request: Request, given: Answer) -> Decision | None:
    """The decision that counts if this very request made it; InvalidInput when its key was used for another."""
    with site.engine.store.read() as reader:
        made = reader.find(Decision, request=request.id, order="n")
    own = next((d for d in made if d.evidence == given.evidence and d.effective), None)
    person = site.office.staff.directory().person(given.by)
    by = person.email if person else given.by.strip().lower()
    said = (given.decision, given.comment, _said(site, request, given), by)
    kept = {"to": own.answer["to"]} if own is not None and own.decision == "change" else own and own.answer
    if own is not None and (own.decision, own.comment, kept, own.by) != said:
        raise InvalidInput(OTHER_ANSWER)
    return own


def _said(site: Site, request: Request, given: Answer) -> Any:
    """What a decision keeps of an answer beside its word, in the same form."""
    if given.decision in ("send_back", "change"):
        return {"to": given.to}
    element = element_of(site, request)
    if given.decision != "submit" or not isinstance(element, FormTask):
        return None
    return read_form(element.form, given.form, request.title).model_dump(mode="json")


def element_of(site: Site, request: Request) -> Any:
    """What the procedure of its case says about a request; None when its case is not there."""
    with site.engine.store.read() as reader:
        row = reader.get(CaseRow, request.case)
    return site.engine.element_of(row, request.name) if row else None
