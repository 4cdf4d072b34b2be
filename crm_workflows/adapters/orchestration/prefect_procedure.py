"""The procedure decorator of the front door: it publishes the form of a process as the signature of its flow.

It must not import prefect: what the flow does when it runs is in `prefect_front`.
"""

import inspect
from collections.abc import Callable
from typing import Any, Final, cast

from pydantic import Field

from crm_workflows.engine.procedure import StartedFromForm
from crm_workflows.engine.procedure import procedure as engine_procedure

FORM_DESCRIPTION: Final = "申请表 / The application form"


def procedure(
    *, code: str, version: int, title: str, name: str | None = None, booked: bool = False
) -> Callable[[Callable[..., Any]], Any]:
    """Mark the function that writes a process down, below Prefect's `@flow`.

    Its one parameter is annotated `Case[SomeSubject]`; the flow's parameter is the form of that subject. AuthorMistake
    when it is not, or when the code is taken. `booked`: usually opened by another case.
    """
    mark = engine_procedure(code=code, version=version, title=title, name=name, booked=booked)

    def marked(body: Callable[..., Any]) -> Any:
        return _as_flow_function(mark(body))

    return marked


def _as_flow_function(start: Callable[..., StartedFromForm]) -> Callable[..., Any]:
    def start_from_form(application: Any) -> Any:
        from crm_workflows.adapters.orchestration.prefect_front import answer_form

        return answer_form(start, application)

    # By hand and not by functools.wraps: Prefect must see the form's signature and the procedure's own module.
    for attribute in ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__"):
        setattr(start_from_form, attribute, getattr(start, attribute))
    # Prefect titles a parameter with its bare name; of what stands in the default it shows the description.
    form = inspect.signature(start).parameters["application"].replace(default=Field(description=FORM_DESCRIPTION))
    start_from_form.__signature__ = inspect.Signature([form])  # type: ignore[attr-defined]
    start_from_form.crm_procedure = cast(Any, start).crm_procedure  # type: ignore[attr-defined]
    return start_from_form
