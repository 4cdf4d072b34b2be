"""A command tells our own Prefect server of its stretch by three requests, and imports no Prefect for that."""

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from prefect.client.schemas.actions import FlowRunCreate

from crm_workflows.adapters.orchestration.prefect_note import Notes
from crm_workflows.engine.ports import StretchSummary
from tests.prefect_server import Prefect, prefect

__all__ = ["prefect"]

SENTENCE = "等待 张伟 至 3 月 4 日 / waiting for Zhang Wei until 4 March"
PAPERS = "SV-3 ask for papers"
codes = (f"SV-2032-{n:05d}" for n in itertools.count(1))


def summary(state: str = "Waiting") -> StretchSummary:
    return StretchSummary(state, SENTENCE, (PAPERS,))


@pytest.mark.parametrize(
    ("state", "kind"), [("Waiting", "COMPLETED"), ("NeedsAttention", "FAILED"), ("Cancelled", "CANCELLED")]
)
def test_a_real_server_shows_the_stretch_as_a_run_that_has_ended(prefect: Prefect, state: str, kind: str) -> None:
    code = next(codes)
    notes = Notes(prefect.address.api_url)
    notes.stretch_done(code, "supplier-vetting", summary(state))
    assert prefect.runs(code) == [], "nothing before the command has done its work"
    notes.close(20)
    (run,) = prefect.runs(code)
    assert run["name"] == f"{code} · {PAPERS}"
    assert set(run["tags"]) == {code, "supplier-vetting", "crm-workflows"}
    assert run["parameters"] == {"case": code}
    assert (run["state_type"], run["state_name"], run["state"]["message"]) == (kind, state, SENTENCE)
    assert prefect.get(f"/flows/{run['flow_id']}")["name"] == "supplier-vetting"


@dataclass
class Answering:
    """A server that answers what it is told to, and keeps what it was asked."""

    answers: list[tuple[int, Any]]
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    url: str = ""


@contextmanager
def answering(*answers: tuple[int, Any]) -> Iterator[Answering]:
    kept = Answering(list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept.asked.append((self.command, self.path, json.loads(body) if body else None))
            status, said = kept.answers.pop(0)
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 - named by http.server

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        kept.url = f"http://127.0.0.1:{server.server_port}/api"
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()


DEPLOYMENT, FLOW = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def test_it_says_what_prefects_own_client_would_say() -> None:
    with answering((200, {"id": DEPLOYMENT}), (200, {"id": FLOW}), (201, {})) as server:
        notes = Notes(server.url)
        notes.stretch_done("SV-2032-90001", "supplier-vetting", summary())
        notes.close(20)
    assert [(method, path) for method, path, _ in server.asked] == [
        ("GET", "/api/deployments/name/supplier-vetting/stretch"), ("POST", "/api/flows/"), ("POST", "/api/flow_runs/"),
    ]  # fmt: skip
    run = FlowRunCreate.model_validate(server.asked[2][2])
    assert (str(run.flow_id), str(run.deployment_id)) == (FLOW, DEPLOYMENT)


def test_a_busy_server_is_asked_again_and_a_missing_deployment_does_no_harm() -> None:
    busy: tuple[int, dict[str, str]] = (503, {})
    with answering(busy, (404, {}), busy, (200, {"id": FLOW}), busy, (201, {})) as server:
        notes = Notes(server.url)
        notes.stretch_done("SV-2032-90002", "supplier-vetting", summary())
        notes.close(20)
    assert len(server.asked) == 6
    assert server.asked[5][2]["deployment_id"] is None


@pytest.mark.parametrize("answer", [(500, {}), (401, {}), (200, {"nothing": 1}), (503, {})])
def test_a_server_that_does_not_take_it_fails_no_command(answer: tuple[int, Any]) -> None:
    with answering((404, {}), *[answer] * 50) as server:
        notes = Notes(server.url)
        notes.stretch_done("SV-2032-90003", "supplier-vetting", summary())
        notes.close(0.5)
    assert {path for _, path, _ in server.asked[1:]} == {"/api/flows/"}


def test_a_server_that_is_gone_fails_no_command() -> None:
    with answering() as server:
        pass
    notes = Notes(server.url)
    notes.stretch_done("SV-2032-90004", "supplier-vetting", summary())
    notes.close(1)
