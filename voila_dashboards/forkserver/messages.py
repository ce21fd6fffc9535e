"""What is said to the fork server and by it: one JSON object a packet, now and then with a descriptor.

* first, from the gateway: what `Setup` holds
* ``{"id", "do": "start", "kernel_id"}`` -> ``{"id", "pid"}`` and a pipe on which the kernel says how to reach it
* ``{"id", "do": "signal", "kernel_id", "signal"}`` -> ``{"id", "found"}``
* ``{"id", "do": "list"}`` -> ``{"id", "kernels": {kernel id: pid}}``
* ``{"id", "do": "adopt"}`` and a socket, from the gateway alone: whoever holds its other end may ask too
* ``{"ended": kernel id, "status"}``, to everybody, when a kernel is gone
* where something cannot be: ``{"id", "error": sentence}``

The sockets are pairs, made by the gateway and inherited: there is no address at which anybody else could connect.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

#: Longer than any message.
_LONGEST: Final = 1 << 16


@dataclass(frozen=True)
class Setup:
    """What the fork server is told at its start. No secret is in it: each kernel inherits what its parent knew."""

    #: Removed when the gateway has gone without doing so.
    runtime_folder: str
    #: Below it each kernel binds its sockets, in a folder of its own.
    sockets_folder: str
    #: Below it the gateway puts what a kernel may read, in a folder of the kernel's own.
    data_folder: str
    #: Where the gateway listens for kernels.
    gateway_socket: str
    most_kernels: int
    memory_bytes: int
    #: Users that kernels become, the last exclusive; None where they stay who the fork server is.
    uids: tuple[int, int] | None = None
    #: The group that may connect to a kernel's sockets where it has a user of its own: Voila's.
    reader_gid: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The setup as a message."""
        return asdict(self)

    @classmethod
    def from_json(cls, message: Mapping[str, Any]) -> Setup:
        """What `to_json` made."""
        uids = message["uids"]
        return cls(**{**message, "uids": None if uids is None else (uids[0], uids[1])})


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected sockets that keep packets apart and show each other's end."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(connection: socket.socket, message: Mapping[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send one message; raises `OSError` where the other side is gone."""
    socket.send_fds(connection, [json.dumps(message).encode()], list(descriptors))


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """One message and its descriptors; raises `EOFError` where the other side is gone."""
    try:
        packet, descriptors, _, _ = socket.recv_fds(connection, _LONGEST, 1)
    except ConnectionError as error:
        raise EOFError from error
    if not packet:
        raise EOFError
    message: dict[str, Any] = json.loads(packet)
    return message, descriptors
