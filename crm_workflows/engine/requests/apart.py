"""Who must not answer a request because of what they did elsewhere in its case: the first of two persons (G-2).

Most of it is known when somebody is asked, and stands with the request. Where an amendment asks again, who answers what
else is known only later; then the decisions made since, and those that still stand, tell. It only reads.
"""

from collections.abc import Iterator

from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.records import CaseRow, Decision, JournalEntry, Request
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.amended import AMENDED_SINCE
from crm_workflows.engine.journal import OPEN, visible
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.procedure import Procedure


def kept_apart(engine: Engine, row: CaseRow, request: Request, reader: Reader) -> set[str]:
    """The main addresses of everybody who has answered what another person than here must answer."""
    did = [*_others_than(request)]
    if request.status == "open" and request.kind in ("approval", "task"):
        did += _did_since(engine.procedure_of(row), row, request, reader)
    return set(map(engine.staff.directory().identity, did))


def _others_than(request: Request) -> list[str]:
    """As known when it was asked: the first of two persons, approvers of earlier stages."""
    found = request.shows.get("other_than") or []
    return [found] if isinstance(found, str) else list(found)


def _did_since(procedure: Procedure, row: CaseRow, request: Request, reader: Reader) -> Iterator[str]:
    """Everybody whose answer stands, or counts already, to what another person than here must answer; of what was
    asked again, or stayed as it was while this was."""
    found = [one for name in _apart_from(procedure, request) for one in reader.find(Request, case=row.code, name=name)]
    if not any(AMENDED_SINCE in one.shows for one in (request, *found)):
        return
    stack = visible(reader.find(JournalEntry, case=row.code, order="n")).stack
    places = {entry.value["request"]: n for n, entry in enumerate(stack) if entry.kind == OPEN}
    for one in found:
        if one.id == request.id or not {one.id, request.id} <= {*places}:
            continue
        earlier, later = sorted((one, request), key=lambda each: places[each.id])
        if {AMENDED_SINCE} & {*request.shows, *one.shows} and _needs_another(procedure, later, earlier):
            for made in reader.find(Decision, request=one.id, effective=True):
                yield made.by
                if made.decision == "override":
                    yield made.answer["proposed_by"]


def _apart_from(procedure: Procedure, request: Request) -> set[str]:
    """The tasks and gates that another person than here must answer, whichever of the two says so."""
    elements = procedure.elements()
    own = elements.get(request.name)
    names = {*_names(own), *(one.name for one in elements.values() if request.name in _names(one))}
    return names | ({request.name} if getattr(own, "by_different_people", False) else set())


def _needs_another(procedure: Procedure, later: Request, earlier: Request) -> bool:
    """Whether the later must be answered by another person: each use of a gate has its own stages, and whoever is kept
    from what comes behind may answer an earlier step that the procedure comes by again."""
    if later.name == earlier.name:
        return _use(later) == _use(earlier)
    return earlier.name in _names(procedure.elements().get(later.name))


def _names(element: object) -> tuple[str, ...]:
    if isinstance(element, FormTask):
        return element.others
    return element.other_than if isinstance(element, Gate) else ()


def _use(request: Request) -> str:
    """Which time a procedure asks for the same: each is decided on its own."""
    return request.key.partition("#")[2]
