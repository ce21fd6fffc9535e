from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from etl.run import run_once
from etl.settings import EtlSettings
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import a_log, put_raw

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "first_look.ipynb"
# Starting a kernel: jupyter_client and zmq warn about what is theirs to mend.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def outputs_of(notebook: Any) -> str:
    """Everything the cells showed, as text."""
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(str(dict(output.get("data", {}))) for output in shown)


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
    notebook: Any = nbformat.reads(NOTEBOOK.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-untyped-call]

    NotebookClient(
        notebook, timeout=90, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()

    shown = outputs_of(notebook)
    assert "50.0" in shown
    assert "image/png" in shown
    assert "find_order" in shown
    assert "120" in shown
