"""A busy Prefect server asks itself again, so that nobody who starts a run meets a 503."""

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from crm_workflows.adapters import prefect_server_again
from crm_workflows.adapters.prefect_server_again import WAITS, AskedAgain
from tests.prefect_server import Prefect, prefect

__all__ = ["prefect"]


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefect_server_again, "WAITS", (0.0,) * len(WAITS))


class Busy:
    """Answers 503 so often, as Starlette does: the answer first, then the error once more; then 201."""

    def __init__(self, times: int, status: int = 503) -> None:
        self.times, self.status = times, status
        self.heard: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        self.heard.append(body + message["body"])
        assert "note" not in scope
        scope["note"] = "of this attempt"
        refused = len(self.heard) <= self.times
        await send({"type": "http.response.start", "status": self.status if refused else 201, "headers": []})
        await send({"type": "http.response.body", "body": b"no" if refused else b"made"})
        if refused:
            raise OSError("database is locked")


def ask(app: Any) -> tuple[list[int], bytes]:
    """Statuses and body that a caller sees who sends its body in two pieces."""
    pieces = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request", "body": b"b"}]
    seen: list[Any] = []

    async def receive() -> Any:
        return pieces.pop(0)

    async def send(message: Any) -> None:
        seen.append(message)

    asyncio.run(AskedAgain(app)({"type": "http"}, receive, send))
    return [m["status"] for m in seen if "status" in m], b"".join(m.get("body", b"") for m in seen)


@pytest.mark.parametrize("times", [0, 1, len(WAITS)])
def test_a_busy_answer_is_asked_again_with_the_same_body(times: int) -> None:
    app = Busy(times)
    assert ask(app) == ([201], b"made")
    assert app.heard == [b"ab"] * (times + 1)


def test_who_stays_busy_says_so_in_the_end() -> None:
    app = Busy(100)
    with pytest.raises(OSError, match="locked"):
        ask(app)
    assert len(app.heard) == len(WAITS) + 1


def test_any_other_error_is_told_at_once() -> None:
    app = Busy(100, status=500)
    with pytest.raises(OSError, match="locked"):
        ask(app)
    assert len(app.heard) == 1


def test_no_start_of_a_run_is_refused_while_several_are_asked_for(prefect: Prefect) -> None:
    """By a client that asks once, such as a page; before, half of these were refused."""
    flow = prefect.post("/flows/", {"name": "at-once"})["id"]
    deployment = prefect.post("/deployments/", {"name": "d", "flow_id": flow, "entrypoint": "x:y"})["id"]
    address = f"{prefect.address.api_url}/deployments/{deployment}/create_flow_run"

    def asks(_: int) -> int:
        answer = httpx.post(address, json={"state": {"type": "SCHEDULED"}}, timeout=30, trust_env=False)
        return answer.status_code

    with ThreadPoolExecutor(4) as people:
        statuses = Counter(people.map(asks, range(32)))
    prefect.delete(f"/deployments/{deployment}")
    assert statuses == {201: 32}
