"""The fork server as the gateway starts it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from voila_dashboards.forkserver.client import ForkServerClient, ForkServerGone
from voila_dashboards.forkserver.messages import Setup, pair, receive, send

_START_TIMEOUT_S: Final = 60.0
#: The command that is run; `-P` because the folder it runs in is no place to import from.
FORK_SERVER: Final = (sys.executable, "-P", "-m", "voila_dashboards.forkserver")


async def start_fork_server(
    setup: Setup,
    environment: Mapping[str, str],
    folder: Path,
    command: Sequence[str] = FORK_SERVER,
    on_end: Callable[[str, int], None] = lambda _kernel_id, _status: None,
) -> tuple[asyncio.subprocess.Process, ForkServerClient]:
    """A fork server that is ready, as a child of this process that runs in ``folder``, and the gateway's end of it.

    ``on_end`` is called with the id and the exit status of each kernel that has ended.
    Call it in the main thread: the child ends with the thread that started it. Raises `ForkServerGone`.
    """
    ours, theirs = pair()
    with theirs:
        child = await asyncio.create_subprocess_exec(
            *command,
            str(theirs.fileno()),
            str(os.getpid()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sys.stderr,
            stderr=sys.stderr,
            cwd=folder,
            env=dict(environment),
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    try:
        send(ours, setup.to_json())
        await asyncio.wait_for(_hear_first(ours), _START_TIMEOUT_S)
    except (EOFError, OSError, TimeoutError) as error:
        ours.close()
        await child.wait()
        raise ForkServerGone from error
    return child, ForkServerClient(ours, on_end)


async def _hear_first(connection: socket.socket) -> None:
    """Wait for a packet without taking the event loop; raises `EOFError`."""
    loop = asyncio.get_running_loop()
    heard: asyncio.Future[None] = loop.create_future()

    def note() -> None:
        if not heard.done():
            heard.set_result(None)

    loop.add_reader(connection.fileno(), note)
    try:
        await heard
    finally:
        loop.remove_reader(connection.fileno())
    receive(connection)
