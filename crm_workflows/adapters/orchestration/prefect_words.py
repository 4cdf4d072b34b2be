"""Flow runs in words, as Prefect shows them: what they are called, tagged with, and how they end.

It must not import prefect, since a command that has one thing to tell does without it (`prefect_note`), nor say what a
case is about: only its code, its steps, who is waited for.
"""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from crm_workflows.engine.ports import StretchSummary

OUR_TAG: Final = "crm-workflows"
STRETCH_DEPLOYMENT: Final = "stretch"
"""Name of the deployment, one per process, that stretch runs belong to, so that Prefect offers *Retry* for them."""
DRAIN_FLOW: Final = "case-drain"
DRAIN_LIMIT: Final = 50
"""Most stretches in one run."""
NAME_LENGTH: Final = 120
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


def ending(summary: StretchSummary | None) -> tuple[str, str, str]:
    """How a stretch's run ends: Prefect's type of state, its name on the chip, and the sentence (who, until when)."""
    if summary is None:
        return "COMPLETED", "HandedOver", "别的工作进程已接手本案 / another worker has taken the case over"
    kind = {"NeedsAttention": "FAILED", "Cancelled": "CANCELLED"}.get(summary.state, "COMPLETED")
    return kind, summary.state, summary.sentence


def this_worker() -> dict[str, Any]:
    """Which process holds a run open, kept in the run's context, so that a run left open can be closed for it."""
    return {"worker_host": socket.gethostname(), "worker_pid": os.getpid(), "worker_id": _WORKER_ID}
