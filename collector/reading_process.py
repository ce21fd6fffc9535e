"""Large bodies are read in a process of their own, so that nobody waits for another's: both ends of it.

To read a body of many MB takes up to some tenths of a second, in which Python runs little else in the same process.
The other one is told no secret and inherits no environment; it keeps nothing, ends with the collector, and is started
again where it was killed. It reads one body at a time, and yields the processor to the collector.

A message is its size and that of what is attached, and then both.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import weakref
from itertools import accumulate
from typing import Final

import msgspec

from collector.body import Sent
from collector.errors import STATUS, CollectorError, FieldError, Overloaded, Unexpected
from collector.intake import ReceivedLines, ReceivedLog
from collector.reading import Reading, read_body
from collector.turns import Turns
from serving.allocation import give_back_large_blocks
from serving.service_log import describe_defect

logger = logging.getLogger(__name__)

#: Reading the largest body takes a second; who takes longer is not going to answer.
_TIMEOUT: Final = struct.pack("@ll", 30, 0)  # a timeval: 30 s
_NICENESS: Final = 5
_SIZES: Final = struct.Struct("<QQ")


class _Answer(msgspec.Struct):
    """What was read, less the lines, which are attached; only their ``sizes`` in bytes are in it.

    ``error`` is the code of what was raised instead, ``defect`` describes an error of our own.
    """

    log_ids: list[str] = []
    sizes: list[int] = []
    refused_lines: list[int] = []
    fields: list[FieldError] = []
    error: str = ""
    message: str = ""
    defect: str = ""


_BY_CODE: Final = {kind.code: kind for kind in STATUS}

_encode = msgspec.msgpack.Encoder().encode
_as_reading = msgspec.msgpack.Decoder(Reading).decode
_as_answer = msgspec.msgpack.Decoder(_Answer).decode


class ReadingProcess:
    """The process as its owner sees it; started when it is first needed.

    Whoever has a body read has taken one of ``turns``: what waits can be given up.
    """

    def __init__(self, retry_after_s: int) -> None:
        self._retry_after_s = retry_after_s
        self.turns = Turns()
        self._lock = threading.Lock()  # of the thread that asks, which nobody can call back
        self._child: _Child | None = None

    async def read(self, sent: Sent, how: Reading) -> ReceivedLines:
        """As `read_body`; raises `Overloaded` too, where the process came to an end meanwhile."""
        answer, lines = await asyncio.to_thread(self._ask, sent, how)
        if answer.defect:
            logger.error("Reading a large body: %s", answer.defect)
            raise Unexpected
        if answer.error:
            raise _restored(answer)
        ends = accumulate(answer.sizes)
        logs = [
            ReceivedLog(log_id, lines[end - size : end])
            for log_id, size, end in zip(answer.log_ids, answer.sizes, ends, strict=True)
        ]
        return ReceivedLines(logs, answer.refused_lines, answer.fields)

    def close(self) -> None:
        """End the process at once, whatever it reads."""
        if (child := self._child) is not None:
            child.kill()
        with self._lock:
            self._end()

    def _ask(self, sent: Sent, how: Reading) -> tuple[_Answer, bytes]:
        with self._lock:
            try:
                if self._child is None or not self._child.is_alive():
                    self._end()
                    self._child = _Child()
                return self._child.ask(sent, how)
            except OSError as error:  # it was killed, by the system where that is out of memory, or hangs
                logger.error("The process that reads large bodies is gone: %s", describe_defect(error))  # noqa: TRY400
                self._end()
                raise Overloaded(self._retry_after_s) from None

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


def _restored(answer: _Answer) -> CollectorError:
    """The error that was raised; none of those that bodies raise has headers of its own."""
    kind = _BY_CODE[answer.error]
    error = kind.__new__(kind, answer.message)
    error.fields = answer.fields
    return error


class _Child:
    """One process and our end of the connection to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                [sys.executable, "-P", "-m", __name__, str(theirs.fileno())],
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONNOUSERSITE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            # The system's timeout, not Python's, so that all of a message is received by one call.
            ours.setsockopt(socket.SOL_SOCKET, way, _TIMEOUT)
        self._connection = ours
        self.end = weakref.finalize(self, _end, self._process, ours)

    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process; who waits for its answer hears that there is none."""
        self._process.kill()  # it keeps nothing

    def ask(self, sent: Sent, how: Reading) -> tuple[_Answer, bytes]:
        """Its answer and the lines that were read; raises `OSError` where there is none."""
        _send(self._connection, _encode(how), sent)
        answer, lines = _receive(self._connection)
        return _as_answer(answer), lines


def _end(process: subprocess.Popen[bytes], connection: socket.socket) -> None:
    process.kill()
    process.wait()
    connection.close()


# ---------------------------------------------------------------- the process itself


def main(connection: socket.socket) -> None:
    """Read what is sent through ``connection`` until its other end is closed."""
    for stop in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # meant for the collector, which answers first what it was sent
        signal.signal(stop, signal.SIG_IGN)
    os.nice(_NICENESS)
    give_back_large_blocks()
    gc.freeze()
    try:
        while True:
            how, sent = _receive(connection)
            answer, lines = _read(sent, _as_reading(how))
            _send(connection, _encode(answer), lines)
            del sent, lines  # before the next body
    except ConnectionError:
        return


def _read(sent: bytes, how: Reading) -> tuple[_Answer, bytes]:
    try:
        found = read_body(sent, how)
    except CollectorError as error:
        return _Answer(error=error.code, message=str(error), fields=list(error.fields)), b""
    except Exception as error:  # noqa: BLE001  # the process goes on, and whoever asked is told
        return _Answer(defect=describe_defect(error)), b""
    lines = [log.line for log in found.logs]
    ids = [log.log_id for log in found.logs]
    return _Answer(ids, [*map(len, lines)], found.refused_lines, found.fields), b"".join(lines)


# ---------------------------------------------------------------- messages


def _send(connection: socket.socket, message: bytes, attached: Sent = b"") -> None:
    connection.sendall(_SIZES.pack(len(message), len(attached)) + message)
    connection.sendall(attached)


def _receive(connection: socket.socket) -> tuple[bytes, bytes]:
    """A message and what is attached; raises `ConnectionError` where the other end is closed."""
    size, attached = _SIZES.unpack(_receive_exactly(connection, _SIZES.size))
    return _receive_exactly(connection, size), _receive_exactly(connection, attached)


def _receive_exactly(connection: socket.socket, size: int) -> bytes:
    found = connection.recv(size, socket.MSG_WAITALL)
    while len(found) < size:
        more = connection.recv(size - len(found), socket.MSG_WAITALL)
        if not more:
            raise ConnectionError("the other end is closed")
        found += more
    return found


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
