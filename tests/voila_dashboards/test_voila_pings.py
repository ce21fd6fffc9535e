"""A page that is left open keeps its kernel: Voila ends no websocket by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jupyter_server.base.websocket import WebSocketMixin

from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.config import voila_config


class Handler(WebSocketMixin):
    """As much of Jupyter's handler as looks at its pings; it notes what is done with its websocket."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    config = voila_config(DashboardSettings(), tmp_path, tmp_path, 8899, "t" * 32)
    found: dict[str, Any] = config["Voila"]["tornado_settings"]
    return found


def test_voila_never_looks_for_an_answer_to_a_ping_that_it_did_not_send(settings: dict[str, Any]) -> None:
    # Jupyter looks at its first ping's time for the last answer, which is then as old as the page.
    assert Handler(settings).ping_interval == 0


def test_tornado_pings_as_little(settings: dict[str, Any]) -> None:
    assert not settings.get("websocket_ping_interval")
