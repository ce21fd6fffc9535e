"""The real gateway for tests that take a kernel over: `caselog dashboards`, with orders on standard input.

Run as ``python -m tests.voila_dashboards.real_gateway`` with the environment of `caselog dashboards`, until standard
input ends. An order is a line of JSON, and so is its answer:

* ``{"do": "look"}`` -> its address, the folders and process ids of what it started
* ``{"do": "start", "kernel_id"}`` -> how to connect to a new kernel: the key that Voila alone has otherwise
* ``{"do": "admit", "kernel_id", "user", "page", "params"}`` -> ``{}``, once the kernel knows who looks at what
* ``{"do": "list"}`` -> the process id of every kernel there is
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any

import uvicorn

from access.users import get_user
from cli.environment import DASHBOARDS_PREFIX, open_lake_store, read_settings, start_service_log
from lake.store import Store
from serving.address import address_of, bind
from voila_dashboards.sandbox import hide_memory
from voila_dashboards.serve import build_server
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.process import VoilaProcess


class Orders:
    """What a test asks of the gateway that it runs in."""

    def __init__(self, server: uvicorn.Server, store: Store, address: str) -> None:
        app: Any = server.config.app
        self._state: Any = app.app.state  # what gives requests their ids is around it
        self._process: VoilaProcess = self._state.process
        self._store = store
        self._address = address

    async def obey(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one order."""
        match order:
            case {"do": "look"}:
                return self._look()
            case {"do": "start", "kernel_id": str(kernel_id)}:
                assert self._process.forks is not None
                return await self._process.forks.start_kernel(kernel_id)
            case {"do": "admit", "kernel_id": kernel_id, "user": user, "page": page, "params": params}:
                await self._admit(kernel_id, user, page, params)
                return {}
            case {"do": "list"}:
                assert self._process.forks is not None
                return dict(await self._process.forks.kernels())
            case _:
                raise ValueError(order)

    def _look(self) -> dict[str, Any]:
        children = dict(
            zip(("fork_server", "voila"), (each.pid for each in self._process._children), strict=False)
        )
        return {
            "is_ready": self._process.is_ready,
            "address": self._address,
            "voila_address": self._process.address,
            "runtime": str(self._process.runtime),
            "socket": str(self._process.socket),
            "kernel_folders": str(self._process.kernel_folders),
            **children,
        }

    async def _admit(self, kernel_id: str, user: str, page: str, params: Mapping[str, str]) -> None:
        """As a page that Voila made with this kernel."""
        known = await asyncio.to_thread(get_user, self._store, user)
        assert known is not None
        session = await self._state.sessions.find(self._state.sessions.issue(known))
        visit = await self._state.lifetimes.open(page, params, session)
        assert self._state.visits.bind(visit, kernel_id)
        await self._state.kernels.admit(visit)


async def run() -> None:
    """Serve pages and obey until standard input ends."""
    settings, store = read_settings(DashboardSettings, DASHBOARDS_PREFIX), open_lake_store()
    listener = bind(settings.host, settings.port)
    server = build_server(settings, store)
    orders = Orders(server, store, address_of(listener))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await orders.obey(json.loads(line))), flush=True)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    hide_memory()
    start_service_log()
    asyncio.run(run())
