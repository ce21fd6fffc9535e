"""Everything that a kernel imports, imported once, by one thread that may then be forked."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NoReturn

from voila_dashboards.forkserver.app import SealedKernelApp
from voila_dashboards.forkserver.imports import import_all
from voila_dashboards.forkserver.kernel import Room

#: What a kernel imports only while it runs a cell or answers a widget's message.
_LATER: Final = (
    "_strptime",
    "anywidget",
    "comm",
    "encodings.idna",
    "ipykernel.comm",
    "ipywidgets",
    "linecache",
    "pytz",
    "stack_data",
)
_PIECE: Final = 1 << 16


def warm_up(room: Room) -> None:
    """Import it all, and lay it aside so that the garbage collector of a child does not copy it."""
    import_all(_LATER)
    import_all(_rehearse(room))
    room.open()
    gc.collect()
    gc.freeze()


def name_threads() -> list[str]:
    """The names of this process's threads, those that Python knows nothing of included."""
    tasks = Path("/proc/self/task")
    names = [(task / "comm").read_text().strip() for task in tasks.iterdir()] if tasks.is_dir() else ["main"]
    return sorted(names)


def _rehearse(room: Room) -> list[str]:
    """The modules that a kernel has loaded when it is ready: found by making one, which nobody can reach."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _play(room, writer)
    os.close(writer)
    told = b"".join(iter(lambda: os.read(reader, _PIECE), b""))
    os.close(reader)
    os.waitpid(pid, 0)
    return told.decode().split()


def _play(room: Room, writer: int) -> NoReturn:
    try:
        with TemporaryDirectory(prefix="caselog-") as folder:
            app = SealedKernelApp.instance(folder=Path(folder), profile_dir=room.profile)
            app.initialize([])  # type: ignore[no-untyped-call]
            room.open()
            room.prepare(Path(folder))
            app.kernel.shell.run_cell("import os")
            os.write(writer, "\n".join(sys.modules).encode())
    except BaseException:  # noqa: BLE001 - as for a kernel
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(0)
