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


def test_the_first_look_shows_raw_and_compacted_logs_a_plot_and_the_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store((tmp_path / "lake").as_uri(), {})
    calls = {
        "react_iterations": [{"tool_calls": [{"name": "find_order", "status": "error", "duration_ms": 40}]}]
    }
    put_raw(store, a_log("1", trace=calls, metrics={"input_tokens": 120}))
    run_once(Lake(store), EtlSettings())
    put_raw(store, a_log("2", status="FAILED", executed_at="2026-11-22T10:00:00Z"))
    monkeypatch.setenv("CASELOG_LAKE_URL", store.url)

    shown = shown_by("first_look.ipynb", tmp_path)

    assert "50.0" in shown
    assert "image/png" in shown
    assert "find_order" in shown
    assert "120" in shown
