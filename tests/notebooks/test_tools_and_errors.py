from __future__ import annotations

from pathlib import Path

import pytest

from etl.run import run_once
from etl.settings import EtlSettings
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import a_log, put_raw
from tests.notebooks.running import shown_by

# Starting a kernel: jupyter_client and zmq warn about what is theirs to mend.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def test_the_notebook_shows_tools_errors_models_nodes_and_found_tickets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store((tmp_path / "lake").as_uri(), {})
    calls = [
        {"name": "find_order", "status": "ok", "duration_ms": 40},
        {"name": "find_order", "status": "error", "error": "no such order", "duration_ms": 60},
    ]
    trace = {
        "nodes": [{"name": "resolve_ticket", "duration_ms": 900}],
        "react_iterations": [{"model": "a-model", "input_tokens": 1234, "tool_calls": calls}],
        "errors": [{"type": "ShopTimeout", "message": "the shop did not answer"}],
        "final_response": "The refund is on its way.",
    }
    put_raw(store, a_log("1", trace=trace))
    run_once(Lake(store), EtlSettings())
    monkeypatch.setenv("CASELOG_LAKE_URL", store.url)

    shown = shown_by("tools_and_errors.ipynb", tmp_path)

    for told in (
        "find_order",
        "50.0",
        "image/png",
        "ShopTimeout",
        "1234",
        "resolve_ticket",
        "did not answer",
    ):
        assert told in shown
