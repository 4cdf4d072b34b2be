"""The Prefect server that we start answers this machine, and no page of another site in its browser."""

import asyncio
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from crm_workflows.adapters.orchestration.prefect_server_guard import OnlyThisMachine
from tests.prefect_server import Prefect, prefect

__all__ = ["prefect"]

HERE = "127.0.0.1:4200"
LINK = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


def answered(method: str = "GET", kind: str = "http", **headers: str) -> Any:
    """The status, or what a websocket is told; 200 and "accepted" come from the server behind."""
    seen: list[Any] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        if kind == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
        else:
            await send({"type": "websocket.accept"})

    async def send(message: Any) -> None:
        seen.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read of what is refused")

    given = {"host": HERE} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {"type": kind, "headers": [(name.encode(), value.encode()) for name, value in given.items()]}
    scope |= {"method": method} if kind == "http" else {}
    asyncio.run(OnlyThisMachine(behind)(scope, receive, send))
    return seen[0].get("status", seen[0]["type"])


@pytest.mark.parametrize("host", [HERE, "localhost:4200", "[::1]:4200", "LocalHost", "127.0.0.1:9999"])
def test_this_machine_s_own_names_are_answered(host: str) -> None:
    assert answered(host=host) == 200
    assert answered("POST", host=host) == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:4200", "127.0.0.1.evil.example:4200", "", "localhost@x"]
)
def test_a_name_that_somebody_pointed_at_us_is_not_answered(host: str) -> None:
    assert answered(host=host) == 421
    assert answered(kind="websocket", host=host) == "websocket.close"


@pytest.mark.parametrize("origin", ["http://127.0.0.1:4200", "http://localhost:4200"])
def test_prefect_s_own_page_may_do_everything(origin: str) -> None:
    assert answered("POST", origin=origin, sec_fetch_site="cross-site") == 200
    assert answered(kind="websocket", origin=origin) == "websocket.accept"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:3000", "http://evil.example:4200"]
)
def test_a_page_of_another_site_is_refused(origin: str) -> None:
    assert answered("POST", origin=origin) == 403
    assert answered("GET", origin=origin) == 403
    assert answered("OPTIONS", origin=origin) == 403
    assert answered(kind="websocket", origin=origin) == "websocket.close"


def test_a_link_from_anywhere_opens_the_page_and_nothing_else() -> None:
    assert answered(**LINK) == 200
    assert answered("POST", **LINK) == 403
    assert answered(sec_fetch_site="cross-site", sec_fetch_mode="no-cors", sec_fetch_dest="image") == 403
    assert answered(**(LINK | {"sec-fetch-dest": "iframe"})) == 403


def test_the_running_server_is_guarded_and_allows_no_other_site(prefect: Prefect) -> None:
    """Names and sites at a real server: its pages, its API and its websockets."""
    page, api = prefect.address.page, prefect.address.api_url
    port = page.rpartition(":")[2]
    with httpx.Client(trust_env=False) as client:
        assert client.get(page, follow_redirects=True).status_code == 200
        assert client.get(f"{api}/health", headers={"Host": "evil.example"}).status_code == 421
        foreign = {"Origin": "https://evil.example"}
        assert client.post(f"{api}/flow_runs/filter", json={}, headers=foreign).status_code == 403
        assert "access-control-allow-origin" not in client.get(f"{api}/health", headers=foreign).headers
        own = client.get(f"{api}/health", headers={"Origin": f"http://localhost:{port}"})
    assert (own.status_code, own.headers["access-control-allow-origin"]) == (200, f"http://localhost:{port}")
    address = f"ws://127.0.0.1:{port}/api/events/in"
    with connect(address, proxy=None):
        pass
    with pytest.raises(InvalidStatus, match="403"):
        connect(address, origin="https://evil.example", proxy=None)  # type: ignore[arg-type]
