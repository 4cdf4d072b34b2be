"""Answers, in this process, the runs that people ask for in Prefect: start a case by form, continue a case.

Prefect's own runner would start a process for each, two seconds of importing for milliseconds of work. It must not
decide anything: the flows do.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import Abort, ObjectNotFound
from prefect.flow_engine import run_flow
from prefect.states import Pending
from prefect.utilities.engine import propose_state_sync

from crm_workflows.adapters.clock import real_now
from crm_workflows.adapters.orchestration.prefect_client import connected
from crm_workflows.adapters.orchestration.prefect_deployments import Served, register
from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress, keep_quiet

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
LONGEST_PAUSE: Final = 10.0
READY_SECONDS: Final = 25.0
"""Prefect calls a deployment not ready when nobody has asked for its runs for a minute."""
AT_ONCE: Final = 4
BESIDE_SECONDS: Final = 3.0
Beside = Callable[[SyncPrefectClient], dict[UUID, Flow[..., Any]]]
RETRIES: Final = 2


class ProcessDesk:
    """One thread that looks for runs of our deployments and has each carried out in a thread of its own.

    Several desks may serve the same deployments: a run goes to the one that Prefect lets have it.
    """

    def __init__(self, address: PrefectAddress, answers: Sequence[Served], beside: Beside | None = None) -> None:
        """`beside` keeps deployments of its own and is asked every few seconds whose runs are answered by what."""
        self._address = address
        self._answers = answers
        self._beside = beside
        self._looked_beside_at: float | None = None
        self._also: dict[UUID, Flow[..., Any]] = {}
        self._stop = threading.Event()
        self._is_serving = threading.Event()
        self._places = threading.Semaphore(AT_ONCE)
        self._known: dict[UUID, Served] = {}
        self._told_ready_at: float | None = None
        self._thread = threading.Thread(target=self._serve, name="prefect-desk", daemon=True)

    def start(self) -> None:
        """Begin to look, as soon as a server answers; returns at once."""
        keep_quiet(self._address)
        self._thread.start()

    def wait_serving(self, seconds: float) -> bool:
        """Whether the deployments are registered, waiting for that at most `seconds`."""
        return self._is_serving.wait(seconds)

    def close(self, seconds: float) -> None:
        """Take no more runs, and wait for those under way at most `seconds`."""
        self._stop.set()
        until = time.monotonic() + seconds
        if self._thread.is_alive():
            self._thread.join(seconds)
        for _ in range(AT_ONCE):
            self._places.acquire(timeout=max(0.0, until - time.monotonic()))

    def _serve(self) -> None:
        pause = LOOK_SECONDS
        with connected(self._address) as client:
            while not self._stop.wait(pause if self._is_serving.is_set() else min(pause, LOOK_SECONDS)):
                try:
                    self._look(client)
                    pause = LOOK_SECONDS
                except Exception as error:
                    log.debug("Prefect did not answer the desk", exc_info=error)
                    pause = min(pause * 2, LONGEST_PAUSE)

    def _look(self, client: SyncPrefectClient) -> None:
        now = time.monotonic()
        if self._told_ready_at is None or now - self._told_ready_at > READY_SECONDS:
            self._say_ready(client)
            self._told_ready_at = now
        if self._beside is not None and (self._looked_beside_at or -BESIDE_SECONDS) + BESIDE_SECONDS <= now:
            self._also = self._beside(client)
            self._looked_beside_at = now
        for run, answer in self._waiting(client):
            if not self._places.acquire(blocking=False):
                return
            if self._may_have(client, run):
                threading.Thread(target=self._carry_out, args=(run, answer), name="prefect-run", daemon=True).start()
            else:
                self._places.release()

    def _say_ready(self, client: SyncPrefectClient) -> None:
        try:
            for identity in self._known:
                client.read_deployment(identity)
        except ObjectNotFound:
            # The server's database was deleted: everything is told again.
            self._known = {}
        if not self._known:
            found = [(register(client, one), one) for one in self._answers]
            self._known = {identity: one for identity, one in found if identity is not None}
            self._is_serving.set()
        client.get_scheduled_flow_runs_for_deployments([*self._known, *self._also], real_now())

    def _waiting(self, client: SyncPrefectClient) -> list[tuple[FlowRun, Flow[..., Any]]]:
        answers = {identity: one.flow for identity, one in self._known.items()} | self._also
        if not answers:
            return []
        runs = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                deployment_id=FlowRunFilterDeploymentId(any_=list(answers)),
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
                next_scheduled_start_time=FlowRunFilterNextScheduledStartTime(before_=real_now()),
            ),
            limit=2 * AT_ONCE,
        )
        return [(run, answers[run.deployment_id]) for run in runs if run.deployment_id in answers]

    def _may_have(self, client: SyncPrefectClient, run: FlowRun) -> bool:
        try:
            return propose_state_sync(client, Pending(), flow_run_id=run.id).is_pending()
        except Abort:
            # Somebody else took it between our two questions.
            return False

    def _carry_out(self, run: FlowRun, answer: Flow[..., Any]) -> None:
        try:
            with connected(self._address, retries=RETRIES):
                # Without its deployment, so that Prefect opens no websocket to hear whether it is to be suspended.
                local = run.model_copy(update={"deployment_id": None})
                run_flow(answer, flow_run=local, return_type="state")
        except BaseException as error:
            # Prefect's Abort is no Exception: it says that the run was cancelled meanwhile.
            log.warning("a run asked for in Prefect was not carried out", extra={"run": run.name}, exc_info=error)
        finally:
            self._places.release()
