"""The pages' notebooks: thin, without outputs, and working in a plain kernel with an operator's rights."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from lake.store import open_store
from tests.logs import a_log, put_raw
from voila_dashboards.pages import PAGES
from voila_dashboards.voila.config import NOTEBOOKS

WIDGET = "application/vnd.jupyter.widget-view+json"


def read(page: str) -> Any:
    return nbformat.read(NOTEBOOKS / page / "notebook.ipynb", as_version=4)  # type: ignore[no-untyped-call]


def test_there_is_one_notebook_for_each_page_and_no_other() -> None:
    found = {path.relative_to(NOTEBOOKS).as_posix() for path in NOTEBOOKS.glob("**/*.ipynb")}
    assert found == {f"{page}/notebook.ipynb" for page in PAGES}


@pytest.mark.parametrize("page", PAGES)
def test_a_notebook_is_an_import_and_a_call_saved_without_outputs(page: str) -> None:
    cells = read(page).cells

    statements = [ast.parse(cell.source).body for cell in cells]
    assert [[type(statement) for statement in body] for body in statements] == [[ast.ImportFrom], [ast.Expr]]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


@pytest.mark.parametrize("page", ["overview", "tickets"])
def test_an_operators_notebook_shows_every_client_without_a_gateway(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store((tmp_path / "lake").as_uri(), {})
    put_raw(store, a_log("L1"))
    put_raw(store, a_log("G1", client_id="globex"))
    monkeypatch.setenv("CASELOG_LAKE_URL", store.url)

    notebook = nbclient.NotebookClient(read(page), timeout=100).execute()

    (output,) = [output for output in notebook.cells[1].outputs if WIDGET in output.get("data", {})]
    state = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    shown = state[output["data"][WIDGET]["model_id"]]["state"]
    assert shown["page"]["page"] == page
    assert shown["page"]["clients"] == ["acme", "globex"]
    assert "_esm" in shown


def test_a_ticket_is_named_by_the_query_string_of_stock_voila(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store((tmp_path / "lake").as_uri(), {})
    put_raw(store, a_log("L1"))
    monkeypatch.setenv("CASELOG_LAKE_URL", store.url)
    monkeypatch.setenv("QUERY_STRING", "client_id=acme&log_id=L1")

    notebook = nbclient.NotebookClient(read("ticket"), timeout=100).execute()

    state = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    (page,) = [each["state"]["page"] for each in state if "page" in each["state"]]
    assert page["data"]["log"]["log_id"] == "L1"
