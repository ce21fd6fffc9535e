from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT, tracked

NOTEBOOKS = [path for path in tracked() if path.suffix == ".ipynb" and path.parts[0] != "tests"]


def _code_cells(notebook: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads((ROOT / notebook).read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_there_are_notebooks() -> None:
    assert {path.parts[0] for path in NOTEBOOKS} == {"notebooks", "voila_dashboards"}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_a_notebook_is_saved_without_outputs(notebook: Path) -> None:
    run = [cell for cell in _code_cells(notebook) if cell["outputs"] or cell["execution_count"] is not None]

    assert run == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_a_cell_of_a_notebook_is_an_import_or_a_call(notebook: Path) -> None:
    odd = [
        ast.unparse(statement)
        for cell in _code_cells(notebook)
        for statement in ast.parse("".join(cell["source"])).body
        if not _is_import_or_call(statement)
    ]

    assert odd == []


def _is_import_or_call(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return True
    if isinstance(statement, ast.Assign | ast.Expr):
        return isinstance(statement.value, ast.Call | ast.Name | ast.Attribute | ast.Subscript | ast.Constant)
    return False
