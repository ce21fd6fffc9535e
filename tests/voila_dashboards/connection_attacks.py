"""What a kernel that was taken over tries on its connection to the gateway. The text of this file is executed there.

``FACTS`` stands before it: the viewer's own client, questions for one trace of it and for one of another client,
and the sibling that shows the other client's page.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import stat
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from voila_dashboards.framing import HEAD, MAX_MESSAGE_BYTES, encode
from voila_dashboards.kernel.connection import GatewayConnection, adopted
from voila_dashboards.kernel.showing import open_reader

FACTS: dict[str, Any] = globals().get("FACTS", {})  # set by whoever runs this text
NUMBERS = count(500)
OWN, OTHER, SIBLING = FACTS.get("own", {}), FACTS.get("other", {}), FACTS.get("sibling", {})


class Refused(Exception):
    """What the attack was after did not come."""


def connection() -> GatewayConnection:
    found = adopted()
    assert found is not None
    return found


def ask(question: dict[str, Any], descriptors: Sequence[int] = ()) -> tuple[dict[str, Any], list[int]]:
    body = encode(question)
    if descriptors:
        socket.send_fds(connection()._socket, [HEAD.pack(len(body)) + body], descriptors)
    else:
        connection()._socket.sendall(HEAD.pack(len(body)) + body)
    return connection()._receive()


def trace(question: dict[str, Any], descriptors: Sequence[int] = ()) -> str:
    message, _ = ask({"ask": "trace", **question}, descriptors)
    length = message.get("payload_bytes")
    if length is None:
        raise Refused
    return connection()._receive_exactly(length).decode()


def clients_of(descriptor: int) -> set[str]:
    # under a number of its own: DuckDB remembers what it read by the number, and no second DuckDB starts here
    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, next(NUMBERS))
    query = f"SELECT DISTINCT client_id FROM read_parquet('/proc/self/fd/{copy}')"
    try:
        return {client_id for (client_id,) in open_reader().connection.execute(query).fetchall()}
    finally:
        os.close(copy)


def snapshot(**more: object) -> list[str]:
    """The clients whose rows come; that they are the viewer's own is no success."""
    message, descriptors = ask({"ask": "snapshot", "have": [], "parts": [], **more})
    if "error" in message:
        raise Refused
    clients: set[str] = set()
    for descriptor in descriptors:
        clients |= clients_of(descriptor)
        os.close(descriptor)
    if clients <= {OWN["client_id"]}:
        raise Refused
    return sorted(clients)


def many_snapshots() -> object:
    for _ in range(50):
        try:
            return snapshot()
        except Refused:
            pass
    raise Refused


def what_descriptors_hold() -> object:
    """Every file among this process's descriptors: rows of the viewer's own client are no success."""
    found: list[object] = []
    for number in range(3, 500):
        try:
            about = os.fstat(number)
        except OSError:
            continue
        if stat.S_ISDIR(about.st_mode):
            found.append(f"the folder {number}")
        if stat.S_ISREG(about.st_mode):
            found += sorted(clients_of(number) - {OWN["client_id"]})
    if not found:
        raise Refused
    return found


GENTLE: dict[str, Callable[[], object]] = {
    "a trace of another client": lambda: trace(OTHER),
    "descriptors for the gateway": lambda: trace(OWN, (0, 1, 2)),
    "the same, for everybody": lambda: trace(
        {**OTHER, "scope": "all", "clients": None, "viewer": {"clients": None}}
    ),
    "another client's log, as one's own": lambda: trace({**OTHER, "client_id": OWN["client_id"]}),
    "a month that leads elsewhere": lambda: trace(
        {
            **OTHER,
            "client_id": OWN["client_id"],
            "month": f"../client_id={OTHER['client_id']}/month={OTHER['month']}",
        }
    ),
    **{
        f"a trace of client {name!r}": lambda name=name: trace({**OTHER, "client_id": name})  # type: ignore[misc]
        for name in (
            "",
            "*",
            "%",
            "all",
            f"{OWN.get('client_id')}/../{OTHER.get('client_id')}",
            "ACME",
            "acme\0",
        )
    },
    "a time that no calendar has": lambda: trace({**OTHER, "executed_at_ms": 10**300}),
    "everybody's files": lambda: snapshot(scope="all", clients=None, viewer={"clients": None}),
    "the sibling's files": lambda: snapshot(
        scope=f"one-{OTHER['client_id']}", kernel_id=SIBLING["kernel_id"]
    ),
    "files into the sibling's folder": lambda: snapshot(folder=SIBLING["folder"]),
    "a forged list of what one has": lambda: snapshot(
        have=["../../control/users/pat.json", "/etc/passwd", *SIBLING["files"], 5, None, {}, ["x"]]
    ),
    "derived tables of elsewhere": lambda: snapshot(
        parts=[
            "errors",
            "../../control",
            f"../client_id={OTHER['client_id']}",
            "/etc",
            "",
            5,
            None,
            {},
            ["x"],
        ]
    ),
    "fifty snapshots": many_snapshots,
    "what its descriptors hold": what_descriptors_hold,
}


def frame(body: bytes) -> bytes:
    return HEAD.pack(len(body)) + body


def message(**said: object) -> bytes:
    return frame(json.dumps(said).encode())


#: Each ends the connection, so each needs a kernel of its own.
ROUGH: dict[str, Callable[[], bytes]] = {
    "a second waiting, as the sibling": lambda: message(
        say="waiting", page="ticket", comm_id="c0" * 16, **{k: SIBLING[k] for k in ("kernel_id", "folder")}
    ),
    "an admission of the gateway's": lambda: message(admit={"viewer": {"name": "pat", "clients": None}}),
    "an endless frame": lambda: HEAD.pack(2**32 - 1) + b"x" * 100_000,
    "a frame one byte too long": lambda: HEAD.pack(MAX_MESSAGE_BYTES + 1),
    "an empty frame": lambda: HEAD.pack(0),
    "no JSON": lambda: frame(b"\xff" * 100),
    "JSON too deep to read": lambda: frame(b"[" * 200_000),
    "a number of 5,000 digits": lambda: frame(b'{"ask": "trace", "executed_at_ms": ' + b"9" * 5000 + b"}"),
    "wrong types": lambda: message(ask="trace", client_id=[], month={}, log_id=None, executed_at_ms="x"),
    "half an emoji": lambda: message(ask="trace", **{**OWN, "log_id": "\ud83d"}),
    "half a frame": lambda: HEAD.pack(100) + b"{",
}


def rough(name: str) -> object:
    """What the gateway answers; that it ends the connection, or says that there is nothing, is no success."""
    link = connection()._socket
    link.settimeout(60)
    try:
        link.sendall(ROUGH[name]())
        if name.startswith("half a frame"):
            link.shutdown(socket.SHUT_WR)
        head = link.recv(HEAD.size)
        answer = json.loads(connection()._receive_exactly(HEAD.unpack(head)[0])) if head else {}
    except ConnectionError:
        raise Refused from None
    if answer in ({}, {"payload_bytes": None}):
        raise Refused
    return answer


def outcome(act: Callable[[], object]) -> str:
    try:
        got = act()
    except (Refused, PermissionError):  # the gateway has nothing for it, or the kernel may not even ask
        return "refused"
    except Exception as error:  # noqa: BLE001 - a mistake of the attack's is none of the gateway's refusals
        return f"failed: {error!r}"
    return f"WORKED: {got!r}"[:500]


def attack_gently() -> None:
    print(json.dumps({name: outcome(act) for name, act in GENTLE.items()}))


def attack_roughly(name: str) -> None:
    print(json.dumps({name: outcome(lambda: rough(name))}))
