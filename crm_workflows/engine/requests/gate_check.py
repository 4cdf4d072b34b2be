"""Finds gates that could not come out: conditions that never hold, bands that overlap, groups without people (0011).

It only reads; each finding names file and line of the flow.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, NamedTuple

from crm_workflows.domain.approvers import Approver, ByDepartment, ByField, ByPerson, ByRole, every_word, words_of
from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.forms import schema_of
from crm_workflows.domain.panels import Decider, FieldIs, Ladder, Panel, approvers_in
from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.procedure import Procedure, Versions


class Fault(NamedTuple):
    """One mistake: `file.py:line` of the gate, and what to do."""

    where: str
    message: str
    message_zh: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"

    def told(self) -> str:
        """As a label where it has both languages, else in English."""
        return bilingual(f"{self.where}: {self.message_zh}", str(self)) if self.message_zh else str(self)


def faults_as_written(versions: Versions) -> Iterator[Fault]:
    """Fields that the subject lacks, and conditions that can never hold."""
    for made in versions.values():
        schema = schema_of(made.subject)
        for gate in _gates(made):
            yield from _unknown_material(gate, schema)
            yield from _unknown_rules(made, gate)
            for stage in gate.stages():
                problem = stage.when.problem(schema) if isinstance(stage.when, FieldIs) else None
                if problem:
                    yield Fault(gate.where, f"gate {gate.name} asks {stage.name} where it can never be: {problem}")
        for made_element in made.elements().values():
            yield from _unknown_others(made, made_element)
        for element, approver in _asked(made):
            for word in every_word(approver):
                if isinstance(word, ByField) and word.field not in schema.get("properties", {}):
                    yield Fault(
                        element.where, f"{element.name} asks who stands in the field {word.field}: there is none"
                    )


def _unknown_material(gate: Gate, schema: Mapping[str, Any]) -> Iterator[Fault]:
    """Fields called material that the subject lacks: an amendment would void nothing."""
    for name in gate.material:
        if name not in schema.get("properties", {}):
            yield Fault(gate.where, f"gate {gate.name} calls the field {name} material: there is none")


def _unknown_rules(made: Procedure, gate: Gate) -> Iterator[Fault]:
    """Rules to send back to that nothing in the process carries out: the case would stand where it is."""
    known = {element.rule for element in made.elements().values()}
    for rule in gate.send_back:
        if rule not in known:
            yield Fault(gate.where, f"gate {gate.name} sends back to {rule}, which nothing in {made.name} carries out")


def _unknown_others(made: Procedure, element: object) -> Iterator[Fault]:
    """Names of `other_than` that no task or gate has: nobody would ever be kept apart."""
    if isinstance(element, Gate | FormTask):
        names = element.others if isinstance(element, FormTask) else element.other_than
        stages = {s.name for e in made.elements().values() if isinstance(e, Gate) for s in e.stages()}
        for name in names:
            if name and name not in made.elements() and name not in stages:
                yield Fault(element.where, f"{element.name} is for others than who did {name}: there is no such task")


def faults_by_policy(versions: Versions, policy: Policy) -> Iterator[Fault]:
    """Ladders whose limits do not rise: two bands would overlap, or one never be reached.

    A policy that lacks a limit keeps only cases of that process from beginning (see `needs.check_policy_has`).
    """
    for gate, decider in _deciders(versions):
        limits = decider.limits() if isinstance(decider, Ladder) else ()
        for low, high in pairwise(limits if all(limit in policy for limit in limits) else ()):
            if not policy.amount(low) < policy.amount(high):
                said = f"its bands overlap: {high} ({policy[high]}) must be above {low} ({policy[low]})"
                yield Fault(gate.where, f"gate {gate.name} goes by amount, and {said}")


def faults_by_people(versions: Versions, directory: Directory, policy: Policy | None = None) -> Iterator[Fault]:
    """Roles that the people file does not have, departments nobody is in, panels that take more people than there are.

    A role that the file has and nobody holds is a finding of the file, at its line.
    """
    yield from _unknown_roles(versions, directory)
    for gate, decider in _deciders(versions):
        words = {word for approver in approvers_in(decider) for word in every_word(approver)}
        for word in sorted(words, key=str):
            if isinstance(word, ByDepartment) and not _people(directory, word):
                yield Fault(gate.where, f"gate {gate.name} asks the department {word.name}, where nobody is")
        for panel in panels_in(decider):
            most = _most(directory, panel)
            needed = policy.number(panel.count) if policy and isinstance(panel.count, str) else panel.count
            if panel.takes == "at_least" and isinstance(needed, int) and needed > most:
                said = f"{needed} different people, and there are {most}"
                yield Fault(gate.where, f"gate {gate.name} takes {said}; name more people, or take fewer")


def _unknown_roles(versions: Versions, directory: Directory) -> Iterator[Fault]:
    for made in versions.values():
        for element, approver in _asked(made):
            for word in every_word(approver):
                if isinstance(word, ByRole) and word.name not in directory.roles:
                    meant = get_close_matches(word.name, directory.roles, n=1)
                    zh, en = (
                        f"是否指 {meant[0]}？" if meant else "请加入该名单，或另选角色",
                        (f"did you mean {meant[0]}?" if meant else "add it there, or name another"),
                    )
                    en = f"{element.name} asks the role {word.name}, which the people file does not have; {en}"
                    yield Fault(element.where, en, f"{element.name} 询问的角色 {word.name} 不在人员名单中；{zh}")


def panels_in(decider: Decider) -> Iterator[Panel]:
    """Every panel of a decider, the outer before the inner."""
    if isinstance(decider, Ladder):
        for rung in decider.rungs:
            yield from panels_in(rung.decider)
    elif isinstance(decider, Panel):
        yield decider
        for part in decider.parts:
            yield from panels_in(part)


def _most(directory: Directory, panel: Panel) -> int:
    """How many answers there can be: different people, and groups that answer as one."""
    people: set[str] = set()
    others = 0
    for part in panel.parts:
        if isinstance(part, ByRole | ByDepartment | ByPerson):
            people |= _people(directory, part)
        else:
            others += 1
    return len(people) + others


def _people(directory: Directory, word: Approver) -> set[str]:
    found: set[str] = set()
    for one in words_of(word):
        if isinstance(one, ByRole):
            found |= {p.email for p in directory.with_role(one.name) if p.active}
        elif isinstance(one, ByDepartment):
            found |= {p.email for p in directory.department(one.name) if p.active}
        elif isinstance(one, ByPerson):
            found.add(directory.identity(one.name))
    return found


def _gates(made: Procedure) -> list[Gate]:
    return [element for element in made.elements().values() if isinstance(element, Gate)]


def _deciders(versions: Versions) -> Iterator[tuple[Gate, Decider]]:
    return ((gate, stage.approver) for made in versions.values() for gate in _gates(made) for stage in gate.stages())


def _asked(made: Procedure) -> Iterator[tuple[Gate | FormTask, Approver]]:
    for element in made.elements().values():
        if isinstance(element, Gate):
            yield from ((element, found) for found in element.copy)
            yield from ((element, found) for stage in element.stages() for found in approvers_in(stage.approver))
        elif isinstance(element, FormTask) and element.by:
            yield element, element.by
