"""Opens the cases that rows of a table ask for, each once, however often that comes in. It knows no kind of table."""

from typing import Any

from crm_workflows.business.complaint_register import in_charge
from crm_workflows.business.imports.table import Kind, Opening, Plan
from crm_workflows.domain.errors import InvalidInput, Refused
from crm_workflows.domain.forms import read_form
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.running import opening

REMEDY = "改正后重新导入 / correct it and import it again"


def refuse_unfit(engine: Engine, reader: Reader, kind: Kind, plan: Plan) -> None:
    """Take from the plan what the form of its process refuses, and name it as a problem of its row."""
    fit = []
    for one in plan.opens:
        try:
            _check(engine, reader, one)
        except Refused as refused:
            plan.problems.append(one.entry.problem(kind.columns[0], refused.message, REMEDY))
            plan.added -= 1
        else:
            fit.append(one)
    plan.opens[:] = fit


def _check(engine: Engine, reader: Reader, one: Opening) -> None:
    procedure = engine.procedure(one.process)
    subject: Any = read_form(procedure.subject, _with_owner(engine, reader, one), procedure.title)
    person = engine.staff.directory().person(subject.owner)
    if person is None or not person.active:
        raise InvalidInput(f"{subject.owner} 不在人员名册中 / {subject.owner} is not among the staff")


def open_cases(engine: Engine, plan: Plan) -> None:
    """Each in a transaction of its own: an import that died goes on with those that are not open yet."""
    for one in plan.opens:
        with engine.store.read() as reader:
            input_ = _with_owner(engine, reader, one)
        opening.start(
            engine, one.process, input_, requester=None, origin="import", idempotency_key=one.key,
            evidence=str(input_.get("source", "")),
        )  # fmt: skip


def _with_owner(engine: Engine, reader: Reader, one: Opening) -> dict[str, Any]:
    if one.input.get("owner"):
        return one.input
    today = engine.today(engine.clock.now())
    return one.input | {"owner": in_charge(reader, engine.staff.directory(), today)}
