"""The kernel's side of its one connection to the gateway: opened before the kernel was sealed, kept for life.

What the gateway sends is believed; nothing that a page or a log says can be sent to it but the four questions here.
"""

from __future__ import annotations

import fcntl
import os
import resource
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from voila_dashboards.framing import HEAD, MOST_DESCRIPTORS, BadFrame, decode, encode, read_length
from voila_dashboards.kernel.errors import NoAdmission, PageError, StoreSilent, VisitEnded

#: Longer than the gateway may need to read a trace from a distant store.
_ANSWER_TIMEOUT_S: Final = 60.0
#: Descriptors of files are moved up here, each to a number of its own: DuckDB remembers what it read by path, which
#: is the number, so that a number is only used again after all others.
_FIRST_DESCRIPTOR: Final = 64
_ERRORS: Final[dict[str, type[PageError]]] = {
    "visit_ended": VisitEnded,
    "store_unavailable": StoreSilent,
}


@dataclass(frozen=True)
class OpenFiles:
    """A snapshot as a kernel gets it: names of its files, descriptors of those that are new, and how old it is."""

    names: tuple[str, ...]
    opened: Mapping[str, int]
    as_of_ms: int
    is_current: bool
    #: Derived tables that lack rows of logs which the ETL has taken in.
    behind: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Admission:
    """Who looks, at what, and the first snapshot."""

    viewer: Mapping[str, Any]
    page: str
    params: Mapping[str, str]
    snapshot: OpenFiles
    snapshot_max_age_s: float


class GatewayConnection:
    """Asks the gateway; one question at a time."""

    def __init__(self, connected: socket.socket, kernel_id: str, folder: str = "") -> None:
        self._socket = connected
        self._kernel_id = kernel_id
        self._folder = folder
        self._next_descriptor = _FIRST_DESCRIPTOR

    def wait_for_admission(self, page: str, comm_id: str) -> Admission:
        """Say that this kernel is ready to show ``page``, and wait until a visitor comes.

        Raises `NoAdmission` where the visitor is gone already, or the gateway is.
        """
        self._send(
            {
                "say": "waiting",
                "kernel_id": self._kernel_id,
                "page": page,
                "comm_id": comm_id,
                "folder": self._folder,
            }
        )
        self._socket.settimeout(None)
        try:
            message, descriptors = self._receive()
        except StoreSilent as error:
            raise NoAdmission from error
        admitted = message.get("admit")
        if not isinstance(admitted, dict):
            raise NoAdmission
        return Admission(
            admitted["viewer"],
            admitted["page"],
            admitted["params"],
            self._read_snapshot(admitted["snapshot"], descriptors),
            admitted["snapshot_max_age_s"],
        )

    def renew(self, have: Collection[str], parts: Collection[str] = ()) -> OpenFiles:
        """A snapshot as of now, with descriptors of what is not in ``have``, and with these derived tables.

        Raises `VisitEnded`, `StoreSilent`.
        """
        message, descriptors = self._ask({"ask": "snapshot", "have": sorted(have), "parts": sorted(parts)})
        return self._read_snapshot(message["snapshot"], descriptors)

    def trace(self, client_id: str, month: str, log_id: str, executed_at_ms: int) -> bytes | None:
        """The JSON of one log's trace; None where it has none. Raises `VisitEnded`, `StoreSilent`."""
        wanted = {
            "client_id": client_id,
            "month": month,
            "log_id": log_id,
            "executed_at_ms": executed_at_ms,
        }
        message, _ = self._ask({"ask": "trace", **wanted})
        length = message.get("payload_bytes")
        return self._receive_exactly(length) if isinstance(length, int) else None

    def client(self, client_id: str) -> dict[str, Any] | None:
        """What was set for a client, shaped as `ClientFacts`; None for one of another scope.

        Raises `VisitEnded`, `StoreSilent`.
        """
        message, _ = self._ask({"ask": "client", "client_id": client_id})
        facts = message.get("client")
        return facts if isinstance(facts, dict) else None

    def _ask(self, question: Mapping[str, Any]) -> tuple[dict[str, Any], list[int]]:
        self._socket.settimeout(_ANSWER_TIMEOUT_S)
        self._send(question)
        message, descriptors = self._receive()
        if "error" in message:
            raise _ERRORS.get(message["error"], VisitEnded)
        return message, descriptors

    def _send(self, message: Mapping[str, Any]) -> None:
        body = encode(message)
        try:
            self._socket.sendall(HEAD.pack(len(body)) + body)
        except OSError as error:
            raise VisitEnded from error

    def _receive(self) -> tuple[dict[str, Any], list[int]]:
        """The next message, and every descriptor that came up to its end."""
        found: list[int] = []
        while True:
            try:
                head, descriptors, _, _ = socket.recv_fds(self._socket, HEAD.size, MOST_DESCRIPTORS)
                found += descriptors
                head += self._receive_exactly(HEAD.size - len(head)) if 0 < len(head) < HEAD.size else b""
                message = decode(self._receive_exactly(read_length(head)))
            except TimeoutError as error:
                raise StoreSilent from error
            except (OSError, BadFrame) as error:
                raise VisitEnded from error
            if "more_descriptors" not in message:
                return message, found

    def _receive_exactly(self, length: int) -> bytes:
        pieces, missing = [], length
        while missing:
            piece = self._socket.recv(min(missing, 1 << 20))
            if not piece:
                raise BadFrame
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def _read_snapshot(self, told: Mapping[str, Any], descriptors: list[int]) -> OpenFiles:
        moved = [self._move(descriptor) for descriptor in descriptors]
        opened = dict(zip(told["opened"], moved, strict=True))
        behind = frozenset(told.get("behind", ()))
        return OpenFiles(tuple(told["names"]), opened, told["as_of_ms"], told["is_current"], behind)

    def _move(self, descriptor: int) -> int:
        """The same file under the next number in turn."""
        end = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 4096)
        if self._next_descriptor >= end:
            self._next_descriptor = _FIRST_DESCRIPTOR
        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, self._next_descriptor)
        os.close(descriptor)
        self._next_descriptor = moved + 1
        return moved


_adopted: list[GatewayConnection] = []


def adopt(connected: socket.socket, kernel_id: str, folder: str = "") -> None:
    """From now on this process is a page's kernel: `show` asks over ``connected``.

    ``folder`` is where the gateway may put this kernel's files for the moment in which it opens them.
    """
    _adopted[:] = [GatewayConnection(connected, kernel_id, folder)]


def adopted() -> GatewayConnection | None:
    """The connection that was adopted; None in stock Voila and in JupyterLab."""
    return _adopted[0] if _adopted else None
