"""Says what follows on a yes, a no and no answer at all (G-6): from the gate and the source of its procedure.

What an author declares (`on_yes`, `on_no`) goes before what is derived. It must not guess: where the source leaves it
open, it says so. Labels in both languages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from crm_workflows.domain.elements import Element, FormTask, Gate, Stage
from crm_workflows.domain.money import Money
from crm_workflows.domain.outcomes import OUTCOMES
from crm_workflows.domain.panels import Exceeds, Ladder, approvers_in
from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Assignee, CaseRow, Json, Request
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests.approver_names import name_of
from crm_workflows.engine.requests.why_you import why_you
from crm_workflows.engine.views.diagram import Node, diagram_of

SILENCE: Final = {
    "keep_waiting": "继续等待您的答复，并提醒您 / we keep waiting, and remind you",
    "reject": "逾期未答复视为驳回 / silence counts as a rejection",
    "approve": "逾期未答复视为同意 / silence counts as an approval",
    "lapse": "逾期未提交，本案终止 / the case ends if nothing arrives",
}
ESCALATED: Final = "继续等待您的答复，并提醒您和您的上级 / we keep waiting, and remind you and your manager"
GOES_ON: Final = "进入下一步 / the case goes on"
OPEN: Final = (
    "未获通过；案件由此结束还是继续，由流程决定 / not approved; whether the case ends by it, the procedure decides"
)
FOR_PEOPLE: Final = ("gate", "task", "papers", "wait", "end")
MOST: Final = 3
"""So many steps that may come first are named; of more it is only said that there are."""


@dataclass(frozen=True)
class Next:
    """What comes behind an element in the source: what may come first, and what comes in any case."""

    perhaps: tuple[Node, ...] = ()
    then: tuple[Node, ...] = ()


def on_yes(case: CaseRow, request: Request, procedure: Procedure, element: Element, directory: Directory) -> str:
    """What follows on a yes, or on a form that was filled in; empty for papers."""
    if not isinstance(element, Gate | FormTask):
        return ""
    said = element.on_yes or _next(procedure, element)
    stages = _later_stages(case, request, procedure, element) if isinstance(element, Gate) else []
    if not stages:
        return said
    zh, en = (_deciders(case, request, stages, directory, language) for language in ("zh", "en"))
    is_known = _amount(request) is not None or not any(isinstance(stage.when, Exceeds) for stage in stages)
    if_zh, if_en = ("", "") if is_known else ("超过限额时", "above the limit ")
    return bilingual(
        f"{if_zh}还须{zh}同意，然后{in_language(said, 'zh')}",
        f"{if_en}{en} must approve too; then {in_language(said, 'en')}",
    )


def on_no(procedure: Procedure, element: Element) -> str:
    """What follows on a no; empty where there is none."""
    if not isinstance(element, Gate):
        return ""
    return element.on_no or _ended(procedure, element)


def on_silence(request: Request, element: Element, assignee: Assignee, directory: Directory) -> str:
    """What happens if nobody answers; a manager is named only to whom has one and where it is taken to them (G-3)."""
    declared = getattr(element, "on_lapse", "")
    if declared or request.on_silence != "keep_waiting":
        return declared or SILENCE[request.on_silence]
    is_escalated = getattr(element, "escalate_to", None) is not None and directory.manager_of(assignee.person)
    return ESCALATED if is_escalated else SILENCE["keep_waiting"]


def told(engine: Engine, case: CaseRow, request: Request, element: Element | None, assignee: Assignee | None) -> Json:
    """Why it is this person, and what follows, as a document; labels, and the instant `silent_at`.

    Nothing follows that people outside are told, and nothing is known where the code of the version is not installed.
    """
    directory = engine.staff.directory()
    why: Json = {"why_you": why_you(assignee, request, directory) if assignee else ""}
    if element is None or assignee is None or assignee.is_outside:
        return why
    procedure = engine.procedure_of(case)
    at = request.lapse_at if request.kind == "approval" else None
    return why | {
        "on_yes": on_yes(case, request, procedure, element, directory),
        "on_no": on_no(procedure, element),
        "on_silence": on_silence(request, element, assignee, directory),
        "silent_at": at.isoformat() if at else None,
    }


# -- the stages of the gate itself ------------------------------------------------------------------------------


def _later_stages(case: CaseRow, request: Request, procedure: Procedure, gate: Gate) -> list[Stage]:
    """The stages that will be asked after this one, as far as amount and subject say now."""
    stages = gate.stages()
    return [
        s for s in stages[stages.index(gate.stage_of(request.key)) + 1 :] if _is_needed(s, case, request, procedure)
    ]


def _is_needed(stage: Stage, case: CaseRow, request: Request, procedure: Procedure) -> bool:
    if stage.when is None:
        return True
    if isinstance(stage.when, Exceeds):
        amount = _amount(request)
        return amount is None or amount > Policy.from_text(case.policy).amount(stage.when.limit)
    return stage.when.holds(procedure.subject.model_validate(case.subject))


def _deciders(case: CaseRow, request: Request, stages: Sequence[Stage], directory: Directory, language: str) -> str:
    names: list[str] = []
    for stage in stages:
        decider = stage.approver
        amount = _amount(request)
        if isinstance(decider, Ladder) and amount is not None:
            decider = decider.rung(amount, Policy.from_text(case.policy))
        names += [name_of(approver, directory, language) for approver in approvers_in(decider)]
    first, *others = dict.fromkeys(names)
    if language == "zh":
        return "、".join([first, *others])
    return f"{', '.join([first, *others[:-1]])} and {others[-1]}" if others else first


def _amount(request: Request) -> Money | None:
    """None for a gate that goes by none, and for a request of a release that did not keep it."""
    amount = request.shows.get("amount")
    return Money.model_validate(amount) if amount else None


# -- what comes behind it in the source -------------------------------------------------------------------------


@cache
def _next(procedure: Procedure, element: Gate | FormTask) -> str:
    """What the source says; of an element that stands in several places, only what holds in all of them."""
    nodes = diagram_of(procedure).nodes
    said = {_next_at(nodes, n, element) for n, node in enumerate(nodes) if node.key == _key(element)}
    return said.pop() if len(said) == 1 else GOES_ON


def _next_at(nodes: Sequence[Node], here: int, element: Gate | FormTask) -> str:
    found = _behind([node for node in nodes[here + 1 :] if node.key != _key(element)])
    if not found.then:
        return GOES_ON
    first_zh, first_en = _perhaps(found.perhaps)
    may_zh, may_en = _may_end(nodes[here]) if isinstance(element, FormTask) else ("", "")
    is_beside = nodes[here].is_beside or (here + 1 < len(nodes) and nodes[here + 1].is_beside)
    before_zh, before_en = ("各方都填完后，", "once all have filled in theirs, ") if is_beside else ("", "")
    return bilingual(
        f"{before_zh}{first_zh}{_and(found.then, 'zh')}{may_zh}",
        f"{before_en}{_and(found.then, 'en')}{first_en}{may_en}",
    )


def _behind(nodes: Sequence[Node]) -> Next:
    """Whatever has no title for people is left out; what runs beside the element itself is no next step."""
    rest = list(nodes)
    while rest and rest[0].is_beside:
        rest.pop(0)
    seen = [node for node in rest if node.kind in FOR_PEOPLE]
    certain = next((n for n, node in enumerate(seen) if not node.is_conditional), None)
    if certain is None:
        return Next()
    then = [seen[certain]]
    for node in seen[certain + 1 :]:
        if not node.is_beside:
            break
        then.append(node)
    perhaps = {node.title: node for node in seen[:certain]}
    return Next(tuple(perhaps.values()), tuple(then))


def _and(nodes: Sequence[Node], language: str) -> str:
    if nodes[0].kind == "end":
        ended = in_language(OUTCOMES.get(nodes[0].exits[0].outcome, ""), language)
        return f"本案以“{ended}”结束" if language == "zh" else f"the case ends as {ended}"
    titles = [f"“{in_language(node.title, language)}”" for node in nodes]
    if language == "zh":
        return f"下一步是{'、'.join(titles)}"
    return f"the next step is {' with '.join([titles[0], ', '.join(titles[1:])]) if titles[1:] else titles[0]}"


def _perhaps(nodes: Sequence[Node]) -> tuple[str, str]:
    if not nodes:
        return "", ""
    if len(nodes) > MOST:
        return "视情况先有其他步骤；", ", after other steps where they are needed"
    zh, en = ([f"“{in_language(node.title, language)}”" for node in nodes] for language in ("zh", "en"))
    return f"视情况先办{'、'.join(zh)}；", f", after {', '.join(en)} where that is needed"


def _may_end(node: Node) -> tuple[str, str]:
    ways = [("结束本案", "end the case")] if node.exits else []
    ways += [("退回前面的步骤", "send it back")] if node.back_to else []
    if not ways:
        return "", ""
    return (
        f"；视所填内容，也可能{'或'.join(zh for zh, _ in ways)}",
        f"; what you fill in may also {' or '.join(en for _, en in ways)}",
    )


@cache
def _ended(procedure: Procedure, gate: Gate) -> str:
    """How the case ends on a no, where the source ends it there and for that alone; else that this is open."""
    node = next((node for node in diagram_of(procedure).nodes if node.key == _key(gate)), None)
    ends = node.exits if node is not None else ()
    if len(ends) != 1 or ends[0].outcome != "rejected":
        return OPEN
    reason = ends[0].reason or OUTCOMES["rejected"]
    return bilingual(f"案件结束：{in_language(reason, 'zh')}", f"the case ends: {in_language(reason, 'en')}")


def _key(element: Gate | FormTask) -> str:
    return f"{element.rule}:{element.name}"
