"""Prefect killed, hanging, robbed of its database, or never there: the work goes on, once, and without waiting."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from crm_workflows.adapters.orchestration.prefect_breaker import OPEN_SECONDS
from crm_workflows.adapters.orchestration.prefect_client import connected
from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress
from crm_workflows.adapters.orchestration.prefect_server import PrefectServer
from crm_workflows.adapters.orchestration.prefect_tidy import close_left_open
from crm_workflows.adapters.orchestration.prefect_tracking import BEGIN_SECONDS, ReadyStretch, Tracking
from crm_workflows.adapters.orchestration.prefect_words import this_worker
from crm_workflows.domain.errors import OutsideFailure
from crm_workflows.engine.ports import Perform, StretchSummary
from crm_workflows.engine.running import opening, worker
from tests.office import application
from tests.patience import eventually
from tests.prefect_server import (
    UP_SECONDS,
    Prefect,
    office_with_numbers_of_its_own,
    prefect,
    rough_prefect,
    server_in,
)

__all__ = ["prefect", "rough_prefect"]

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.breaks_invariants("codes begin high, so that runs are found by them", "no case lost"),
]

NOBODY = PrefectAddress("http://127.0.0.1:9/api", ours=True)
"""The discard port: nothing answers there."""
WAITS_AT_MOST = 8.0
"""Below the 10.8 s that a plain flow waits whose server dies, and above what a loaded machine adds to our 1 s."""


def summary(sentence: str = "等待 / waiting") -> StretchSummary:
    return StretchSummary("Waiting", sentence, ("SV-3 ask for papers",))


def one_step(perform: Perform) -> StretchSummary:
    perform("SV-3 ask for papers", lambda: None, retries=0, retry_delay_seconds=0)
    return summary()


def test_a_server_killed_in_the_middle_of_a_stretch_neither_repeats_nor_delays_it(rough_prefect: Prefect) -> None:
    tracking = Tracking(rough_prefect.address)
    bodies: list[float] = []

    def body(perform: Perform) -> StretchSummary:
        perform("SV-3 ask for papers", lambda: bodies.append(1), retries=0, retry_delay_seconds=0)
        os.kill(rough_prefect.server.pid or 0, signal.SIGKILL)
        perform("SV-6 write the report", lambda: bodies.append(2), retries=0, retry_delay_seconds=0)
        bodies.append(time.perf_counter())
        return summary("SV-2032-00001")

    assert tracking.run_tracked("supplier-vetting", "SV-2032-00001", body) == summary("SV-2032-00001")
    assert time.perf_counter() - bodies[2] < WAITS_AT_MOST
    assert bodies[:2] == [1, 2]
    for n in range(2, 7):
        began = time.perf_counter()
        tracking.run_tracked("supplier-vetting", f"SV-2032-{n:05d}", one_step)
        assert time.perf_counter() - began < WAITS_AT_MOST

    rough_prefect.server.stop()
    rough_prefect.server.start()
    rough_prefect.server.wait_ready(UP_SECONDS)
    run = rough_prefect.ended_run("SV-2032-00001", 30)
    assert run["state_name"] == "Waiting", "the run that was open is closed as it should be, once Prefect is back"
    assert len(rough_prefect.runs("SV-2032-00001")) == 1
    eventually(lambda: tracking.breaker.is_closed)
    tracking.close(5)


def test_a_hanging_server_makes_one_stretch_wait_a_second_and_the_next_none(rough_prefect: Prefect) -> None:
    tracking = Tracking(rough_prefect.address)
    tracking.run_tracked("supplier-vetting", "SV-2032-00100", one_step)
    rough_prefect.ended_run("SV-2032-00100")
    os.kill(rough_prefect.server.pid or 0, signal.SIGSTOP)
    try:
        waits = []
        for n in range(101, 106):
            began = time.perf_counter()
            tracking.run_tracked("supplier-vetting", f"SV-2032-{n:05d}", one_step)
            waits.append(time.perf_counter() - began)
            if not waits[1:]:
                tracking.stretch_done("SV-2032-00200", "supplier-vetting", summary())
        assert waits[0] < WAITS_AT_MOST
        assert sum(waits[1:]) < len(waits[1:]) * BEGIN_SECONDS, "the breaker is open"
        assert not tracking.breaker.is_closed
    finally:
        os.kill(rough_prefect.server.pid or 0, signal.SIGCONT)
    late = rough_prefect.ended_run("SV-2032-00101", 30)
    assert late["state_name"] == "Waiting", "the run that opened too late tells how its stretch ended"
    rough_prefect.ended_run("SV-2032-00200", 30)
    eventually(lambda: tracking.breaker.is_closed)
    tracking.close(5)


def test_prefect_s_whole_database_can_go_and_the_case_goes_on(rough_prefect: Prefect) -> None:
    tracking = Tracking(rough_prefect.address)
    office = office_with_numbers_of_its_own()
    office.engine = replace(office.engine, listener=tracking)
    code = opening.start(office.engine, "supplier-vetting", application(), requester=None, origin="cli").code
    worker.work_until_idle(office.engine, tracking.run_tracked)
    eventually(lambda: rough_prefect.runs(code))

    rough_prefect.server.stop()
    for file in rough_prefect.server.database.parent.glob("prefect.db*"):
        file.unlink()
    office.hand_in(code)
    assert office.view(code)["status"] == "waiting"

    rough_prefect.server.start()
    rough_prefect.server.wait_ready(UP_SECONDS)
    assert rough_prefect.ended_run(code, OPEN_SECONDS + 30)["state_name"] == "Waiting", "told when it was back"
    office.submit(code)
    eventually(lambda: len(rough_prefect.runs(code)) == 2)
    second = opening.start(office.engine, "supplier-vetting", application("over-limit"), requester=None, origin="cli")
    worker.work_until_idle(office.engine, tracking.run_tracked)
    assert rough_prefect.ended_run(second.code)["state_name"] == "Waiting"
    tracking.close(5)


def test_without_any_server_work_runs_once_and_at_once() -> None:
    tracking = Tracking(NOBODY)
    done = []

    def body(perform: Perform) -> StretchSummary:
        perform("SV-3 ask for papers", lambda: done.append(1), retries=0, retry_delay_seconds=0)
        return summary()

    began = time.perf_counter()
    for n in range(20):
        assert tracking.run_tracked("supplier-vetting", f"SV-2032-{n:05d}", body) == summary()
    tracking.run_drained([ReadyStretch("supplier-vetting", "SV-2032-00021", body)] * 5)
    assert time.perf_counter() - began < WAITS_AT_MOST
    assert len(done) == 25
    assert not tracking.breaker.is_closed
    tracking.close(1)


def test_the_mirror_keeps_only_so_many_and_counts_what_it_drops() -> None:
    tracking = Tracking(NOBODY)
    assert tracking.mirror is not None
    tracking.breaker.failed(made_wait=True)
    for n in range(1010):
        tracking.stretch_done(f"SV-2032-{n:05d}", "supplier-vetting", summary())
    assert tracking.mirror.dropped == 10
    began = time.perf_counter()
    tracking.close(30)
    assert time.perf_counter() - began < WAITS_AT_MOST, "nobody waits for a server that is not there"
    assert (tracking.mirror.dropped, tracking.mirror.shown) == (1010, 0)


def test_a_run_left_open_by_a_dead_process_is_closed(prefect: Prefect) -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    ours = this_worker()
    tag = f"left-{uuid4().hex}"
    flow = prefect.post("/flows/", {"name": "left-open"})
    contexts = {
        "dead": ours | {"worker_pid": int(gone.stdout)},
        "same number, earlier process": ours | {"worker_id": "another"},
        "ours": ours,
        "other machine": ours | {"worker_host": "elsewhere", "worker_pid": int(gone.stdout)},
        "somebody else's": {},
    }
    for name, context in contexts.items():
        tags = ["crm-workflows", tag]
        body = {"flow_id": flow["id"], "name": name, "tags": tags, "context": context, "state": {"type": "RUNNING"}}
        prefect.post("/flow_runs/", body)
    with connected(prefect.address) as client:
        close_left_open(client)
    states = {run["name"]: run["state_type"] for run in prefect.runs(tag)}
    assert states == {
        "dead": "CRASHED",
        "same number, earlier process": "CRASHED",
        "ours": "RUNNING",
        "other machine": "RUNNING",
        "somebody else's": "RUNNING",
    }


def test_our_server_ends_when_its_owner_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, threading; from pathlib import Path;"
        "from crm_workflows.adapters.orchestration.prefect_server import PrefectServer;"
        "s = PrefectServer(Path(sys.argv[1])); s.start(); print(s.pid, flush=True);"
        "threading.Event().wait()"
    )
    owner = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    server = int(owner.stdout.readline())
    owner.kill()
    owner.wait()

    def has_ended() -> bool:
        stat = Path(f"/proc/{server}/stat")
        return not stat.exists() or stat.read_text().split()[2] == "Z"

    eventually(has_ended, 15)


def test_a_server_that_cannot_start_says_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "prefect.db").mkdir()
    server = server_in(tmp_path)
    server.start()
    with pytest.raises(Exception, match=r"did not come up, work goes on without it; see .*server\.log"):
        server.wait_ready(UP_SECONDS)
    server.stop()


def test_two_servers_started_at_the_same_time_never_share_a_port(tmp_path: Path) -> None:
    one, two = PrefectServer(tmp_path / "one"), PrefectServer(tmp_path / "two")
    assert one.address != two.address
    taken = int(one.address.api_url.rpartition(":")[2].removesuffix("/api"))
    with pytest.raises(OutsideFailure, match="port of the Prefect server is taken"):
        PrefectServer(tmp_path / "three", taken)
    assert not one.answers(), "the port is ours, and refuses until the server listens"
    one.stop()
    two.stop()
