"""Moves what people are asked who have left to somebody who is here (G-5). It must not decide who that is.

Where there is nobody at all, the admins hear of it, and it goes on waiting.
"""

from crm_workflows.domain.errors import ProcedureChanged
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.records import Assignee, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.handing import Handover, hand_over
from crm_workflows.engine.decisions.succession import leavers_of, successor
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests.desk import AnswerDesk, desk_of
from crm_workflows.engine.running import attention

LEFT = "已不在岗 / has left"
NOBODY_HERE = bilingual("离职人员的事项无人可接", "what somebody who has left was asked cannot be given to anybody")
REASSIGN = bilingual(
    "请用 crmw reassign 改派，或在人员文件中给其写明在岗的代理人或上级，再运行 crmw people apply",
    "reassign it with crmw reassign, or name a deputy or manager who is here in the people file and apply that",
)


def move_on(engine: Engine) -> int:
    """Move all that people are asked who are not here any more; returns out of how many requests.

    Also what nobody could take over when they left: since then somebody may have been named.
    """
    directory = engine.staff.directory()
    with engine.store.read() as reader:
        asked = reader.distinct(Assignee, "person", is_active=True, is_outside=False)
        gone = [who for who in asked if not getattr(directory.person(who), "active", False)]
        found = reader.columns(Assignee, "request", person=gone, is_active=True, is_outside=False)
    return sum(_move_in(engine, request) for request in dict.fromkeys(request for (request,) in found))


def _move_in(engine: Engine, request_id: str) -> bool:
    with engine.store.write() as tx:
        row = tx.lock_case(request_id.rpartition("-R")[0])
        request = tx.get(Request, request_id)
        if row is None or request is None or request.status != "open":
            return False
        try:
            desk = desk_of(engine, row, engine.clock.now())
        except ProcedureChanged:  # its code is not here; told by the look at all cases
            return False
        moved = moved_from_leavers(desk, tx, request)
        desk.ledger.flush(tx, row)
    engine.store.wake()
    return moved


@carries_out("G-5")
def moved_from_leavers(desk: AnswerDesk, tx: Transaction, request: Request) -> bool:
    """Give each who has left here over, as far as there is anybody to give it to; whether that was so for one."""
    is_moved = False
    for assignee in leavers_of(desk.engine, tx, request):
        try:
            _move(desk, tx, request, assignee)
            is_moved = True
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
    return is_moved


def _move(desk: AnswerDesk, tx: Transaction, request: Request, leaving: Assignee) -> None:
    found = successor(desk, tx, request, leaving)
    if found is not None:
        hand_over(desk, tx, request, leaving, found, Handover("engine", "engine", LEFT))
        return
    desk.ledger.update(Assignee, (request.id, leaving.person), is_active=False)
    desk.ledger.audit("moved", "engine", desk.now, request=request.id, from_=leaving.person, to=None)
