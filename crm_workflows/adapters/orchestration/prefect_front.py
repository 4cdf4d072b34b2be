"""What a process's flow does when Prefect runs it: it starts a case, or continues one. It must not wire the product.

The answer to a form becomes a final state that people can read in Prefect.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from prefect import Flow
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext, SyncClientContext
from prefect.states import Completed, Failed
from pydantic import Field

from crm_workflows.adapters.orchestration.prefect_runs import final_state
from crm_workflows.adapters.orchestration.prefect_tasks import as_task
from crm_workflows.adapters.orchestration.prefect_tracking import shown_in_prefect
from crm_workflows.adapters.orchestration.prefect_words import OUR_TAG
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.ports import Perform, StretchSummary
from crm_workflows.engine.procedure import StartedFromForm

log = logging.getLogger(__name__)

KEY_PREFIX: Final = "prefect:"
OPENED: Final = "case"
"""What is left of the form in Prefect once its case is open: the case's code under this name."""
CODE_DESCRIPTION: Final = "案件编号，如 SV-2026-00001 / Case code, such as SV-2026-00001"

Reclaim = Callable[[str, Perform], StretchSummary]
"""Take up what is ready in the case of this code, with that way to perform its steps; nothing may be ready.

Returns how the case stands afterwards. Raises NotFound when there is no such case.
"""


def answer_form(start: Callable[..., StartedFromForm], application: Any) -> State[Any]:
    """What a start from Prefect's form comes to: a case, or the sentence that refuses it."""
    if (code := _opened_before(application)) is not None:
        return Completed(name="Started", message=bilingual(f"案件 {code} 已登记", f"case {code} is opened already"))
    try:
        started = start(application)
    except Refused as refusal:
        return Failed(name="Refused", message=refusal.message)
    _tell_about(started.code, partial(_show_case, started))
    return Completed(name="Started", message=started.sentence)


def start_key() -> str | None:
    """The idempotency key of the start that runs in this context: Prefect's *Retry* of it answers the same case.

    None outside a flow run.
    """
    context = FlowRunContext.get()
    return f"{KEY_PREFIX}{context.flow_run.id}" if context is not None and context.flow_run is not None else None


def _show_case(started: StartedFromForm) -> None:
    """Name and tag the run by its case, leave the address of its page, and take back what was typed into the form.

    The application is the case's subject and lives in our database; Prefect keeps the code only.
    """
    _name_run(started.code, "start", {"application": {OPENED: started.code}})
    context, client = FlowRunContext.get(), SyncClientContext.get()
    if context is None or context.flow_run is None or client is None:
        return
    # Not by Prefect's own helper, which opens a client of its own and leaves it open (3.8.8).
    text = f"[{started.code}]({started.url})\n\n{started.sentence}"
    key = f"case-{started.code.lower()}"
    client.client.create_artifact(ArtifactCreate(key=key, type="markdown", data=text, flow_run_id=context.flow_run.id))


def _name_run(code: str, what: str, parameters: dict[str, Any] | None = None) -> None:
    context, client = FlowRunContext.get(), SyncClientContext.get()
    if context is None or context.flow is None or context.flow_run is None or client is None:
        return
    tags = {*context.flow_run.tags, code, context.flow.name, OUR_TAG}
    client.client.update_flow_run(context.flow_run.id, name=f"{code} · {what}", tags=tags, parameters=parameters)


def _opened_before(application: Any) -> str | None:
    """The case that this run, started again by *Retry*, has opened already."""
    is_ours = isinstance(application, dict) and application.keys() == {OPENED}
    return str(application[OPENED]) if is_ours else None


def _tell_about(code: str, telling: Callable[[], None]) -> None:
    """Say something more about a run; the case is as it is whether or not Prefect hears it."""
    if FlowRunContext.get() is None:
        return
    try:
        telling()
    except Exception as error:
        log.warning("Prefect could not be told about a case", extra={"case": code}, exc_info=error)


def continuing_flow(reclaim: Reclaim) -> Flow[..., Any]:
    """A flow that continues a case by its code: also what Prefect's *Retry* of a stretch's run comes to."""

    def continue_case(case: str = Field(description=CODE_DESCRIPTION)) -> State[Any]:
        """Carry out what is ready in one case."""
        with shown_in_prefect():
            try:
                summary = reclaim(case, as_task)
                _tell_about(case, partial(_name_run, case, "continued"))
                return final_state(summary)
            except Refused as refusal:
                return Failed(name="Refused", message=refusal.message)

    return Flow(continue_case, name="continue-case", persist_result=False)
