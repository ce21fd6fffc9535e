"""A fork server for tests of the sandbox alone: its kernels hold DuckDB, and no page.

Run as ``python -m tests.voila_dashboards.standin_room SOCKET PARENT``.
"""

from __future__ import annotations

import json
import resource
import socket
import sys
from pathlib import Path
from typing import Final

import anywidget
import duckdb
import traitlets
from IPython.display import display

from voila_dashboards.forkserver.kernel import Room
from voila_dashboards.forkserver.messages import Setup
from voila_dashboards.forkserver.rooms import open_profile
from voila_dashboards.forkserver.start import run
from voila_dashboards.names import PAGE_MIME
from voila_dashboards.sandbox.code_folders import package_folders

#: An attacker's tool: a kernel whose user cannot read Python's library could not import it later.
TOOLS: Final = (resource,)

#: What the kernel was given before it was sealed.
gateway: list[socket.socket] = []
kernel_id: list[str] = []
data_folder: list[str] = []
files: list[int] = []
connection: list[duckdb.DuckDBPyConnection] = []


class _Page(anywidget.AnyWidget):
    _esm = "export default {}"
    page = traitlets.Dict().tag(sync=True)

    def as_bundle(self) -> dict[str, object]:
        return {PAGE_MIME: {"comm_id": self.comm.comm_id, "page": self.page}}


def _adopt(connected: socket.socket, own_id: str, folder: str) -> None:
    gateway.append(connected)
    kernel_id.append(own_id)
    data_folder.append(folder)


def _open() -> None:
    opened = duckdb.connect(
        config={"threads": 1, "async_threads": 0, "memory_limit": "256MB", "temp_directory": ""}
    )
    opened.execute("SELECT to_timestamp(0)").fetchall()
    connection.append(opened)


def _prepare(data: Path) -> None:
    opened = connection[0]
    opened.execute("SET threads = 2")
    # for DuckDB a descriptor's path is the one by which it was opened; where that cannot be walked, its own
    opened.execute(f"SET allowed_directories = ['{data}', '/proc/self/fd/']")
    opened.execute("SET enable_external_access = false")
    opened.execute("SET lock_configuration = true")


def show(page: str) -> None:
    """Wait until the gateway says a word, then show how many rows its descriptor holds."""
    widget = _Page()
    gateway[0].sendall(json.dumps({"kernel_id": kernel_id[0], "folder": data_folder[0]}).encode() + b"\n")
    message, descriptors, _, _ = socket.recv_fds(gateway[0], 4096, 1)
    files.extend(descriptors)
    rows = None
    if descriptors:
        query = f"SELECT count(*), min(executed_at) FROM read_parquet('/proc/self/fd/{descriptors[0]}')"
        rows = str(connection[0].execute(query).fetchall())
    widget.page = {"page": page, "told": message.decode(), "rows": rows}
    display(widget.as_bundle(), raw=True)  # type: ignore[no-untyped-call]


def open_room(setup: Setup) -> Room:
    packages = package_folders(("voila_dashboards", "caselog", "tests"))
    return Room(packages or (Path(__file__).parent,), open_profile(setup), _adopt, _open, _prepare)


if __name__ == "__main__":
    sys.modules["tests.voila_dashboards.standin_room"] = sys.modules["__main__"]
    run(socket_number=int(sys.argv[1]), parent=int(sys.argv[2]), open_room=open_room)
