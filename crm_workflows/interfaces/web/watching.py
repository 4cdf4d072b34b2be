"""For those who watch the product: `/health/live`, `/health/ready`, `/metrics`. It must not name people or cases."""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from crm_workflows.bootstrap import Office
from crm_workflows.domain.errors import CrmError
from crm_workflows.domain.records import CaseRow
from crm_workflows.interfaces.web.site import site_of
from crm_workflows.interfaces.web.stock import Stock

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counters of this process, and gauges read from the database when they are asked for.

    What each means for operations stands in docs/deploy/monitoring.md.
    """

    def __init__(self, office: Office) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "crmw_http_requests", "Requests by route, method and status", ("route", "method", "status"),
            registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "crmw_http_seconds", "Seconds until the answer was sent, by route", ("route",), buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.registry.register(Stock(office))
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request under the route that served it, never under its path, which may hold a secret."""
        route = getattr(scope.get("route"), "path", "") or "unknown"
        self._requests.labels(route, scope["method"], str(status)).inc()
        self._seconds.labels(route).observe(seconds)


def live(_request: Request) -> Response:
    """200 as long as this process answers."""
    return JSONResponse({"status": "live"})


def ready(request: Request) -> Response:
    """200 when the database answers and takes what is written, and people, policy and calendar are in force; else 503
    with one sentence.
    """
    site = site_of(request)
    try:
        site.office.staff.policy()
        site.office.store.check_writable()
        with site.office.store.read() as reader:
            waiting: Any = reader.count(CaseRow, status="running")
    except CrmError as error:
        return JSONResponse({"status": "not ready", "why": error.message}, 503)
    return JSONResponse({"status": "ready", "running_cases": waiting})


def metrics_endpoint(metrics: Metrics) -> Any:
    """`/metrics` in Prometheus' text format."""

    def endpoint(_request: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return endpoint
