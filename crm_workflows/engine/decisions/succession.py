"""Who takes over what somebody is asked who has left (G-5). It must not move anything, nor decide who has left.

In this order: whoever stands in for them, who holds now what they held, their manager. Where others were asked the same
and one answer suffices, nobody new is asked. What is told before and what is done after are told and done by this.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from crm_workflows.domain.approvers import Approver, ManagerOf, person, words_of
from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.money import Money
from crm_workflows.domain.panels import Ladder, approvers_in
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Assignee, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.handing import never_asked, takes_part
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests import asking
from crm_workflows.engine.requests.apart import kept_apart
from crm_workflows.engine.requests.asking import Asked
from crm_workflows.engine.requests.desk import AnswerDesk
from crm_workflows.engine.requests.sitting import Sitting


@dataclass(frozen=True)
class Succession:
    """What becomes of one leaver's part of a request: somebody takes it over, others answer it anyway, or nobody."""

    leaving: Assignee
    answer: tuple[str, ...]
    """The addresses of whoever answers from then on; empty where there is nobody."""


def has_left(engine: Engine, assignee: Assignee) -> bool:
    """Whether somebody of the staff who is asked is not here any more."""
    someone = engine.staff.directory().person(assignee.person)
    return not assignee.is_outside and (someone is None or not someone.active)


def leavers_of(engine: Engine, reader: Reader, request: Request) -> list[Assignee]:
    """Those it asks who have left."""
    return [a for a in reader.find(Assignee, request=request.id, is_active=True) if has_left(engine, a)]


def successions(desk: AnswerDesk, reader: Reader, request: Request) -> Iterator[Succession]:
    """What moving would do with each leaver of an open request, one after the other."""
    given: list[str] = []
    for leaving in leavers_of(desk.engine, reader, request):
        try:
            found = successor(desk, reader, request, leaving, given)
        except NobodyToAsk:
            yield Succession(leaving, ())
            continue
        others = [a.person for a in _beside(desk, reader, request)] + given
        given += [found.email] if found else []
        yield Succession(leaving, (found.email,) if found else tuple(others))


def successor(
    desk: AnswerDesk, reader: Reader, request: Request, leaving: Assignee, given: Collection[str] = ()
) -> Asked | None:
    """Who takes it over, on behalf of whoever was asked; None where the others who are asked suffice.

    `given` have taken over other parts of it, where nothing is written of that. Raises NobodyToAsk.
    """
    suffices = bool(given or _beside(desk, reader, request)) and not Sitting.of(request)
    for found in _candidates(desk, reader, request, leaving, with_manager=not suffices):
        if found.email not in given and not takes_part(desk, reader, request, found.email, leaving):
            return found
    if suffices:
        return None
    raise NobodyToAsk(f"person:{leaving.person}", bilingual("没有可以接手的人。", "there is nobody to take it over."))


def _beside(desk: AnswerDesk, reader: Reader, request: Request) -> list[Assignee]:
    """Who is asked the same, is here and may answer."""
    barred, identity = kept_apart(desk.engine, desk.row, request, reader), desk.engine.staff.directory().identity
    asked = reader.find(Assignee, request=request.id, is_active=True)
    return [a for a in asked if not has_left(desk.engine, a) and identity(a.person) not in barred]


def _candidates(
    desk: AnswerDesk, reader: Reader, request: Request, leaving: Assignee, *, with_manager: bool
) -> Iterator[Asked]:
    """Who could take over, best first: each is asked on behalf of whoever was."""
    never = never_asked(desk, reader, request)
    holder = person(leaving.deputy_for or leaving.person)
    words: list[Approver] = [holder, *_words(desk, request, leaving), *([ManagerOf(holder)] if with_manager else [])]
    amount = request.shows.get("amount")
    for word in words:
        try:
            found = asking.staff_asked(desk, word, never=never, amount=Money.model_validate(amount) if amount else None)
        except NobodyToAsk:
            continue
        for one in found:
            before = leaving.deputy_for or leaving.person
            yield Asked(one.email, one.name, leaving.role, one.language, None if before == one.email else before)


def _words(desk: AnswerDesk, request: Request, leaving: Assignee) -> list[Approver]:
    """The words by which the request found this person."""
    element = desk.procedure.element(request.name)
    if isinstance(element, FormTask):
        return [word for word in words_of(element.by) if word.name == leaving.role] if element.by else []
    if not isinstance(element, Gate):
        return []
    decider = element.stage_of(request.key).approver
    amount = request.shows.get("amount")
    if isinstance(decider, Ladder):
        decider = decider.rung(Money.model_validate(amount), Policy.from_text(desk.row.policy))
    words = [word for approver in approvers_in(decider) for word in words_of(approver)]
    return [word for word in words if word.name == leaving.role]
