"""The logs of the demo's workflow, as the SDK sends them: real runs of both clients, at a time that stands still."""

from __future__ import annotations

from typing import Any, Final

import pytest

from caselog import close, flush, guard
from examples.support_workflow.scenarios import COMPANIES
from examples.support_workflow.simulation import simulate
from tests.sdk.fake_collector import fake_collector
from tests.voila_dashboards.page_lake import NOW

DAYS: Final = 60


def demo_logs(each: int) -> list[dict[str, Any]]:
    """So many logs of each client, within the `DAYS` before `NOW`, with their traces."""
    logs: list[dict[str, Any]] = []
    with fake_collector() as collector, pytest.MonkeyPatch.context() as patch:
        for name, value in {**collector.env, "CASELOG_LEVEL": "FULL_TRACE"}.items():
            patch.setenv(name, value)
        patch.setattr(guard, "reraise", True)
        for seed, client in enumerate(COMPANIES, start=1):
            for _ in simulate(client, count=each, days=DAYS, now=NOW, seed=seed):
                pass
            flush(20)
            # One process sends for both here, so whose log it is stands in no setting.
            logs += [{**log, "client_id": client} for log in collector.logs[len(logs) :]]
        close(5)
    return logs
