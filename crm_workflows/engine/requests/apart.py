"""Who must not answer a request because of what they did elsewhere in its case: the first of two persons (G-2).

Most of it is known when somebody is asked, and stands with the request. Where an amendment asks again, who answers what
else is known only later; then the decisions made since, and those that still stand, tell. It only reads.
"""

from collections.abc import Iterator

from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.records import CaseRow, Decision, JournalEntry, Request
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.amended import AMENDED_SINCE
from crm_workflows.engine.journal import visible
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests.request_order import place_of


def is_kept_apart(engine: Engine, row: CaseRow, request: Request, identity: str, reader: Reader) -> bool:
    """Whether somebody, by their main address, has answered what another person than here must answer."""
    whose = engine.staff.directory().identity
    if identity in map(whose, others_than(request)):
        return True
    is_open = request.status == "open" and request.kind in ("approval", "task")
    return is_open and identity in map(whose, _did_since(engine, row, request, reader))


def others_than(request: Request) -> list[str]:
    """Who must not answer, as known when it was asked: the first of two persons, approvers of earlier stages."""
    found = request.shows.get("other_than") or []
    return [found] if isinstance(found, str) else list(found)


def _did_since(engine: Engine, row: CaseRow, request: Request, reader: Reader) -> Iterator[str]:
    """Everybody whose answer stands, or counts already, to what another person than here must answer; of what was
    asked again, or stayed as it was while this was."""
    latest = {
        one.key: one
        for name in _apart_from(engine.procedure_of(row), request)
        for one in sorted(reader.find(Request, case=row.code, name=name), key=lambda one: place_of(one.id))
        if one.key != request.key and (one.name != request.name or _use(one) == _use(request))
    }
    again = [one for one in latest.values() if {AMENDED_SINCE} & {*request.shows, *one.shows}]
    journal = visible(reader.find(JournalEntry, case=row.code, order="n") if again else [])
    for one in again:
        if one.status == "open" or one.key in journal.outcomes:
            for made in reader.find(Decision, request=one.id, effective=True):
                yield made.by
                if made.decision == "override":
                    yield made.answer["proposed_by"]


def _apart_from(procedure: Procedure, request: Request) -> set[str]:
    """The tasks and gates that another person than here must answer, whichever of the two says so."""
    own = procedure.element(request.name)
    names = {*_names(own), *(one.name for one in procedure.elements().values() if request.name in _names(one))}
    return names | ({request.name} if getattr(own, "by_different_people", False) else set())


def _names(element: object) -> tuple[str, ...]:
    if isinstance(element, FormTask):
        return element.others
    return element.other_than if isinstance(element, Gate) else ()


def _use(request: Request) -> str:
    """Which time a procedure asks for the same: each is decided on its own."""
    return request.key.partition("#")[2]
