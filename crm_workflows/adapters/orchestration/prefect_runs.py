"""Flow runs as Prefect keeps them for us: their states, and the few calls that write them.

It must not run anybody's work.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import FlowRunCreate
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Completed, Failed, to_state_create

from crm_workflows.adapters.orchestration.prefect_words import RunDescription, ending, this_worker
from crm_workflows.domain.errors import CrmError, quotable
from crm_workflows.engine.ports import StretchSummary

ASK_AGAIN_SECONDS: Final = 30.0


def final_state(summary: StretchSummary | None) -> State[Any]:
    """How a stretch's run ends."""
    kind, name, message = ending(summary)
    return State(type=StateType(kind), name=name, message=message)


def drained_state(names: Sequence[str]) -> State[Any]:
    """How a run ends that covers many stretches: how many ended in which state."""
    counts = Counter(names)
    return Completed(name="Drained", message=", ".join(f"{count} {name}" for name, count in counts.most_common()))


def failed_state(error: BaseException) -> State[Any]:
    """How a run ends whose stretch raised: nothing of it was written."""
    return Failed(name="NotDone", message=error.message if isinstance(error, CrmError) else quotable(error))


class Runs:
    """Creates and ends flow runs through one client; ids of flows and deployments are remembered.

    Not safe to share between threads. Raises whatever Prefect's client raises.
    """

    def __init__(self, client: SyncPrefectClient) -> None:
        self.client = client
        self._flows: dict[str, UUID] = {}
        self._deployments: dict[str, tuple[UUID | None, float]] = {}

    def create(self, wanted: RunDescription, state: State[Any]) -> FlowRun:
        """Create the run in `state`, which may be a final one; one request once the ids are known.

        When the server does not know the ids any more (its database was deleted), they are asked for again, once.
        """
        known = wanted.flow in self._flows
        try:
            return self._create(wanted, state)
        except PrefectHTTPStatusError as error:
            if not known or error.response.status_code >= 500:
                raise
            self._flows.clear()
            self._deployments.clear()
            return self._create(wanted, state)

    def _create(self, wanted: RunDescription, state: State[Any]) -> FlowRun:
        body = FlowRunCreate(
            flow_id=self._flow_id(wanted.flow),
            deployment_id=self._deployment_id(wanted.deployment),
            name=wanted.name,
            parameters=wanted.parameters,
            context=this_worker(),
            tags=list(wanted.tags),
            state=to_state_create(state),
        )
        answer = self.client.request("POST", "/flow_runs/", json=body.model_dump(mode="json", exclude_unset=True))
        return FlowRun.model_validate(answer.json())

    def _flow_id(self, name: str) -> UUID:
        if name not in self._flows:
            self._flows[name] = self.client.create_flow_from_name(name)
        return self._flows[name]

    def _deployment_id(self, name: str | None) -> UUID | None:
        if name is None:
            return None
        known, asked_at = self._deployments.get(name, (None, -ASK_AGAIN_SECONDS))
        if known is None and time.monotonic() - asked_at >= ASK_AGAIN_SECONDS:
            # Without one (nobody serves this process) the run is shown all the same, only without a *Retry* button.
            with contextlib.suppress(ObjectNotFound):
                known = self.client.read_deployment_by_name(name).id
            self._deployments[name] = (known, time.monotonic())
        return known

    def end(self, run: UUID, state: State[Any]) -> bool:
        """Force a run into its final state; False when the server has no such run."""
        try:
            self.client.set_flow_run_state(run, state, force=True)
        except ObjectNotFound:
            return False
        return True
