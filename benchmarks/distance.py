"""A server that is far away: a TCP proxy that holds each byte for some milliseconds each way.

    python -m benchmarks.distance --to 127.0.0.1:9000 [--listen 9001] [--delay-ms 15]

A client talks to the proxy's own address, which is then also what it signs for: S3 servers check the signature over
the ``Host`` header as it was sent, and the proxy changes no byte. Bytes wait in queues with a time each, so that the
distance costs time and not throughput. No byte is held for less than it was asked for, and most for up to a millisecond
more. A connection is made at once: its handshake is not delayed.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvloop

from tests.servers.process import free_ports, running

#: So many held bytes of one direction, and its sender is asked to pause: 15 ms of 4 GB/s.
_MOST_HELD: Final = 64 * 1024 * 1024


class Way:
    """One direction of one connection: bytes leave at the other end when their time has come."""

    def __init__(self, delay_s: float, source: Any, goal: Any) -> None:
        self._loop = asyncio.get_running_loop()
        self._delay_s = delay_s
        self._source = source
        self._goal = goal
        self._held: deque[tuple[float, bytes | None]] = deque()
        self._bytes = 0
        self._is_blocked = False
        self._timer: asyncio.TimerHandle | None = None

    def hold(self, data: bytes | None) -> None:
        """Take ``data`` in; ``None`` is the end of what the source says."""
        self._held.append((time.monotonic() + self._delay_s, data))
        self._bytes += len(data or b"")
        if self._bytes > _MOST_HELD:
            self._source.pause_reading()
        if len(self._held) == 1:
            self._wait()

    def block(self, *, is_blocked: bool) -> None:
        """The goal takes nothing for now, or takes it again."""
        self._is_blocked = is_blocked
        if not is_blocked:
            self._release()

    def _release(self) -> None:
        now = time.monotonic()
        while self._held and self._held[0][0] <= now and not self._is_blocked:
            self._pass_on(self._held.popleft()[1])
        self._wait()
        if self._bytes <= _MOST_HELD // 2 and not self._source.is_closing():
            self._source.resume_reading()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if self._held and not self._is_blocked:
            self._timer = self._loop.call_later(_in_whole_ms(self._held[0][0]), self._release)

    def _pass_on(self, data: bytes | None) -> None:
        if self._goal.is_closing():
            return
        if data is None:
            self._goal.close()
            return
        self._bytes -= len(data)
        self._goal.write(data)


def _in_whole_ms(due: float) -> float:
    """Seconds until ``due``, in whole milliseconds and never fewer.

    uvloop's clock counts in these, and stands still while something runs: where a timer rings early, one more is set.
    """
    return max(1, math.ceil((due - time.monotonic()) * 1000)) / 1000


class End(asyncio.Protocol):
    """One of the two ends of a connection through the proxy."""

    def __init__(self) -> None:
        self.onward: Way | None = None
        self.inward: Way | None = None
        self._early: list[bytes | None] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._take(data)

    def connection_lost(self, _: Exception | None) -> None:
        self._take(None)

    def join(self, onward: Way, inward: Way) -> None:
        """Both ends are there: pass on what came before."""
        self.onward, self.inward = onward, inward
        for data in self._early:
            onward.hold(data)

    def _take(self, data: bytes | None) -> None:
        if self.onward is None:
            self._early.append(data)
        else:
            self.onward.hold(data)

    def pause_writing(self) -> None:
        if self.inward is not None:
            self.inward.block(is_blocked=True)

    def resume_writing(self) -> None:
        if self.inward is not None:
            self.inward.block(is_blocked=False)


class Near(End):
    """The client's end: for each, a connection to the server is made."""

    def __init__(self, host: str, port: int, delay_s: float) -> None:
        super().__init__()
        self._goal = host, port
        self._delay_s = delay_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        try:
            far, _ = await asyncio.get_running_loop().create_connection(End, *self._goal)
        except OSError:
            self.transport.close()
            return
        there: Any = far.get_protocol()
        out, back = Way(self._delay_s, self.transport, far), Way(self._delay_s, far, self.transport)
        self.join(out, back)
        there.join(back, out)


async def serve(listen: int, host: str, port: int, delay_s: float) -> None:
    """Proxy until cancelled."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Near(host, port, delay_s), "127.0.0.1", listen, backlog=1024, reuse_address=True
    )
    await server.serve_forever()


@contextmanager
def far_away(port: int, folder: Path, delay_ms: float = 15, listen: int | None = None) -> Iterator[int]:
    """The port at which the server on ``port`` of this machine seems ``2 * delay_ms`` away; a process of its own.

    With ``listen`` it is that port.
    """
    folder.mkdir(parents=True, exist_ok=True)
    listen = listen or free_ports(1)[0]
    command = [sys.executable, "-m", "benchmarks.distance", "--listen", str(listen)]
    options = ["--to", f"127.0.0.1:{port}", "--delay-ms", str(delay_ms)]
    env = {"PYTHONPATH": str(Path(__file__).parents[1])}
    with running([*command, *options], folder=folder, ready=lambda: _listens(listen), env=env):
        yield listen


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    """Serve as the command line says."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--to", required=True, metavar="HOST:PORT", help="the server that is to be far away")
    options.add_argument("--listen", type=int, default=9001, help="port of 127.0.0.1 that clients talk to")
    options.add_argument("--delay-ms", type=float, default=15, help="how long a byte is held, each way")
    chosen = options.parse_args()
    host, _, port = chosen.to.rpartition(":")
    uvloop.run(serve(chosen.listen, host, int(port), chosen.delay_ms / 1000))


if __name__ == "__main__":
    main()
