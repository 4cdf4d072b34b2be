"""Asks somebody of the staff before a gate is decided 询问: the gate stays open and its clock stands (G-3).

The question is a form task of its own, so that it is answered, reminded of, escalated and passed on like any other. It
gives whoever is asked no right to decide.
"""

from dataclasses import replace
from typing import Final

from crm_workflows.domain.audit import said_hash
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import Assignee, Decision, Json, Request
from crm_workflows.domain.shown import Fact
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.decisions.answered import names_of
from crm_workflows.engine.decisions.handing import open_part
from crm_workflows.engine.decisions.passing import can_be_passed_on, named
from crm_workflows.engine.decisions.spoken import Done, Spoken
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.procedure import QUESTION
from crm_workflows.engine.requests import asking, pausing
from crm_workflows.engine.requests.asking import Asked
from crm_workflows.engine.requests.desk import AnswerDesk
from crm_workflows.engine.requests.pausing import PAUSED
from crm_workflows.engine.requests.timing import calendars_of, times
from crm_workflows.engine.requests.voting import is_heard

ASKED: Final = "question"
"""The event of the record; the answer is a decision `submit` on the question."""
QUESTIONS: Final = "questions"


def ask(spoken: Spoken) -> Done:
    """Open a question to the person named, else to the requester; raises InvalidInput, and nothing has changed then."""
    desk, request = spoken.desk, spoken.request
    whom = _whom(spoken)
    number = desk.row.request_count + 1
    identity = f"{desk.row.code}-R{number}"
    told: Json = {
        "id": identity, "by": spoken.standing.person, "asks": whom.email, "question": spoken.comment,
        "at": desk.now.isoformat(),
    }  # fmt: skip
    desk.ledger.set(request_count=number)
    question = _request(spoken, identity, told)
    asked = asking.assignee_of(desk, question, Asked(whom.email, whom.shown_name(whom.language), ASKED, whom.language))
    desk.ledger.add(question, asked)
    asking.queue_request(desk, QUESTION, question, asked, [asked])
    shown = request.shows | {QUESTIONS: [*request.shows.get(QUESTIONS, ()), told]}
    stops = pausing.stopped(request, desk.now, {"question": identity, "asks": whom.email})
    desk.ledger.update(Request, (request.id,), **stops | {"shows": shown | {PAUSED: stops["shows"][PAUSED]}})
    spoken.audit(ASKED, to=whom.email, question=identity, said=said_hash(spoken.comment, None))
    return spoken.flushed(to=whom.email)


def _whom(spoken: Spoken) -> Person:
    """Who is asked, once it is clear that this person may ask now."""
    desk, request = spoken.desk, spoken.request
    if not can_be_passed_on(desk.procedure.element(request.name)):
        zh = f"事项 {request.id} 须由您本人办理，不能询问他人"
        raise InvalidInput(bilingual(zh, f"request {request.id} is for you in person; nobody else can be asked"))
    if request.status == "open" and is_heard(spoken.engine, spoken.tx, request, spoken.standing):
        zh = f"您对事项 {request.id} 已经答复，或尚未轮到您，现在不能询问"
        raise InvalidInput(bilingual(zh, f"you have answered request {request.id}, or it is not your turn; ask later"))
    open_part(spoken.engine, spoken.tx, request, spoken.standing.seat)
    if not spoken.comment:
        raise InvalidInput(bilingual("请写明要问的问题", "write the question that you want to ask"))
    paused = request.shows.get(PAUSED)
    if paused is not None:
        zh, en = names_of(spoken.engine, paused["asks"])
        zh = f"事项 {request.id} 已在等 {zh} 答复一个询问，请等答复后再问，或直接作出决定"
        en = f"request {request.id} waits for {en} to answer a question; ask again afterwards, or decide"
        raise InvalidInput(bilingual(zh, en))
    whom = named(spoken.engine, spoken.given.to or desk.row.requester)
    if not whom.active or whom.email == spoken.standing.person:
        zh = f"{whom.name} 不在岗或就是您本人，请写明另一位同事"
        raise InvalidInput(
            bilingual(zh, f"{whom.shown_name('en')} is not here, or is yourself; name another colleague")
        )
    return whom


def _request(spoken: Spoken, identity: str, told: Json) -> Request:
    desk, gate = spoken.desk, spoken.request
    zh_by, en_by = names_of(spoken.engine, told["by"])
    zh, en = (in_language(gate.title, language) for language in ("zh", "en"))
    label = bilingual(f"{zh_by}的询问", f"What {en_by} asks")
    shows = {name: gate.shows[name] for name in ("facts", "attachments") if name in gate.shows}
    shows |= {"facts": [Fact(label, told["question"]).to_json(), *shows.get("facts", ())], "about": gate.id}
    return Request(
        id=identity, case=gate.case, kind="task", rule=gate.rule, name=QUESTION.name,
        title=bilingual(f"答复询问（{zh}）", f"Answer a question ({en})"), key=f"{QUESTION.name}:{identity}",
        round=gate.round, status="open", opened_at=desk.now, shows=shows,
        **times(desk, QUESTION, [told["asks"]]),
    )  # fmt: skip


def answered(desk: AnswerDesk, tx: Transaction, question: Request, decision: Decision) -> None:
    """Give the answer to everybody asked to decide, by a mail of its own, and let the clock of their request go on."""
    gate = tx.get(Request, question.shows["about"])
    if gate is None or gate.status != "open":
        return
    beside = tx.find(Assignee, request=gate.id, is_active=True)
    values = pausing.started(gate, desk.now, calendars_of(desk.engine, [a.person for a in beside]))
    values["shows"][QUESTIONS] = [_told(one, question, decision) for one in gate.shows[QUESTIONS]]
    desk.ledger.update(Request, (gate.id,), **values)
    gate = replace(gate, **values)
    for assignee in beside:
        element = desk.procedure.element(gate.name)
        asking.queue_request(desk, element, gate, assignee, beside, key=f"{question.id}/answered")
    asked = [assignee.person for assignee in beside]
    desk.ledger.audit("went_on", "engine", desk.now, request=gate.id, question=question.id, asked=asked)


def _told(one: Json, question: Request, decision: Decision) -> Json:
    if one["id"] != question.id:
        return one
    said = {"answer": decision.answer["answer"], "answered_by": decision.by, "answered_at": decision.at.isoformat()}
    return one | said
