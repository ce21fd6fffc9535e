"""A uvicorn server with bounded requests and connections, that logs through the service log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import uvicorn

from serving.connections import Connections, connections_within, open_files_limit
from serving.door import Door, DoorConfig, Refuse, RequestLimits
from serving.reads import BoundedReads
from serving.sockets import BoundedSocket
from serving.stopping import StoppingServer


def make_server(
    app: Any,
    *,
    refuse: Refuse,
    limits: RequestLimits,
    max_connections: int,
    websockets: bool,
    stop_timeout_s: int,
    headers: Mapping[str, str] | None = None,
    **options: Any,
) -> uvicorn.Server:
    """A server that is not started yet; ``max_connections`` 0 is as many as the open files allow.

    A stop waits ``stop_timeout_s`` for what was accepted. Refusals that ``app`` does not make bear ``headers``.
    ``options`` are uvicorn's own. ``await server.serve()`` runs
    it in a loop beside others; `stop` ends it. In the main thread uvicorn also listens to SIGINT and SIGTERM while it
    runs.
    """
    most, backlog = connections_within(open_files_limit())
    connections = Connections(min(most, max_connections) if max_connections else most)
    door = Door(limits, refuse, connections, headers=headers or {})
    config = DoorConfig(
        door,
        app,
        http=BoundedReads,
        ws=BoundedSocket if websockets else "none",
        backlog=backlog,
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        **options,
    )
    return StoppingServer(config, stop_timeout_s)


def stop(server: uvicorn.Server) -> None:
    """Ask ``server`` to accept nothing more, finish what it was sent, and end."""
    server.should_exit = True
