"""A notebook of the analysts, run from its first cell to its last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

_NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def shown_by(name: str, folder: Path) -> str:
    """Everything the cells showed, as text; ``folder`` is where it runs."""
    text = (_NOTEBOOKS / name).read_text(encoding="utf-8")
    notebook: Any = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(
        notebook, timeout=90, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(str(dict(output.get("data", {}))) for output in shown)
