"""Flow runs as Prefect keeps them for us: what they are called, how they end, and the few calls that write them.

It must not run anybody's work, nor tell Prefect what a case is about: only its code, its steps, who is waited for.
"""

import contextlib
import os
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import FlowRunCreate
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Cancelled, Completed, Failed, to_state_create

from crm_workflows.domain.errors import CrmError
from crm_workflows.engine.ports import StretchSummary

OUR_TAG: Final = "crm-workflows"
STRETCH_DEPLOYMENT: Final = "stretch"
"""Name of the deployment, one per process, that stretch runs belong to, so that Prefect offers *Retry* for them."""
DRAIN_FLOW: Final = "case-drain"
DRAIN_LIMIT: Final = 50
"""Most stretches in one run."""
NAME_LENGTH: Final = 120
ASK_AGAIN_SECONDS: Final = 30.0
_WORKER_ID: Final = uuid4().hex


@dataclass(frozen=True)
class RunDescription:
    """A flow run to be: flow and run name, tags, and parameters, which are case codes only."""

    flow: str
    name: str
    tags: tuple[str, ...]
    parameters: dict[str, Any]
    deployment: str | None = None


def stretch_run(process: str, code: str, performed: Sequence[str] = ()) -> RunDescription:
    """The run of one stretch of one case; `performed` names what happened in it, once that is known."""
    return RunDescription(
        flow=process,
        name=run_name(code, performed),
        tags=(code, process, OUR_TAG),
        parameters={"case": code},
        deployment=f"{process}/{STRETCH_DEPLOYMENT}",
    )


def drain_run(cases: Sequence[tuple[str, str]]) -> RunDescription:
    """The run that covers many stretches under load; `cases` are pairs of process and code."""
    processes = dict.fromkeys(process for process, _ in cases)
    codes = [code for _, code in cases]
    return RunDescription(
        flow=DRAIN_FLOW,
        name=f"{len(codes)} cases: {codes[0]} …" if len(codes) > 1 else codes[0],
        tags=(*codes, *processes, OUR_TAG),
        parameters={"cases": codes},
    )


def run_name(code: str, performed: Sequence[str]) -> str:
    """`SV-2026-00001 · SV-3 ask for papers +2`: the case, and what happened first."""
    if not performed:
        return code
    more = f" +{len(performed) - 1}" if len(performed) > 1 else ""
    return f"{code} · {performed[0][: NAME_LENGTH - len(code) - len(more) - 3]}{more}"


def final_state(summary: StretchSummary | None) -> State[Any]:
    """How a stretch's run ends: its state's name on the chip, the sentence (who, until when) as the message."""
    if summary is None:
        return Completed(name="HandedOver", message="别的工作进程已接手本案 / another worker has taken the case over")
    if summary.state == "NeedsAttention":
        return Failed(name="NeedsAttention", message=summary.sentence)
    if summary.state == "Cancelled":
        return Cancelled(message=summary.sentence)
    return Completed(name=summary.state, message=summary.sentence)


def drained_state(names: Sequence[str]) -> State[Any]:
    """How a run ends that covers many stretches: how many ended in which state."""
    counts = Counter(names)
    return Completed(name="Drained", message=", ".join(f"{count} {name}" for name, count in counts.most_common()))


def failed_state(error: BaseException) -> State[Any]:
    """How a run ends whose stretch raised: nothing of it was written.

    Only our own errors are quoted: their sentences are made for people, others may carry personal data.
    """
    sentence = error.message if isinstance(error, CrmError) else type(error).__name__
    return Failed(name="NotDone", message=sentence)


def this_worker() -> dict[str, Any]:
    """Which process holds a run open, kept in the run's context, so that a run left open can be closed for it."""
    return {"worker_host": socket.gethostname(), "worker_pid": os.getpid(), "worker_id": _WORKER_ID}


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
