"""The gateway's door for kernels: each has one connection, and is told by it who looks at what.

A kernel says that it waits; when Voila's answer has named it to the gateway, it is **admitted**: it gets the viewer,
the page and its parameters, and descriptors of exactly the files of that viewer's scope. Later it asks for newer
files, for one trace of that scope, or for what was set for a client of it. What it may see follows from the visit
alone: nothing in a question can widen it.

* ``{"say": "waiting", "kernel_id", "page", "comm_id", "folder"}``, once
* ``{"ask": "snapshot", "have": [names], "parts": [tables]}`` -> ``{"snapshot"}`` and descriptors of the files it has
  not; ``parts`` are the derived tables to be in it, of the same scope
* ``{"ask": "trace", "client_id", "month", "log_id", "executed_at_ms"}`` -> ``{"payload_bytes"}`` and the bytes
* ``{"ask": "client", "client_id"}`` -> ``{"client"}``: shaped as `ClientFacts`, null for a client of another scope
* where that cannot be: ``{"error": code}``
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from access.snapshots import SnapshotSource
from lake.errors import LakeError, StoreUnavailable
from lake.scope import Scope
from lake.scope_tables import ON_DEMAND
from lake.snapshot import Snapshot
from serving.service_log import describe_defect
from voila_dashboards.gateway.client_facts import FactsOfClients
from voila_dashboards.gateway.kernel_socket import BadFrame, KernelSocket
from voila_dashboards.gateway.visits import Visit, Visits
from voila_dashboards.pages import PAGES

logger = logging.getLogger(__name__)

_COMM_ID: Final = re.compile(r"[0-9a-f]{32}")
_FOLDER: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_KERNEL_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: A file of a snapshot may be dropped from the cache before it is opened: then a newer snapshot has another.
_SNAPSHOT_TRIES: Final = 3
#: More than there are kernels at once.
_ENDED_REMEMBERED: Final = 1000


class KernelSilent(Exception):
    """A kernel did not come, or does not wait for what it was made for."""


@dataclass(eq=False)
class _Waiting:
    """A kernel that is ready to show a page; ``folder`` is a descriptor of the folder its files are opened in."""

    socket: KernelSocket
    kernel_id: str
    page: str
    comm_id: str
    folder: int
    visit: Visit | None = None
    names: set[str] = field(default_factory=set)


class Kernels:
    """Every kernel that is connected. ``folders`` holds a folder for each, on the file system of the cache."""

    def __init__(
        self,
        visits: Visits,
        snapshots: SnapshotSource,
        facts: FactsOfClients,
        folders: Path,
        snapshot_max_age_s: float,
        admission_timeout_s: float,
    ) -> None:
        self._visits = visits
        self._snapshots = snapshots
        self._facts = facts
        self._folders = folders
        self._snapshot_max_age_s = snapshot_max_age_s
        self._admission_timeout_s = admission_timeout_s
        self._waiting: dict[str, asyncio.Future[_Waiting]] = {}
        self._ended: deque[str] = deque(maxlen=_ENDED_REMEMBERED)
        self._connections: set[asyncio.Task[None]] = set()

    async def listen(self, path: Path) -> None:
        """Accept kernels on ``path`` until cancelled; its folder's mode decides who may connect."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            listener.bind(str(path))
            listener.listen(128)
            while True:
                connected, _ = await asyncio.get_running_loop().sock_accept(listener)
                self.serve(connected)
        finally:
            listener.close()
            for task in self._connections:
                task.cancel()

    def serve(self, connected: socket.socket) -> None:
        """Serve one kernel until its connection ends; returns at once."""
        task = asyncio.create_task(self._serve(KernelSocket(connected)))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def admit(self, visit: Visit) -> None:
        """Tell the kernel that serves ``visit`` who looks at what.

        Raises `KernelSilent` where it does not wait for that page, `StoreUnavailable` where nothing is known of its
        scope, and nothing where the visit ended: then the kernel is told that nobody looks.
        """
        kernel = await self._await_kernel(visit.kernel_id or "")
        if kernel.page != visit.page:
            await self._send(kernel, {"dismiss": True})
            raise KernelSilent("it waits for another page")
        try:
            await self._admit(kernel, visit)
        except LakeError:
            await self._send(kernel, {"dismiss": True})
            raise

    def note_end(self, kernel_id: str) -> None:
        """A kernel has ended: nobody waits for it, also where Voila names it only later, from its pool."""
        self._ended.append(kernel_id)
        future = self._waiting.get(kernel_id)
        if future is not None and not future.done():
            future.set_exception(KernelSilent("it has ended"))

    async def dismiss(self, kernel_id: str) -> None:
        """Tell a kernel that whoever it was made for is gone; it shows nothing, and can be ended."""
        await self._send(await self._await_kernel(kernel_id), {"dismiss": True})

    async def _await_kernel(self, kernel_id: str) -> _Waiting:
        if kernel_id in self._ended:
            raise KernelSilent("it has ended")
        future = self._waiting.setdefault(kernel_id, asyncio.get_running_loop().create_future())
        try:
            return await asyncio.wait_for(asyncio.shield(future), self._admission_timeout_s)
        except TimeoutError as error:
            raise KernelSilent("it did not say that it waits") from error
        finally:
            self._waiting.pop(kernel_id, None)

    async def _admit(self, kernel: _Waiting, visit: Visit) -> None:
        snapshot, descriptors = await self._open_snapshot(kernel, visit, ())
        try:
            if visit.ended.is_set():
                await self._send(kernel, {"dismiss": True})
                return
            kernel.visit, visit.comm_id = visit, kernel.comm_id
            admission = {
                "viewer": visit.session.viewer.to_json(),
                "page": visit.page,
                "params": dict(visit.params),
                "snapshot": snapshot,
                "snapshot_max_age_s": self._snapshot_max_age_s,
            }
            await self._send(kernel, {"admit": admission}, descriptors)
        except KernelSilent:
            kernel.visit = None  # its end is not the visit's, which another kernel may serve
            raise
        finally:
            _close(descriptors)

    async def _serve(self, connection: KernelSocket) -> None:
        """One kernel, from its connection to its end."""
        kernel: _Waiting | None = None
        try:
            while (message := await connection.receive()) is not None:
                if kernel is None:
                    kernel = self._welcome(connection, message)
                else:
                    await self._answer(kernel, message)
        except (BadFrame, OSError, TimeoutError) as error:
            logger.warning("A kernel's connection broke off (%s).", type(error).__name__)
        except Exception as error:  # noqa: BLE001 - whatever it asked for, its visit has an end
            logger.error("A kernel's question failed: %s", describe_defect(error))  # noqa: TRY400 - as it says
        finally:
            connection.close()
            if kernel is not None:
                self._forget(kernel)
        if kernel is not None and kernel.visit is not None:
            kernel.visit.ended.set()  # its page learns it by its websocket; the sweep does the rest

    def _welcome(self, connection: KernelSocket, message: Mapping[str, Any]) -> _Waiting:
        """What a kernel says first; raises `BadFrame`."""
        match message:
            case {
                "say": "waiting",
                "kernel_id": str(kernel_id),
                "page": str(page),
                "comm_id": str(comm_id),
                "folder": str(folder),
            } if (
                page in PAGES
                and _KERNEL_ID.fullmatch(kernel_id)
                and _COMM_ID.fullmatch(comm_id)
                and _FOLDER.fullmatch(folder)
            ):
                opened = os.open(self._folders / folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                kernel = _Waiting(connection, kernel_id, page, comm_id, opened)
            case _:
                raise BadFrame
        future = self._waiting.setdefault(kernel_id, asyncio.get_running_loop().create_future())
        if not future.done():
            future.set_result(kernel)
        return kernel

    def _forget(self, kernel: _Waiting) -> None:
        os.close(kernel.folder)
        future = self._waiting.get(kernel.kernel_id)
        if future is not None and future.done() and future.result() is kernel:
            del self._waiting[kernel.kernel_id]

    async def _answer(self, kernel: _Waiting, message: Mapping[str, Any]) -> None:
        visit = kernel.visit
        if visit is None or visit.ended.is_set():
            await kernel.socket.send({"error": "visit_ended"})
            return
        try:
            match message:
                case {"ask": "snapshot", "have": list(have), "parts": list(parts)}:
                    snapshot, descriptors = await self._open_snapshot(kernel, visit, have, parts)
                    try:
                        await kernel.socket.send({"snapshot": snapshot}, descriptors)
                    finally:
                        _close(descriptors)
                case {
                    "ask": "trace",
                    "client_id": str(client_id),
                    "month": str(month),
                    "log_id": str(log_id),
                    "executed_at_ms": int(executed_at_ms),
                }:
                    where = (client_id, month, log_id, moment_of(executed_at_ms))
                    await self._send_trace(kernel, visit.session.viewer.scope, *where)
                case {"ask": "client", "client_id": str(client_id)}:
                    facts = await self._facts.of(visit.session.viewer.scope, client_id)
                    await kernel.socket.send({"client": facts})
                case _:
                    raise BadFrame
        except LakeError as error:
            logger.warning("A kernel asked in vain: %s", error)
            await kernel.socket.send({"error": "store_unavailable"})

    async def _send_trace(
        self,
        kernel: _Waiting,
        scope: Scope,
        client_id: str,
        month: str,
        log_id: str,
        executed_at: datetime | None,
    ) -> None:
        trace = None
        if scope.allows(client_id):
            trace = await asyncio.to_thread(
                self._snapshots.trace, scope, client_id, month, log_id, executed_at
            )
        if trace is None:
            await kernel.socket.send({"payload_bytes": None})
        else:
            await kernel.socket.send({"payload_bytes": len(trace)}, payload=trace)

    async def _open_snapshot(
        self, kernel: _Waiting, visit: Visit, have: Collection[object], parts: Collection[object] = ()
    ) -> tuple[dict[str, Any], list[int]]:
        return await asyncio.to_thread(self._open_snapshot_now, kernel.folder, visit, have, parts)

    def _open_snapshot_now(
        self, folder: int, visit: Visit, have: Collection[object], parts: Collection[object]
    ) -> tuple[dict[str, Any], list[int]]:
        known = {name for name in have if isinstance(name, str)}
        wanted = [
            name for name in ON_DEMAND if name in parts
        ]  # by their own names: what was sent opens nothing
        snapshot, opened = self._take_and_open(visit.session.viewer.scope, known, folder, wanted)
        told = {
            "names": [each.name for each in snapshot.files],
            "opened": list(opened),
            "as_of_ms": int(snapshot.as_of.timestamp() * 1000),
            "is_current": snapshot.is_current,
            "behind": sorted(snapshot.behind),
        }
        return told, list(opened.values())

    def _take_and_open(
        self, scope: Scope, known: set[str], folder: int, parts: Collection[str]
    ) -> tuple[Snapshot, dict[str, int]]:
        for _ in range(_SNAPSHOT_TRIES):
            snapshot = self._snapshots.take(scope, parts)
            try:
                return snapshot, open_files(snapshot, known, folder)
            except FileNotFoundError:
                continue
        raise StoreUnavailable("the files of a scope", "the cache drops them at once")

    async def _send(
        self, kernel: _Waiting, message: Mapping[str, Any], descriptors: list[int] | None = None
    ) -> None:
        try:
            await kernel.socket.send(message, descriptors or ())
        except (OSError, TimeoutError) as error:
            raise KernelSilent(type(error).__name__) from error


def moment_of(epoch_ms: int) -> datetime | None:
    """The moment that a page names; None where no calendar has it."""
    try:
        return datetime.fromtimestamp(epoch_ms // 1000, UTC) + timedelta(milliseconds=epoch_ms % 1000)
    except (OverflowError, ValueError, OSError):
        return None


def open_files(snapshot: Snapshot, known: set[str], folder: int) -> dict[str, int]:
    """Read-only descriptors of those files that are not ``known``; raises `FileNotFoundError`.

    A kernel opens them again by `/proc/self/fd`, and Landlock then asks below which folder the descriptor was opened:
    so each file gets a name in the kernel's own folder for that moment, and no other.
    """
    opened: dict[str, int] = {}
    try:
        for each in snapshot.files:
            if each.name not in known:
                opened[each.name] = _open_below(each.path, folder)
    except BaseException:
        _close(list(opened.values()))
        raise
    return opened


def _open_below(path: Path, folder: int) -> int:
    name = os.urandom(8).hex()
    os.link(path, name, dst_dir_fd=folder, follow_symlinks=False)
    try:
        return os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.unlink(name, dir_fd=folder)


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
