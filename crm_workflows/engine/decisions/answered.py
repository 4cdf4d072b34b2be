"""What somebody says to a request, what was recorded of it, and the sentences that tell so. It decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_workflows.domain import verbs
from crm_workflows.domain.records import Decision, Request
from crm_workflows.domain.text import bilingual, in_language, moment_in
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.amended import replaced_by
from crm_workflows.engine.ports import Reader

VERBS = {verb.word: verb.said for verb in verbs.VERBS.values()} | {
    "submit": "提交 / submitted",
    "lapsed": "逾期终止 / lapsed",
    "complete": "收齐 / completed",
    "override": "越级决定 / overridden",
}
"""What was decided, in a sentence (labels)."""

CLOSED = {
    "superseded": "已由退回后的新一轮取代 / was superseded when the case was sent back",
    "withdrawn": "已撤销 / was withdrawn",
    "lapsed": "已逾期结束 / has lapsed",
}


@dataclass(frozen=True)
class Answer:
    """What somebody said to a request. `decision` is a word of the contract, or `submit` with a `form` for a task; `to`
    is the rule to send back to, or the name or address of whom to delegate to."""

    decision: str
    by: str
    channel: str
    comment: str = ""
    to: str | None = None
    form: Any = None
    evidence: str | None = None
    digest: str | None = None
    """The digest by which it came and the number there, `DG-20260302-…/3` (G-10)."""
    authentication: Any = None
    """What was known of the sender of the mail by which it came (`InboundMail.authentication`)."""
    place: str = "beside"
    """Where an added approver stands: before, after or beside whoever adds them."""


@dataclass(frozen=True)
class Answered:
    """What was recorded. When not `effective`, `sentence` says who decided before; `follows` says what comes next."""

    case: str
    request: str
    rule: str
    title: str
    decision: str
    effective: bool
    sentence: str
    follows: str
    at: datetime
    decided_by: str | None = None
    on_behalf_of: str | None = None
    passed_to: str | None = None
    """The address of whoever is asked instead or as well, where it was passed on or somebody was added."""


def settling(decisions: Sequence[Decision]) -> Decision | None:
    """Of the decisions on a request, in order, the one that settled it: of several who decide together the last."""
    return next((decision for decision in reversed(decisions) if decision.effective), None)


def asked_anew(reader: Reader, request: Request) -> Request | None:
    """The open request that asks the same in a later round, after a send-back or an undo; None where there is none."""
    if request.status not in ("decided", "superseded"):
        return None
    found = reader.find(Request, case=request.case, key=request.key, status="open", order="round", descending=True)
    return next((one for one in found if one.round > request.round), None)


def why_closed(
    engine: Engine,
    request: Request,
    decisions: list[Decision],
    answerer: str | None = None,
    anew: Request | None = None,
    *,
    is_reader: bool = False,
) -> tuple[str, str | None]:
    """One bilingual sentence: who decided a closed request and how, or that it is no longer needed; and the decider.

    `answerer` is whose answer came now: it may be the one that decided; `is_reader` where nobody else reads this. A
    request that several decide may be open still: then it is who answered before on the same seat. `anew` is what
    `asked_anew` found.
    """
    decided = settling(decisions)
    if decided is None and request.status == "open":
        zh = f"事项 {request.id} 须等他人先答复，轮到您时会再请您；您的答复已留存但不生效"
        en = f"request {request.id} waits for somebody who is asked before you; your answer is kept without effect"
        return bilingual(zh, en), None
    new = replaced_by(request)
    if new is not None:
        zh = f"事项 {request.id} 所示内容已更改，您的答复已留存但不生效；请就新内容答复 {new}"
        en = f"your answer to {request.id} is kept without effect, since what it shows has changed; answer the new "
        return bilingual(zh, en + f"request {new}"), None
    if anew is not None and decided is None:
        zh = f"事项 {request.id} 此后已撤销、退回或更改，现以 {anew.id} 重新征询；您的答复已留存但不生效，请就其答复"
        en = f"{request.id} was undone, sent back or amended since; your answer is kept without effect, answer the new "
        return bilingual(zh, en + f"request {anew.id}"), None
    if decided is None or request.status not in ("decided", "open"):
        why = CLOSED.get(request.status, "已结束 / is closed")
        zh = f"事项 {request.id} {in_language(why, 'zh')}，您的答复已留存但不生效"
        en = f"request {request.id} {in_language(why, 'en')}; your answer is kept without effect"
        return bilingual(zh, en), None
    zh_name, en_name = names_of(engine, decided.by)
    verb = VERBS.get(decided.decision, decided.decision)
    if anew is None and engine.staff.directory().identity(decided.by) == answerer:
        return _stands(engine, decided, is_reader=is_reader), decided.by
    zh_name, en_name = ("您", "you have") if is_reader and decided.by == answerer else (f"{zh_name} ", f"{en_name} has")
    zh = f"{zh_name}已先行答复“{in_language(verb, 'zh')}”，您的答复已留存但不生效"
    en = f"{en_name} already answered ({in_language(verb, 'en')}); your answer is kept without effect"
    if anew is not None:
        zh, en = f"{zh}；现以 {anew.id} 重新征询，请就其答复", f"{en}; answer the new request {anew.id}"
    return bilingual(zh, en), decided.by


def _stands(engine: Engine, decided: Decision, *, is_reader: bool) -> str:
    """That somebody's first answer holds, and when it was given, to whoever answers a second time."""
    zh_name, en_name = names_of(engine, decided.by)
    zh_name, en_name = ("您于", "your") if is_reader else (f"{zh_name} 于", f"{en_name}'s")
    verb, at = VERBS.get(decided.decision, decided.decision), engine.staff.calendar().local(decided.at)
    zh = f"{zh_name} {moment_in(at, 'zh')} 答复的“{in_language(verb, 'zh')}”仍然有效，这次的答复已留存但不生效"
    en = (
        f"{en_name} answer of {moment_in(at, 'en')} ({in_language(verb, 'en')}) stands; this one is kept without effect"
    )
    return bilingual(zh, en)


def recorded(engine: Engine, decision: str, person: str) -> str:
    """One bilingual sentence: what was recorded, and whose answer it is."""
    verb = VERBS.get(decision, decision)
    zh_name, en_name = names_of(engine, person)
    return bilingual(
        f"已记录：{in_language(verb, 'zh')}（{zh_name}）", f"recorded: {in_language(verb, 'en')} ({en_name})"
    )


def names_of(engine: Engine, address: str) -> tuple[str, str]:
    """The name behind an address for a Chinese and for an English reader."""
    who = engine.staff.directory().person(address)
    return (who.name, who.shown_name("en")) if who else (address, address)
