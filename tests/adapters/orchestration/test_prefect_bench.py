"""The benchmark of decisions that Prefect shows: what it calls shown is on the server. No time is looked at."""

from pathlib import Path

from benchmarks.tracked import measured
from tests.prefect_server import Prefect, prefect

__all__ = ["prefect"]


def test_a_tracked_case_is_two_runs_that_the_server_has(prefect: Prefect, tmp_path: Path) -> None:
    found = measured(prefect.address, f"sqlite:///{tmp_path}/ours.db", f"sqlite:///{tmp_path}/ceiling.db", 1)
    assert {who: len(times) for who, times in found.items()} == {"ceiling": 1, "begun": 1, "decided": 1, "shown": 1}
    runs = prefect.runs("purchase-approval")
    assert {run["flow_id"] for run in runs} == {prefect.get("/flows/name/purchase-approval")["id"]}
    told = {(run["tags"][0], run["state_name"]) for run in runs}
    codes = sorted({code for code, _ in told})
    assert told == {(code, state) for code in codes for state in ("Waiting", "Approved")}
    assert len(codes) == 2, "the first one is not measured"
