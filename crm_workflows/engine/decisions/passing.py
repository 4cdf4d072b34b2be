"""Has a colleague decide, at the word of whoever is asked: in their place 转交, or as well as they 加签 (G-2).

It must not judge answers; who may be asked instead is `handing`'s to say.
"""

from typing import Final

from crm_workflows.domain.elements import Gate
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.people import Person
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions import adding, handing
from crm_workflows.engine.decisions.handing import Handover
from crm_workflows.engine.decisions.spoken import Done, Spoken
from crm_workflows.engine.requests.voting import is_heard

DELEGATE: Final = "delegate"
ADD: Final = "add_approver"


def can_be_passed_on(element: object) -> bool:
    """Whether whoever is asked may have a colleague decide; never where the very person must confirm."""
    return isinstance(element, Gate) and not element.requester_decides


def pass_on(spoken: Spoken) -> Done:
    """Put a colleague in the place of whoever speaks, or add one; raises InvalidInput, and nothing has changed then."""
    desk, tx, request, given = spoken.desk, spoken.tx, spoken.request, spoken.given
    if not can_be_passed_on(desk.procedure.element(request.name)):
        zh = f"事项 {request.id} 须由您本人办理，不能转交或加签"
        raise InvalidInput(bilingual(zh, f"request {request.id} is for you in person; nobody else can be asked"))
    if request.status == "open" and is_heard(spoken.engine, tx, request, spoken.standing):
        zh = f"您对事项 {request.id} 已经答复，或尚未轮到您，不能转交或加签"
        en = f"you have answered request {request.id}, or it is not your turn; nobody else can be asked by you now"
        raise InvalidInput(bilingual(zh, en))
    leaving = handing.open_part(spoken.engine, tx, request, spoken.standing.seat)
    name = given.to or ""
    gives_back = given.decision == DELEGATE
    person = handing.fit(desk, tx, request, leaving, name, named(spoken.engine, name), gives_back=gives_back)
    how = Handover(spoken.standing.person, given.channel, spoken.comment, given.evidence)
    if given.decision == ADD:
        adding.add(desk, tx, request, leaving, person, given.place, how)
    else:
        handing.hand_over(desk, tx, request, leaving, handing.as_asked(leaving, person), how)
    return spoken.flushed(to=person.email)


def named(engine: Engine, name: str) -> Person:
    """The one person of the staff with this address or name, in either language; raises InvalidInput where unclear."""
    directory = engine.staff.directory()
    by_address = directory.person(name)
    if by_address is not None:
        return by_address
    found = directory.called(name)
    if len(found) == 1:
        return found[0]
    if found:
        addresses = ", ".join(p.email for p in found)
        zh = f"有 {len(found)} 位同事叫“{name}”，请写邮箱：{addresses}"
        raise InvalidInput(bilingual(zh, f"{len(found)} colleagues are called “{name}”; give the address: {addresses}"))
    zh = f"人员名册中没有“{name}”，请写同事的姓名或邮箱" if name.strip() else "请写明是哪一位同事"
    en = (
        f"nobody here is called “{name}”; give a colleague's name or address" if name.strip() else "say which colleague"
    )
    raise InvalidInput(bilingual(zh, en))
