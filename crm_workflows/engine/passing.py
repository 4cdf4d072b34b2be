"""Has a colleague decide, at the word of whoever is asked: in their place 转交, or as well as they 加签 (G-2).

It must not judge answers; who may be asked instead is `handing`'s to say.
"""

from datetime import datetime

from crm_workflows.domain.elements import Gate
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import CaseRow, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine import adding, handing, notices
from crm_workflows.engine.answered import Answer, Answered, names_of
from crm_workflows.engine.context import Engine
from crm_workflows.engine.entitlement import Standing
from crm_workflows.engine.handing import Handover
from crm_workflows.engine.ledger import Ledger
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.repeats import OTHER_ANSWER, check_same, made_before
from crm_workflows.engine.voting import AnswerDesk, is_heard

DELEGATE, ADD = "delegate", "add_approver"
VERBS = (DELEGATE, ADD)
EVENTS = {"moved": DELEGATE, "added": ADD}


def can_be_passed_on(element: object) -> bool:
    """Whether whoever is asked may have a colleague decide; never where the very person must confirm."""
    return isinstance(element, Gate) and not element.requester_decides


def pass_on(
    engine: Engine, tx: Transaction, row: CaseRow, request: Request, given: Answer, standing: Standing, now: datetime
) -> Answered:
    """Put a colleague in the place of whoever speaks, or add one; raises InvalidInput, and nothing has changed then."""
    desk = AnswerDesk(engine, engine.procedure_of(row), row, Ledger(row), now)
    if not can_be_passed_on(desk.procedure.element(request.name)):
        zh = f"事项 {request.id} 须由您本人办理，不能转交或加签"
        raise InvalidInput(bilingual(zh, f"request {request.id} is for you in person; nobody else can be asked"))
    if request.status == "open" and is_heard(tx, request, standing):
        zh = f"您对事项 {request.id} 已经答复，或尚未轮到您，不能转交或加签"
        en = f"you have answered request {request.id}, or it is not your turn; nobody else can be asked by you now"
        raise InvalidInput(bilingual(zh, en))
    leaving = handing.open_part(engine, tx, request, standing.seat)
    name = given.to or ""
    gives_back = given.decision == DELEGATE
    person = handing.fit(desk, tx, request, leaving, name, named(engine, name), gives_back=gives_back)
    how = Handover(standing.person, given.channel, given.comment.strip(), given.evidence)
    if given.decision == ADD:
        adding.add(desk, tx, request, leaving, person, given.place, how)
    else:
        handing.hand_over(desk, tx, request, leaving, handing.as_asked(leaving, person), how)
    row = desk.ledger.flush(tx, row)
    return _answered(engine, tx, row, request, given.decision, person, standing, now)


def named(engine: Engine, name: str) -> Person:
    """The one person of the staff with this address or name, in either language; raises InvalidInput where unclear."""
    wanted = name.strip().casefold()
    directory = engine.staff.directory()
    by_address = directory.person(wanted)
    if by_address is not None:
        return by_address
    found = [p for p in directory if p.active and wanted in (p.name.casefold(), p.name_en.casefold()) and wanted]
    if len(found) == 1:
        return found[0]
    if found:
        addresses = ", ".join(p.email for p in found)
        zh = f"有 {len(found)} 位同事叫“{name}”，请写邮箱：{addresses}"
        raise InvalidInput(bilingual(zh, f"{len(found)} colleagues are called “{name}”; give the address: {addresses}"))
    zh = f"人员名册中没有“{name}”，请写同事的姓名或邮箱" if wanted else "请写明是哪一位同事"
    en = f"nobody here is called “{name}”; give a colleague's name or address" if wanted else "say which colleague"
    raise InvalidInput(bilingual(zh, en))


def repeated(engine: Engine, tx: Transaction, row: CaseRow, request: Request, given: Answer) -> Answered | None:
    """The answer to a call of the API that has been made before, by its idempotency key; None where it is new."""
    if given.decision not in VERBS:
        return None
    entry = made_before(tx, row.code, request.id, given.channel, given.evidence, EVENTS)
    if entry is None:
        return None
    if EVENTS[entry.event] != given.decision or entry.data.get("place", given.place) != given.place:
        raise InvalidInput(OTHER_ANSWER)
    person = named(engine, given.to or "")
    check_same(entry, engine.staff.directory().identity(given.by), given.comment.strip(), to=person.email)
    return _answered(engine, tx, row, request, given.decision, person, Standing(entry.actor), entry.at)


def _answered(
    engine: Engine,
    tx: Transaction,
    row: CaseRow,
    request: Request,
    verb: str,
    person: Person,
    standing: Standing,
    now: datetime,
) -> Answered:
    zh_by, en_by = names_of(engine, standing.person)
    zh, en = ("已加签", "added") if verb == ADD else ("已转交", "passed on")
    sentence = bilingual(f"{zh}：{zh_by} → {person.name}", f"{en}: {en_by} → {person.shown_name('en')}")
    return Answered(
        row.code, request.id, request.rule, request.title, verb, True, sentence, notices.follows(engine, tx, row), now,
        standing.person, standing.on_behalf_of, passed_to=person.email,
    )  # fmt: skip
