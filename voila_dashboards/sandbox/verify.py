"""A sealed process tries what it has just given up: a layer that only seems to hold must not pass."""

from __future__ import annotations

import errno
import os
import resource
import socket
from collections.abc import Callable, Collection, Mapping
from typing import Final

from voila_dashboards.sandbox import process
from voila_dashboards.sandbox.errors import NotSealed
from voila_dashboards.sandbox.libc import syscall
from voila_dashboards.sandbox.syscalls import number_of

_REFUSED: Final = frozenset({errno.EPERM, errno.EACCES})


def verify(active: Collection[str], uid: int | None) -> None:
    """Try what each active layer forbids; raises `NotSealed` at the first thing that works."""
    for layer, attempts in _ATTEMPTS.items():
        if layer in active:
            for what, works in attempts.items():
                if works():
                    raise NotSealed(what)
    if "account" in active and uid is not None and {*os.getresuid(), *os.getgroups()} - {uid}:
        raise NotSealed("act as the user it was started by")


def _is_refused(attempt: Callable[[], object]) -> bool:
    """Whether ``attempt`` fails for lack of a right, and for no other reason."""
    try:
        attempt()
    except OSError as error:
        return error.errno in _REFUSED
    return False


def _reads_root() -> bool:
    return not _is_refused(lambda: os.close(os.open("/", os.O_RDONLY | os.O_DIRECTORY)))


def _reads_proc() -> bool:
    return not _is_refused(lambda: os.close(os.open("/proc/self/environ", os.O_RDONLY)))


def _makes_internet_sockets() -> bool:
    return not _is_refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close())


def _binds_tcp() -> bool:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            return not _is_refused(lambda: probe.bind(("127.0.0.1", 0)))
    except OSError:
        return False  # there is no such socket in the first place


def _makes_local_sockets() -> bool:
    return not _is_refused(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close())


def _signals_its_parent() -> bool:
    return not _is_refused(lambda: os.kill(os.getppid(), 0))


def _runs_programs() -> bool:
    number = number_of("execveat")
    return number is not None and not _is_refused(lambda: syscall(number, -1, None, None, None, 0))


_ATTEMPTS: Final[Mapping[str, Mapping[str, Callable[[], bool]]]] = {
    "limits": {"write its memory to disk": lambda: resource.getrlimit(resource.RLIMIT_CORE)[1] != 0},
    "no_new_privileges": {"gain privileges": process.may_gain_privileges},
    "files": {"list the root folder": _reads_root, "read its environment": _reads_proc},
    "parent": {"outlive its parent": lambda: not process.ends_with_parent()},
    "capabilities": {"use a capability": lambda: process.held_capabilities() != 0},
    "hidden_memory": {"be looked into": lambda: not process.is_memory_hidden()},
    "tcp": {"bind a TCP port": _binds_tcp},
    "scope": {"send its parent a signal": _signals_its_parent},
    "system_calls": {
        "make internet sockets": _makes_internet_sockets,
        "send its parent a signal": _signals_its_parent,
        "run a program": _runs_programs,
    },
    "sockets": {"make a socket": _makes_local_sockets},
}
