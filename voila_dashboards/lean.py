"""Keeps a kernel, and what else is sealed, small: 25 MB and most of a second are pandas, which no page uses."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec


class _Absent(MetaPathFinder):
    """Says of pandas that it is not installed.

    DuckDB and pyarrow import it only to ask whether a value is a DataFrame, and do without where it is missing.
    """

    def find_spec(self, fullname: str, *_where: object) -> ModuleSpec | None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas stays out of a page's kernel", name=fullname)
        return None


def leave_pandas_out() -> None:
    """From now on `import pandas` fails in this process, as where it is not installed."""
    if "pandas" not in sys.modules and not any(isinstance(finder, _Absent) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Absent())
