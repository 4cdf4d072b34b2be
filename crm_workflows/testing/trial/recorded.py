"""Reads cases of a database as cases to run again: when they came, what was answered and after how long.

Of registers it takes the lines that none of these cases has entered: as they were before, as far as that is known.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from statistics import median
from typing import Final

from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.records import CaseRow, Customer, CustomerContact, Decision, Request, Supplier
from crm_workflows.domain.working_time import WorkingCalendar
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.procedure import Procedure
from crm_workflows.testing.trial.behaviour import Behaviour, Habit, Said, TrialCase
from crm_workflows.testing.trial.paths_told import HOUR

GATE_WORDS: Final = ("approve", "reject", "send_back")


def recorded(reader: Reader, made: Procedure, rows: Sequence[CaseRow], hours: WorkingCalendar) -> list[TrialCase]:
    """The cases as they may be run again, each with the answers it had; what differs in a form is all of it."""
    codes = {row.code for row in rows}
    known = _register(reader, codes)
    return [
        TrialCase(row.code, row.opened_at, row.subject, _answers(reader, made, row, hours), known, row.requester)
        for row in sorted(rows, key=lambda row: (row.opened_at, row.code))
    ]


def habits(cases: Sequence[TrialCase], seed: int) -> Behaviour:
    """How long answers took on record, by element: for questions that a draft asks and no record answers."""
    took: dict[str, list[float]] = defaultdict(list)
    for case in cases:
        for element, said in case.answers.items():
            took[element] += [one.hours for one in said if one.hours is not None]
    every = [hours for found in took.values() for hours in found]
    return Behaviour(seed, {name: _habit(found) for name, found in took.items()}, _habit(every))


def _habit(hours: list[float]) -> Habit:
    if not hours:
        return Habit()
    return Habit(max(median(hours), 0.1), max(sorted(hours)[-(len(hours) // 10) - 1], 0.1))


def _register(reader: Reader, codes: Collection[str]) -> tuple[object, ...]:
    customers = [line for line in reader.find(Customer) if line.case not in codes]
    theirs = {line.code for line in customers}
    contacts = [line for line in reader.find(CustomerContact) if line.customer in theirs]
    return (*(line for line in reader.find(Supplier) if line.case not in codes), *customers, *contacts)


def _answers(reader: Reader, made: Procedure, row: CaseRow, hours: WorkingCalendar) -> dict[str, list[Said]]:
    """What was answered, in order; what is open still or was superseded has no answer on record."""
    found: dict[str, list[Said]] = defaultdict(list)
    for request in reader.find(Request, case=row.code, status=["decided", "lapsed"], order="opened_at"):
        if request.kind != "timer" and request.name in made.elements():
            found[request.name].append(_said(reader, made, request, hours))
    return dict(found)


def _said(reader: Reader, made: Procedure, request: Request, hours: WorkingCalendar) -> Said:
    """The answer that closed a request; none where time did."""
    outcome = request.outcome or {}
    if request.closed_at is None or outcome.get("silence") or outcome.get("decision") == "lapsed":
        return Said(None)
    took = hours.working_time_between(request.opened_at, request.closed_at).total_seconds() / HOUR
    if isinstance(made.element(request.name), FormTask):
        return Said(took, form=outcome.get("answer") or {})
    if outcome.get("decision") not in GATE_WORDS:
        return Said(took)
    sent = reader.find(Decision, request=request.id, decision="send_back", effective=True)
    return Said(took, outcome["decision"], sent[-1].answer["to"] if sent else None)
