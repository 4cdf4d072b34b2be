"""Amounts in another currency than the limits and tiers are in, which is CNY: told to whoever fills them in."""

from pydantic import ValidationError

from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.forms import Form

COMPARED_WITH_NOTHING = {("PapersCheck", "last_revenue")}
DOLLARS = {"amount": "5.00", "currency": "USD"}


def said_of(form: type[Form], name: str) -> list[str]:
    """What the form says to dollars in that field."""
    try:
        form.model_validate({name: DOLLARS})
    except ValidationError as error:
        return [one["msg"] for one in error.errors() if one["loc"] == (name,)]
    return []


def test_every_form_refuses_another_currency_in_a_sentence_where_the_amount_is_compared() -> None:
    """Nothing converts: refused later, it would stop the case."""
    asked = 0
    for made in load_processes().values():
        tasks = [element.form for element in made.elements().values() if isinstance(element, FormTask)]
        for form in (made.subject, *tasks):
            for name in [name for name, field in form.model_fields.items() if "Money" in str(field.annotation)]:
                asked += 1
                is_compared = (form.__name__, name) not in COMPARED_WITH_NOTHING
                told = any("please give the amount in CNY" in one for one in said_of(form, name))
                assert told is is_compared, (form, name)
    assert asked > 8
