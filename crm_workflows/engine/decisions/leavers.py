"""Moves what people are asked who have left to somebody who is here (G-5). It must not decide who has left.

In this order: whoever stands in for them, who holds now what they held, their manager. Where others were asked the same
and one answer suffices, nobody new is asked. Nobody at all: the admins hear of it, and it goes on waiting.
"""

from collections.abc import Iterable, Iterator

from crm_workflows.domain.approvers import Approver, ManagerOf, person, words_of
from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.money import Money
from crm_workflows.domain.panels import Ladder, approvers_in
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Assignee, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.handing import Handover, hand_over, never_asked, takes_part
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests import asking
from crm_workflows.engine.requests.asking import Asked
from crm_workflows.engine.requests.desk import AnswerDesk, desk_of
from crm_workflows.engine.requests.sitting import Sitting
from crm_workflows.engine.running import attention

LEFT = "已不在岗 / has left"
NOBODY_HERE = bilingual("离职人员的事项无人可接", "what somebody who has left was asked cannot be given to anybody")
REASSIGN = bilingual(
    "请用 crmw reassign 改派，或更新人员名单", "reassign it with crmw reassign, or name a deputy or manager"
)


def move_on(engine: Engine, addresses: Iterable[str]) -> int:
    """Move all that these people are asked and who are not here any more; returns how many requests had them."""
    with engine.store.read() as reader:
        found = [a for address in addresses for a in reader.find(Assignee, person=address, is_active=True)]
    requests = list(dict.fromkeys(assignee.request for assignee in found))
    return sum(_move_in(engine, request) for request in requests)


def _move_in(engine: Engine, request_id: str) -> bool:
    with engine.store.write() as tx:
        row = tx.lock_case(request_id.rpartition("-R")[0])
        request = tx.get(Request, request_id)
        if row is None or request is None or request.status != "open":
            return False
        desk = desk_of(engine, row, engine.clock.now())
        moved = moved_from_leavers(desk, tx, request)
        desk.ledger.flush(tx, row)
    engine.store.wake()
    return moved


@carries_out("G-5")
def moved_from_leavers(desk: AnswerDesk, tx: Transaction, request: Request) -> bool:
    """Whether anybody asked here has left; each is given over, as far as there is anybody to give it to."""
    left = [a for a in tx.find(Assignee, request=request.id, is_active=True) if has_left(desk.engine, a)]
    for assignee in left:
        try:
            _move(desk, tx, request, assignee)
        except NobodyToAsk as error:
            key = f"left/{request.id}/{assignee.person}"
            about = f"{request.id}, {assignee.name}: "
            attention.tell_admins(
                desk.engine, tx, desk.row, NOBODY_HERE,
                lambda language, error=error, about=about: about + attention.said_in(error, language),  # type: ignore[misc]
                REASSIGN, desk.now, key,
            )  # fmt: skip
        desk.row = desk.ledger.flush(tx, desk.row)
        request = tx.get(Request, request.id) or request
    return bool(left)


def has_left(engine: Engine, assignee: Assignee) -> bool:
    """Whether somebody of the staff who is asked is not here any more."""
    someone = engine.staff.directory().person(assignee.person)
    return not assignee.is_outside and (someone is None or not someone.active)


def _move(desk: AnswerDesk, tx: Transaction, request: Request, leaving: Assignee) -> None:
    beside = [a for a in tx.find(Assignee, request=request.id, is_active=True) if not has_left(desk.engine, a)]
    for found in _successors(desk, request, leaving, with_manager=bool(Sitting.of(request)) or not beside):
        if not takes_part(desk, tx, request, found.email, leaving):
            hand_over(desk, tx, request, leaving, found, Handover("engine", "engine", LEFT))
            return
    if not beside or Sitting.of(request):
        raise NobodyToAsk(
            f"person:{leaving.person}", bilingual("没有可以接手的人。", "there is nobody to take it over.")
        )
    desk.ledger.update(Assignee, (request.id, leaving.person), is_active=False)
    desk.ledger.audit("moved", "engine", desk.now, request=request.id, from_=leaving.person, to=None)


def _successors(desk: AnswerDesk, request: Request, leaving: Assignee, *, with_manager: bool) -> Iterator[Asked]:
    """Who could take over, best first: each is asked on behalf of whoever was."""
    holder = person(leaving.deputy_for or leaving.person)
    words: list[Approver] = [holder, *_words(desk, request, leaving), *([ManagerOf(holder)] if with_manager else [])]
    amount = request.shows.get("amount")
    for word in words:
        try:
            found = asking.staff_asked(
                desk, word, never=never_asked(desk, request), amount=Money.model_validate(amount) if amount else None
            )
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
