"""A busy Prefect server lets those who start a run wait; none of them meets a 503."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.prefect_server import Prefect, prefect

__all__ = ["prefect"]


def test_no_start_of_a_run_is_refused_while_several_are_asked_for(prefect: Prefect) -> None:
    """By a client that asks once, such as a page; as Prefect begins what it writes, every seventh was refused."""
    flow = prefect.post("/flows/", {"name": "at-once"})["id"]
    deployment = prefect.post("/deployments/", {"name": "d", "flow_id": flow, "entrypoint": "x:y"})["id"]
    address = f"{prefect.address.api_url}/deployments/{deployment}/create_flow_run"

    def asks(_: int) -> int:
        answer = httpx.post(address, json={"state": {"type": "SCHEDULED"}}, timeout=60, trust_env=False)
        return answer.status_code

    with ThreadPoolExecutor(12) as people:
        statuses = Counter(people.map(asks, range(96)))
    prefect.delete(f"/deployments/{deployment}")
    assert statuses == {201: 96}
