"""What the procedures need of people and policy, so that a file that lacks it is refused beforehand. It only reads."""

from collections.abc import Iterable, Iterator
from functools import cache

from crm_workflows.domain.approvers import Approver, ByRole, RoleAsked, every_word
from crm_workflows.domain.durations import Duration
from crm_workflows.domain.elements import FormTask, Gate, Papers, PolicyRead
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.panels import Exceeds, Ladder, approvers_in
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.procedure import Procedure, Versions, package_modules
from crm_workflows.engine.requests.gate_check import panels_in


def roles_asked(versions: Versions) -> dict[str, RoleAsked]:
    """The roles that gates and tasks name, each with who does; somebody must hold each (G-5)."""
    found: dict[str, RoleAsked] = {}
    for made in versions.values():
        for element, approver in _approvers(made):
            for word in every_word(approver):
                if isinstance(word, ByRole):
                    held = found.get(word.name, RoleAsked(element.where, {}))
                    titles = dict.fromkeys((*held.by.get(made.title, ()), element.title))
                    found[word.name] = RoleAsked(held.where, {**held.by, made.title: tuple(titles)})
    return found


def policy_read(versions: Versions) -> dict[str, str]:
    """The policy keys and groups that are read, each with its kind ("whole number", "amount", "" for any)."""
    read: dict[str, str] = {}
    for element in _elements(versions):
        read |= _read_by(element)
    for made in versions.values():
        read |= {need.key: need.kind for need in _own_reads(made)}
    return read


def _read_by(element: object) -> dict[str, str]:
    read = {d.policy_key: "whole number" for d in _durations(element) if d.policy_key}
    if isinstance(element, Gate):
        read |= _read_by_gate(element)
        read |= {element.rounds: "whole number"} if isinstance(element.rounds, str) else {}
    return read


@cache
def _keys_of(made: Procedure) -> frozenset[str]:
    return frozenset(policy_read({(made.name, made.version): made}))


def check_policy_has(made: Procedure, policy: Policy) -> None:
    """Raise Refused where the policy lacks what the procedure reads.

    A case keeps the policy with which it begins (G-8): one that lacked a value could never be mended.
    """
    lacking = _lacking(made, policy)
    if not lacking:
        return
    keys, remedy = ", ".join(lacking), "crmw policy show > policy.yaml; crmw policy apply policy.yaml"
    zh, en = (in_language(made.title, language) for language in ("zh", "en"))
    raise Refused(
        bilingual(
            f"“{zh}”不能立案：现行政策缺少 {keys}；请写入政策文件并启用（{remedy}）",
            f"{en} cannot begin: the policy in force lacks {keys}; put that into the file and apply it ({remedy})",
        )
    )


def check_file_has(made: Procedure, policy: Policy, file: str) -> None:
    """The same for a policy file that is only tried: it names the file, and who reads what is not there."""
    lacking = _lacking(made, policy)
    if not lacking:
        return
    keys = ", ".join(f"{key} ({where})" if (where := _where_read(made, key)) else key for key in lacking)
    raise Refused(
        bilingual(f"{file} 缺少 {keys}；请写入该文件后再试", f"{file} lacks {keys}; put that into it and try again")
    )


def _lacking(made: Procedure, policy: Policy) -> list[str]:
    return sorted(key for key in _keys_of(made) if key not in policy and not policy.has_group(key))


def _where_read(made: Procedure, key: str) -> str:
    """`file.py:line` of the first element that reads it; empty where steps read it."""
    return next((str(getattr(e, "where", "")) for e in made.elements().values() if key in _read_by(e)), "")


def _read_by_gate(gate: Gate) -> dict[str, str]:
    conditions = (stage.when for stage in gate.stages())
    amounts = {condition.limit: "amount" for condition in conditions if isinstance(condition, Exceeds)}
    for stage in gate.stages():
        if isinstance(stage.approver, Ladder):
            amounts |= dict.fromkeys(stage.approver.limits(), "amount")
    counts = (panel.count for stage in gate.stages() for panel in panels_in(stage.approver))
    return amounts | {count: "whole number" for count in counts if isinstance(count, str)}


def _own_reads(made: Procedure) -> Iterator[PolicyRead]:
    for module in package_modules(made.module):
        for value in vars(module).values():
            yield from (v for v in (value if isinstance(value, tuple) else (value,)) if isinstance(v, PolicyRead))


def _elements(versions: Versions) -> Iterator[object]:
    return (element for made in versions.values() for element in made.elements().values())


def _approvers(made: Procedure) -> Iterator[tuple[Gate | FormTask, Approver]]:
    for element in made.elements().values():
        if isinstance(element, Gate):
            yield from ((element, found) for stage in element.stages() for found in approvers_in(stage.approver))
        elif isinstance(element, FormTask) and element.by:
            yield element, element.by


def _durations(element: object) -> Iterable[Duration]:
    if isinstance(element, Gate):
        found: tuple[Duration | None, ...] = (element.due, element.remind, element.on_silence.after)
    elif isinstance(element, FormTask):
        found = (element.due, element.remind, element.lapse)
    else:
        found = (*element.remind, element.due, element.lapse) if isinstance(element, Papers) else ()
    return [duration for duration in found if duration is not None]
