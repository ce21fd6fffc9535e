"""Makes a process halt between the commits of a batch, when ``traces`` is committed and ``logs`` is not.

    python halting.py etl run --shards 4 --shard 1

is `caselog` with that; a Dask worker loads the module with ``--preload``. The process writes its id to the file
``HALTED`` names, and waits to be killed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa

from cli.main import main
from lake.tables import PinnedTable


def halting(append: Callable[[PinnedTable, pa.Table, Mapping[int, int]], None]) -> Callable[..., None]:
    """``append``, which never returns for ``logs``."""

    def halted(table: PinnedTable, rows: pa.Table, numbers: Mapping[int, int]) -> None:
        if table.name != "logs":
            append(table, rows, numbers)
            return
        mark = Path(os.environ["HALTED"])
        mark.with_suffix(".part").write_text(str(os.getpid()))
        mark.with_suffix(".part").replace(mark)
        threading.Event().wait()

    return halted


setattr(PinnedTable, "append", halting(PinnedTable.append))  # noqa: B010 - a method is replaced

if __name__ == "__main__":
    main()
