"""Ready means that a page's kernel can be started: one is tried, seldom."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from serving.requests import Exchanges
from serving.tasks import Tasks
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import ORIGIN, Site
from voila_dashboards.forkserver.client import KernelNotStarted
from voila_dashboards.gateway import kernel_trial
from voila_dashboards.gateway.kernel_trial import KernelTrial

TOKEN = "a-long-token-of-the-operator"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


class Forks:
    """Starts kernels, or does not, and counts how often it was asked."""

    def __init__(self) -> None:
        self.tried = 0
        self.fails = False
        self.gate: asyncio.Event | None = None

    async def try_kernel(self) -> None:
        self.tried += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.fails:
            raise KernelNotStarted("A kernel ended before it was ready.")


def _run(steps: Callable[[Forks, KernelTrial, FakeClock], Awaitable[None]]) -> None:
    async def within() -> None:
        forks, clock = Forks(), FakeClock()
        await steps(forks, KernelTrial(forks.try_kernel, Tasks(), clock.monotonic), clock)

    asyncio.run(within())


def test_a_kernel_is_tried_once_a_minute_however_many_ask() -> None:
    async def steps(forks: Forks, trial: KernelTrial, clock: FakeClock) -> None:
        assert await asyncio.gather(*(trial.reason() for _ in range(9))) == [""] * 9
        clock.advance(59)
        await trial.reason()
        assert forks.tried == 1
        clock.advance(1)
        await trial.reason()
        assert forks.tried == 2

    _run(steps)


def test_a_kernel_that_cannot_be_started_is_said_and_tried_again_soon() -> None:
    async def steps(forks: Forks, trial: KernelTrial, clock: FakeClock) -> None:
        forks.fails = True
        assert await trial.reason() == "A kernel ended before it was ready."
        forks.fails = False
        clock.advance(5)
        assert await trial.reason() == ""

    _run(steps)


def test_a_trial_that_takes_long_leaves_what_was_known(monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps(forks: Forks, trial: KernelTrial, clock: FakeClock) -> None:
        forks.gate = asyncio.Event()
        assert await trial.reason() == "No kernel has been tried yet."
        forks.gate.set()
        monkeypatch.setattr(
            kernel_trial, "_PATIENCE_S", 60
        )  # for what ends at once, unless the machine is busy
        assert await trial.reason() == ""
        forks.gate.clear()
        clock.advance(60)
        monkeypatch.setattr(kernel_trial, "_PATIENCE_S", 0.01)
        assert await trial.reason() == ""
        assert forks.tried == 2
        forks.gate.set()
        await trial.reason()

    monkeypatch.setattr(kernel_trial, "_PATIENCE_S", 0.01)
    _run(steps)


def test_the_figures_tell_pages_by_their_pattern_and_never_a_ticket(tmp_path: Path, clock: FakeClock) -> None:
    site = Site(tmp_path, clock, metrics_token=TOKEN)
    observed = Exchanges(site.app, site.app.state.metrics.note_exchange, lambda: PlainTextResponse("", 503))
    http = TestClient(observed, base_url=ORIGIN, client=("127.0.0.1", 5))

    page = http.get("/ticket/acme/private-id", follow_redirects=False)
    nothing = http.get("/made-up")
    told = http.get("/metrics", headers=AUTHORIZED).text

    assert (page.status_code, nothing.status_code) == (303, 404)
    assert len(page.headers["x-request-id"]) == 16
    route = "/ticket/{client_id}/{log_id:path}"
    assert f'caselog_dashboards_answers_total{{route="{route}",status="303"}} 1.0' in told
    assert 'caselog_dashboards_answers_total{route="(none)",status="404"} 1.0' in told
    assert "caselog_dashboards_open_pages 0.0" in told
    assert "private-id" not in told
    assert "made-up" not in told


def test_a_no_to_whether_the_dashboards_are_ready_is_no_line_of_the_service_log(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(tmp_path, clock)
    site.voila.is_ready = False
    observed = Exchanges(site.app, site.app.state.metrics.note_exchange, lambda: PlainTextResponse("", 503))

    answer = TestClient(observed, base_url=ORIGIN).get("/readyz")

    assert answer.status_code == 503
    assert "was answered" not in caplog.text


def test_the_figures_are_for_the_operator(tmp_path: Path, clock: FakeClock) -> None:
    site, guarded = Site(tmp_path / "a", clock), Site(tmp_path / "b", clock, metrics_token=TOKEN)
    local = TestClient(
        site.app, client=("127.0.0.1", 5)
    )  # or a proxy of this machine: nothing tells them apart

    withheld = [
        local.get("/metrics"),
        local.get("/metrics", headers=AUTHORIZED),
        guarded.browser().get("/metrics"),
    ]
    known = guarded.browser().get("/metrics", headers=AUTHORIZED)

    assert ([each.status_code for each in withheld], known.status_code) == ([403] * 3, 200)
    assert all("set CASELOG_DASHBOARDS_METRICS_TOKEN" in each.text for each in withheld)
