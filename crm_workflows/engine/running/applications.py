"""Reads the application for a case, in which a colleague may stand by name. It must not open the case."""

from typing import Any, Final

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.forms import Subject, read_form
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.passing import named
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests.choosing import chosen_fields

OWNER: Final = "owner"


def read_application(engine: Engine, procedure: Procedure, input_: Any) -> Subject:
    """Raises InvalidInput, with the field: of all that is wrong, or where nobody or more than one is called so."""
    if isinstance(input_, Subject):
        return input_
    return read_form(procedure.subject, _by_address(engine, procedure, input_), procedure.title, engine.facts_today())


def _by_address(engine: Engine, procedure: Procedure, input_: Any) -> Any:
    """The same with the address of each colleague who stands by name where the form asks for a colleague."""
    if not isinstance(input_, dict):
        return input_
    meant = {field: input_.get(field) for field in (OWNER, *chosen_fields(procedure))}
    names = {field: value for field, value in meant.items() if isinstance(value, str) and _is_name(value)}
    return input_ | {field: _address(engine, field, name) for field, name in names.items()}


def _is_name(written: str) -> bool:
    return bool(written.strip()) and "@" not in written


def _address(engine: Engine, field: str, name: str) -> str:
    try:
        return named(engine, name.strip()).email
    except InvalidInput as unclear:
        raise InvalidInput(unclear.message, {field: unclear.message}) from unclear
