"""The process that writes a download: it seals itself as a kernel does, before it reads a row, and ends with its file.

It is told on stdin, in one line of JSON, who asks for what, and which of its descriptors are the files of the scope. On
stdout it says in one line how many tickets were found, how many the file holds, and whose they are; then the file
follows.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from access.viewer import Viewer
from lake.reader import Reader
from voila_dashboards.client_facts import ClientFacts
from voila_dashboards.downloads.formats import FORMATS
from voila_dashboards.downloads.tickets import find_tickets
from voila_dashboards.lean import leave_pandas_out
from voila_dashboards.sandbox import Limits, Reach, close_sockets, seal
from voila_dashboards.sandbox.code_folders import package_folders, python_folders

_MEMORY: Final = "512MB"
_LIMITS: Final = Limits(memory_bytes=1536 << 20, processor_s=600)
_QUERY_TIMEOUT_S: Final = 60.0
_THREADS: Final = 2
_PACKAGES: Final = ("voila_dashboards", "access", "lake", "caselog")
#: One entry for each thread of this process, https://man7.org/linux/man-pages/man5/proc_pid_task.5.html .
_TASKS: Final = Path("/proc/self/task")
_FAILED: Final = 1


class FileSource:
    """The views of files that are there already; a download asks for no trace."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def sql(self, query: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of ``query``."""
        return self._reader.sql(query, params)

    def need(self, *_parts: str) -> frozenset[str]:
        """The gateway has seen to it."""
        return frozenset()

    def trace(self, _client_id: str, _month: str, _log_id: str, _executed_at_ms: int) -> bytes | None:
        """None: nobody asks."""
        return None

    def client_facts(self, _client_id: str) -> ClientFacts | None:
        """None: nobody asks."""
        return None


def write_download(told: Mapping[str, Any]) -> None:
    """Seal this process, then write what is ``told`` to stdout."""
    _prepare(told["format"])
    reader = Reader({}, memory_limit=_MEMORY, time_limit_s=_QUERY_TIMEOUT_S, is_confined=False)
    folder = Path(told["folder"])
    _seal(folder, told["parent"])
    reader.confine([folder, "/proc/self/fd"], _THREADS)
    reader.renew({name: f"/proc/self/fd/{descriptor}" for name, descriptor in told["files"].items()})
    viewer = Viewer.from_json(told["viewer"])
    tickets = find_tickets(FileSource(reader), viewer, told["params"], told["now_ms"])
    _, encode = FORMATS[told["format"]]
    out = sys.stdout.buffer
    out.write(json.dumps(tickets.to_json()).encode() + b"\n")
    out.flush()
    for piece in encode(tickets.batches()):
        out.write(piece)
    out.flush()


def _prepare(kind: str) -> None:
    """Import what opens files of the system, while it can; raises `RuntimeError` where that has started a thread.

    The seal binds the thread that asks for it. Told so by its environment, pyarrow starts none yet.
    """
    leave_pandas_out()
    if kind == "parquet":
        importlib.import_module("pyarrow.parquet")
    if threading.active_count() != 1 or (_TASKS.is_dir() and len(list(_TASKS.iterdir())) != 1):
        raise RuntimeError("A thread was started before the seal.")


def _seal(folder: Path, parent: int) -> None:
    # It binds no socket: the folder of its files, which it may only read, stands in for one.
    code = (*python_folders(), *package_folders(_PACKAGES))
    seal(Reach(code, sockets=folder, parent=parent, data=folder, limits=_LIMITS))
    close_sockets()


def main() -> NoReturn:
    """Write one download; 0 where it is whole."""
    try:
        write_download(json.loads(sys.stdin.buffer.readline()))
        status = 0
    except BrokenPipeError:  # whoever asked has gone
        status = _FAILED
    except Exception as error:  # noqa: BLE001 - the class alone: an error's text may quote what is in a log
        sys.stderr.write(f"caselog: a download failed with {type(error).__name__}\n")
        status = _FAILED
    os._exit(status)


if __name__ == "__main__":
    main()
