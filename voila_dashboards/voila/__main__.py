"""Run Voila as the gateway's child: ``python -m voila_dashboards.voila SOCKET PARENT [UID GID]``.

It ends when the gateway does, however that ended. Where it was started as root it becomes another user before it
listens; what it is configured by lies in the folder it is started in.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import Final

from voila_dashboards.sandbox import become_user, end_with_parent, hide_memory

hide_memory()  # first: what is read later is hidden from the start

from voila.app import Voila  # noqa: E402

from voila_dashboards.forkserver.imports import import_all  # noqa: E402
from voila_dashboards.voila.provisioner import register  # noqa: E402

#: What Voila imports with its first page, at the cost of that page; some of it may lie where only root can read.
_LATER: Final = (
    "encodings.idna",
    "encodings.unicode_escape",
    "ipykernel.kernelspec",
    "jinja2.ext",
    "jupyter_core.migrate",
    "jupyter_server.services.kernels.connection.channels",
    "voila.tornado.kernel_websocket_handler",
    "voila_dashboards.voila.kernels",
    "websocket",
)


class _Voila(Voila):  # type: ignore[misc]
    """Voila that does not start without its configuration: it would serve everybody, on a port of its own choice."""

    raise_config_file_errors = True

    def initialize(self, argv: list[str] | None = None) -> None:
        """Raises `SystemExit` where there is no token."""
        super().initialize(argv)
        if not self.token:
            raise SystemExit("Voila found no configuration, and ends.")


def main(socket_number: int, parent: int, uid: int | None = None, gid: int | None = None) -> None:
    """Serve until the gateway is gone."""
    import_all(_LATER)
    if uid is not None and gid is not None:
        become_user(uid, gid)
    hide_memory()
    end_with_parent(parent)
    threading.Thread(target=_end_with_gateway, daemon=True).start()
    register(socket.socket(fileno=socket_number))
    _Voila.launch_instance([])


def _end_with_gateway() -> None:
    """Standard input is a pipe from the gateway: its end is the gateway's end, even after SIGKILL."""
    while os.read(0, 1024):  # not `sys.stdin`: its lock would be held when the interpreter ends
        pass
    os._exit(0)


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
