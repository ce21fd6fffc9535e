"""The fork server's start: hide, take the setup, warm up, serve."""

from __future__ import annotations

import shutil
import signal
import socket
from collections.abc import Callable

from voila_dashboards.forkserver.kernel import Room
from voila_dashboards.forkserver.messages import Setup, receive, send
from voila_dashboards.forkserver.server import ForkServer
from voila_dashboards.forkserver.warm import name_threads, warm_up
from voila_dashboards.sandbox import end_with_parent, hide_memory


def run(socket_number: int, parent: int, open_room: Callable[[Setup], Room]) -> None:
    """Serve the gateway, which holds the other end of the inherited socket, until it is gone."""
    hide_memory()
    signal.signal(signal.SIGTERM, _leave)
    end_with_parent(parent, signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the gateway, which ends us
    gateway = socket.socket(fileno=socket_number)
    setup = Setup.from_json(receive(gateway)[0])
    room = open_room(setup)
    warm_up(room)
    if len(threads := name_threads()) != 1:
        raise RuntimeError(f"A kernel forked beside other threads could not be sealed as a whole: {threads}.")
    send(gateway, {"ready": True})
    try:
        ForkServer(setup, room, gateway).run()
    finally:
        shutil.rmtree(setup.runtime_folder, ignore_errors=True)


def _leave(_number: int, _frame: object) -> None:
    """The gateway has ended: so do we, but tidily. What is heard of it twice counts once."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit
