"""The way of a forked process to a sealed kernel. The order matters: what is shut too early cannot be opened."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from IPython.core.profiledir import ProfileDir

from voila_dashboards.forkserver.app import SealedKernelApp
from voila_dashboards.forkserver.folders import Folders, make_folders
from voila_dashboards.forkserver.messages import Setup
from voila_dashboards.sandbox import Account, Limits, Reach, close_sockets, seal
from voila_dashboards.sandbox.code_folders import python_folders

_STANDARD_STREAMS: Final = 3
_FAILED: Final = 70
#: What the kernel may not be told to be silent about.
_DEFAULT_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


@dataclass(frozen=True)
class Room:
    """What runs in a kernel, as the fork server needs to know it."""

    #: Folders of packages that a kernel imports from, beside Python's own.
    packages: tuple[Path, ...]
    #: An empty profile of IPython.
    profile: ProfileDir
    #: Takes the kernel's connection to the gateway, the kernel's id and the name of its data folder.
    adopt: Callable[[socket.socket, str, str], None]
    #: Does what is slow the first time, once for all kernels, in their parent: it must start no thread.
    open: Callable[[], None]
    #: What is left to do in each kernel; called once it is sealed, with the folder whose files it may read.
    prepare: Callable[[Path], None]


@dataclass(frozen=True)
class Order:
    """One kernel to be: who it is, whom it becomes, and the pipes on which it says how to connect and what failed."""

    kernel_id: str
    account: Account | None
    ready: int
    errors: int


def run_kernel(setup: Setup, room: Room, order: Order) -> NoReturn:
    """Be a kernel, from the fork to the end. Where a layer of the sandbox does not hold, the process ends instead."""
    status = _FAILED
    try:
        _stand_alone(order)
        _serve(setup, room, order)
        status = 0
    except SystemExit:
        status = 0
    except BaseException:  # noqa: BLE001 - whatever it is, nothing of the parent's may run on
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(status)


def _stand_alone(order: Order) -> None:
    """Let go of everything the parent had: its descriptors, its handlers, its random numbers."""
    os.dup2(order.errors, 1)
    os.dup2(order.errors, 2)
    _close_all_but({order.ready})
    os.setsid()
    os.umask(0o007)
    for number in _DEFAULT_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    random.seed()


def _serve(setup: Setup, room: Room, order: Order) -> None:
    folders = make_folders(setup, order.account)
    # names are made with it, files never; left to itself, it looks for one that it may write to
    tempfile.tempdir = str(folders.sockets)
    room.adopt(_connect(setup.gateway_socket), order.kernel_id, folders.data.name)

    layers = seal(_reach(setup, room, folders, order.account))
    app = SealedKernelApp.instance(folder=folders.sockets, profile_dir=room.profile)
    app.initialize([])  # type: ignore[no-untyped-call]
    app.wait_until_bound()
    layers |= close_sockets()
    room.prepare(folders.data)

    _report(order.ready, {"connection": app.how_to_connect(), "layers": sorted(layers)})
    app.start()  # type: ignore[no-untyped-call]


def _reach(setup: Setup, room: Room, folders: Folders, account: Account | None) -> Reach:
    return Reach(
        code=(*python_folders(), *room.packages),
        sockets=folders.sockets,
        parent=os.getppid(),
        data=folders.data,
        account=account,
        limits=Limits(memory_bytes=setup.memory_bytes),
    )


def _connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(path)
    return connection


def _report(pipe: int, message: object) -> None:
    os.write(pipe, json.dumps(message).encode())
    os.close(pipe)


def _close_all_but(kept: Iterable[int]) -> None:
    low = _STANDARD_STREAMS
    for descriptor in sorted(kept):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))
