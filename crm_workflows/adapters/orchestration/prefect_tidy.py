"""Runs that a killed worker left open are closed in Prefect, so that nothing seems to run that does not.

It must not touch cases: those are taken over by our own leases, whatever Prefect shows.
"""

import os
from typing import Any, Final

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType, FlowRunFilterTags
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed

from crm_workflows.adapters.orchestration.prefect_words import OUR_TAG, this_worker

LOOKED_AT: Final = 200


def close_left_open(client: SyncPrefectClient) -> None:
    """End runs of ours that a process of this machine, gone by now, left pending or running.

    A process number that another process has by now keeps its run open, which is wrong only in the picture.
    """
    open_ones = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[OUR_TAG]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING])),
    )
    for run in client.read_flow_runs(flow_run_filter=open_ones, limit=LOOKED_AT):
        if _left_by_a_dead_process(run.context or {}):
            client.set_flow_run_state(run.id, Crashed(message="its worker ended; the case is taken over"), force=True)


def _left_by_a_dead_process(context: dict[str, Any]) -> bool:
    pid, us = context.get("worker_pid"), this_worker()
    if context.get("worker_host") != us["worker_host"] or not isinstance(pid, int):
        return False
    if pid == us["worker_pid"]:
        # In a container every start has the same number.
        return bool(context.get("worker_id") != us["worker_id"])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
