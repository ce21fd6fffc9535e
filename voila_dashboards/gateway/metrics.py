"""What operators see of the dashboards: pages, how soon they answer, and how much is open."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from serving.exchange import Exchange
from serving.metrics import Figures, answer_with, may_read

_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
#: For an address that leads nowhere: whoever makes addresses up makes no series.
_NO_ROUTE: Final = "(none)"
_WITHHELD: Final = (
    "The figures are for whoever runs the dashboards: set CASELOG_DASHBOARDS_METRICS_TOKEN, and ask with its token as "
    "`Authorization: Bearer ...`.\n"
)


class DashboardMetrics(Figures):
    """The figures of one gateway."""

    def __init__(self) -> None:
        super().__init__()
        registry = self.registry
        self._answers = Counter(
            "caselog_dashboards_answers",
            "Requests by the pattern of their address and the status of their answer; 0 where the asker left.",
            ["route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "caselog_dashboards_answer_seconds",
            "From the head of a request to the head of its answer.",
            ["route"],
            registry=registry,
            buckets=_SECONDS,
        )
        self._store_errors = Counter(
            "caselog_dashboards_store_errors",
            "Requests for which the store did not answer.",
            registry=registry,
        )
        self._pages = Gauge("caselog_dashboards_open_pages", "Pages that are open.", registry=registry)
        self._making = Gauge(
            "caselog_dashboards_renders", "Pages in the making or waiting for it.", registry=registry
        )
        self._broken = Gauge(
            "caselog_dashboards_broken_tasks", "Background tasks that have ended.", registry=registry
        )

        self._audit = Gauge(
            "caselog_dashboards_audit_waiting",
            "Events of the audit that the store does not have yet.",
            registry=registry,
        )
        self._audit_lost = Gauge(
            "caselog_dashboards_audit_lost", "Events of the audit that were one too many.", registry=registry
        )

    def set_open(self, pages: int, renders: int, broken: int, audit_waiting: int, audit_lost: int) -> None:
        """What is open now, and what of the audit is not written."""
        self._audit.set(audit_waiting)
        self._audit_lost.set(audit_lost)
        self._pages.set(pages)
        self._making.set(renders)
        self._broken.set(broken)

    def note_exchange(self, exchange: Exchange) -> None:
        """Count a request that has its answer, or whose asker left."""
        route = exchange.route or _NO_ROUTE
        self._answers.labels(route, exchange.status).inc()
        self._seconds.labels(route).observe(exchange.seconds)
        if exchange.store_error:
            self._store_errors.inc()


class MetricsPage:
    """`GET /metrics`, for the operator."""

    def __init__(self, metrics: DashboardMetrics, token: SecretStr | None) -> None:
        self._metrics = metrics
        self._token = token

    async def show(self, request: Request) -> Response:
        """The figures; 403 with a sentence for anybody else."""
        if not may_read(request, self._token):
            return PlainTextResponse(_WITHHELD, 403)
        return await answer_with(self._metrics, request)
