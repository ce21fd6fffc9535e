"""A server that a test starts: on a free port of 127.0.0.1, gone when the test process is gone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Final

START_TIMEOUT_S: Final = 100.0
#: Below those that a system gives out by itself (Linux from 32768 on, others from 49152), above those a browser shuns.
_PORTS: Final = range(20_000, 32_000)
_BLOCK: Final = 200

#: Holds the server on a leash: when the test process ends, however it ends, its end of the pipe closes.
_LEASH: Final = """
import os, subprocess, sys, threading
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
threading.Thread(target=lambda: (os.read(0, 1), server.kill()), daemon=True).start()
os._exit(server.wait() and 1)
"""


class ServerDidNotStart(Exception):
    def __init__(self, name: str, why: str, log: Path) -> None:
        tail = log.read_text(errors="replace")[-4000:]
        super().__init__(f"{name} did not start: {why}. The end of what it said:\n{tail}")


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on and nobody else is given, all different.

    A port that the system chose is free only until the next socket anywhere is given it: a server takes seconds to
    start, and meanwhile the other worker's servers, and every connection out of this machine, ask the system for one.
    """
    return list(islice(_ports_of(os.getpid()), count))


@cache
def _ports_of(_process_id: int) -> Iterator[int]:
    """Free ports of a block that no other process takes, as long as this one lives; the oldest come again last."""
    for first in _firsts_from(os.getpid()):
        if (held := _bound(first)) is not None:
            return _free_of(range(first + 1, first + _BLOCK), held)
    raise OSError("no block of ports is free")


def _firsts_from(number: int) -> list[int]:
    firsts = list(_PORTS[::_BLOCK])
    start = number % len(firsts)
    return firsts[start:] + firsts[:start]


def _free_of(ports: range, held: socket.socket) -> Iterator[int]:
    with held:
        for port in cycle(ports):
            if (probe := _bound(port)) is not None:
                probe.close()
                yield port


def _bound(port: int) -> socket.socket | None:
    """A socket that has the port; None where another has it."""
    probe = socket.socket()
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        probe.close()
        return None
    return probe


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    folder: Path,
    ready: Callable[[], bool],
    env: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """The server while the block runs; it works in ``folder`` and writes ``server.log`` there.

    ``ready`` is asked until it says True. Raises ServerDidNotStart with what the server said.
    """
    name, log = Path(command[0]).name, folder / "server.log"
    with log.open("wb") as output:
        leash = subprocess.Popen(
            [sys.executable, "-c", _LEASH, *map(str, command)],
            cwd=folder,
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is for the tests, which then stop the server
        )
    try:
        _wait(leash, ready, name, log)
        yield
    finally:
        leash.communicate()


def _wait(leash: subprocess.Popen[bytes], ready: Callable[[], bool], name: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not ready():
        if leash.poll() is not None:
            raise ServerDidNotStart(name, "it stopped by itself", log)
        if time.monotonic() > deadline:
            raise ServerDidNotStart(name, f"it was not ready after {START_TIMEOUT_S:.0f} s", log)
        time.sleep(0.05)
