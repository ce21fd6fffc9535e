"""How the gateway and Voila ask the fork server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, Final

from voila_dashboards.forkserver.messages import pair, receive, send

_READY_TIMEOUT_S: Final = 30.0
_PIECE: Final = 1 << 16


class ForkServerError(Exception):
    """Root; the message is for the operator's log."""


class ForkServerGone(ForkServerError):
    """It has ended: no kernel is left and none can be started."""

    def __init__(self) -> None:
        super().__init__("The fork server of the kernels has ended.")


class KernelNotStarted(ForkServerError):
    """The kernel was refused, or ended before it was ready; why stands in the log."""


class ForkServerClient:
    """One end of a pair of sockets; use it in one event loop.

    ``gone`` is set when the fork server has ended. ``on_end`` is called with the id and the exit status of each
    kernel that has ended, whoever started it.
    """

    def __init__(
        self, connection: socket.socket, on_end: Callable[[str, int], None] = lambda _id, _status: None
    ) -> None:
        self.gone = asyncio.Event()
        self._connection = connection
        self._on_end = on_end
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[tuple[dict[str, Any], list[int]]]] = {}
        connection.settimeout(0)
        asyncio.get_running_loop().add_reader(connection.fileno(), self._hear)

    async def start_kernel(self, kernel_id: str) -> dict[str, Any]:
        """Start a kernel, wait until it is sealed and ready, and return how to connect to it, and its ``layers``.

        Raises `KernelNotStarted`, `ForkServerGone`.
        """
        answer, descriptors = await self._ask({"do": "start", "kernel_id": kernel_id})
        told = await _read_to_end(descriptors[0])  # given up, it is closed: a kernel that then reports ends
        if not told:
            await self.kill_kernel(kernel_id)
            raise KernelNotStarted("A kernel ended before it was ready.")
        return {"pid": answer["pid"], **json.loads(told)}

    async def kill_kernel(self, kernel_id: str) -> bool:
        """End a kernel at once; False where there is none of this id. Raises `ForkServerGone`."""
        return await self.signal_kernel(kernel_id, signal.SIGKILL)

    async def signal_kernel(self, kernel_id: str, number: int) -> bool:
        """Send SIGINT, SIGTERM or SIGKILL; False where there is no such kernel. Raises `ForkServerGone`."""
        answer, _ = await self._ask({"do": "signal", "kernel_id": kernel_id, "signal": int(number)})
        return bool(answer["found"])

    async def kernels(self) -> dict[str, int]:
        """The process id of every kernel there is, by kernel id. Raises `ForkServerGone`."""
        answer, _ = await self._ask({"do": "list"})
        kernels: dict[str, int] = answer["kernels"]
        return kernels

    async def open_door(self) -> socket.socket:
        """A socket over which another process may ask; the gateway alone can open one. Raises `ForkServerGone`."""
        ours, theirs = pair()
        try:
            await self._ask({"do": "adopt"}, (theirs.fileno(),))
        except ForkServerError:
            ours.close()
            raise
        finally:
            theirs.close()
        return ours

    def close(self) -> None:
        """Let go of the fork server; where this is the gateway's end, it ends."""
        if self._connection.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
            self._connection.close()
            self._give_up()

    async def _ask(
        self, question: Mapping[str, Any], descriptors: Sequence[int] = ()
    ) -> tuple[dict[str, Any], list[int]]:
        if self.gone.is_set():
            raise ForkServerGone
        number = next(self._numbers)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            send(self._connection, {"id": number, **question}, descriptors)
            answer, received = await future
        except OSError as error:
            raise ForkServerGone from error
        finally:
            del self._waiting[number]
        if "error" in answer:
            raise KernelNotStarted(answer["error"])
        return answer, received

    def _hear(self) -> None:
        try:
            message, descriptors = receive(self._connection)
        except BlockingIOError:
            return
        except EOFError:
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
            self._give_up()
            return
        match message:
            case {"ended": str(kernel_id), "status": int(status)}:
                self._on_end(kernel_id, status)
            case {"id": int(number)}:
                self._settle(number, message, descriptors)

    def _settle(self, number: int, message: dict[str, Any], descriptors: list[int]) -> None:
        future = self._waiting.get(number)
        if future is not None and not future.done():
            future.set_result((message, descriptors))
            return
        for descriptor in descriptors:  # whoever asked has gone
            os.close(descriptor)

    def _give_up(self) -> None:
        self.gone.set()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ForkServerGone())


async def _read_to_end(pipe: int) -> bytes:
    """Everything that is written to ``pipe`` until it is closed; empty where that takes too long."""
    loop = asyncio.get_running_loop()
    closed: asyncio.Future[None] = loop.create_future()
    pieces: list[bytes] = []

    def read() -> None:
        piece = os.read(pipe, _PIECE)
        pieces.append(piece)
        if not piece and not closed.done():
            closed.set_result(None)

    loop.add_reader(pipe, read)
    try:
        await asyncio.wait_for(closed, _READY_TIMEOUT_S)
    except TimeoutError:
        return b""
    finally:
        loop.remove_reader(pipe)
        os.close(pipe)
    return b"".join(pieces)
