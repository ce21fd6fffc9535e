"""The layers of a kernel's sandbox, in the order in which they are put on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from voila_dashboards.sandbox import landlock, process, seccomp
from voila_dashboards.sandbox.errors import LayerFailed
from voila_dashboards.sandbox.landlock import READ, FileAccess
from voila_dashboards.sandbox.limits import Limits, limit_resources
from voila_dashboards.sandbox.verify import verify


@dataclass(frozen=True)
class Account:
    """A user and group of the operating system that nobody else has."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Reach:
    """What is left to a sealed process."""

    #: Folders of code: to read, not to run.
    code: tuple[Path, ...]
    #: Where it binds its sockets; it may make and remove sockets there and nothing else.
    sockets: Path
    #: The process whose end is this one's end.
    parent: int
    #: Where the gateway puts what it may read; None where there is nothing.
    data: Path | None = None
    #: Whom it becomes; None to stay who it is.
    account: Account | None = None
    limits: Limits = field(default_factory=Limits)


def _put_on_files(reach: Reach) -> None:
    allowed = dict.fromkeys(reach.code, READ)
    allowed[reach.sockets] = FileAccess.MAKE_SOCK | FileAccess.REMOVE_FILE
    if reach.data is not None:
        allowed[reach.data] = FileAccess.READ_FILE
    landlock.restrict_files(allowed)


def _put_on_account(reach: Reach) -> None:
    process.shrink_bounding_set()
    if reach.account is not None:
        process.become(reach.account.uid, reach.account.gid)


@dataclass(frozen=True)
class _Layer:
    name: str
    is_available: Callable[[], bool]
    put_on: Callable[[Reach], None]
    #: What is not promised without it.
    lacking: str


def _is_linux() -> bool:
    return sys.platform == "linux"


_LAYERS: Final = (
    _Layer(
        "limits",
        _is_linux,
        lambda reach: limit_resources(reach.limits, has_own_user=reach.account is not None),
        "memory, processor time and descriptors of a kernel are not bounded",
    ),
    _Layer(
        "no_new_privileges",
        _is_linux,
        lambda _reach: process.forbid_new_privileges(),
        "a program with the set-user-ID bit would give a kernel that was taken over its rights",
    ),
    # Before the user changes: the folders are opened once, also those that only root can reach.
    _Layer(
        "files",
        lambda: _is_linux() and landlock.version() > 0,
        _put_on_files,
        "a kernel that was taken over reads every file that its user may read",
    ),
    _Layer(
        "account",
        lambda: _is_linux() and process.may_change_user(),
        _put_on_account,
        "all kernels run as one user: what keeps them apart are the other layers alone",
    ),
    # After the user changed, which undoes it.
    _Layer(
        "parent",
        _is_linux,
        lambda reach: process.end_with_parent(reach.parent),
        "a kernel may go on when what started it has ended",
    ),
    _Layer(
        "capabilities",
        _is_linux,
        lambda _reach: process.drop_capabilities(),
        "a kernel keeps the capabilities it was started with",
    ),
    _Layer(
        "hidden_memory",
        _is_linux,
        lambda _reach: process.hide_memory(),
        "other processes of its user may look into a kernel's memory",
    ),
    _Layer(
        "tcp",
        lambda: _is_linux() and landlock.has_network_rules(),
        lambda _reach: landlock.restrict_network(),
        "Landlock does not keep a kernel from TCP (Linux 6.7); the filter of system calls does where there is one",
    ),
    _Layer(
        "scope",
        lambda: _is_linux() and landlock.has_scopes(),
        lambda _reach: landlock.restrict_scope(),
        "Landlock does not keep a kernel's signals to itself (Linux 6.12); the filter of system calls does, "
        "where there is one",
    ),
    _Layer(
        "system_calls",
        lambda: _is_linux() and seccomp.is_available(),
        lambda _reach: seccomp.filter_system_calls(os.getpid()),
        "a kernel that was taken over may use the network, run programs and send signals to others of its user",
    ),
)
#: `close_sockets`, the last layer.
_SOCKETS: Final = "sockets"
#: The name of each layer.
LAYERS: Final = (*(layer.name for layer in _LAYERS), _SOCKETS)


def seal(reach: Reach, *, without: Collection[str] = ()) -> frozenset[str]:
    """Give up everything but ``reach``, and return the layers that now hold.

    Call it while this process has one thread. ``without`` names layers to leave out: for tests of the others.
    Raises `SandboxError` where a layer that this platform has does not hold: the process must then end.
    """
    active = frozenset(layer.name for layer in _LAYERS if layer.name not in without and _put_on(layer, reach))
    verify(active, reach.account.uid if reach.account is not None else None)
    return active


def close_sockets(*, without: Collection[str] = ()) -> frozenset[str]:
    """Let no thread of this process make, connect or bind a socket any more; the layers that now hold."""
    if _SOCKETS in without or not (_is_linux() and seccomp.is_available()):
        return frozenset()
    try:
        seccomp.close_the_network()
    except OSError as error:
        raise LayerFailed(_SOCKETS, error) from error
    verify({_SOCKETS}, None)
    return frozenset({_SOCKETS})


def available_layers() -> frozenset[str]:
    """The layers that this platform has, for the user that asks."""
    sockets = {_SOCKETS} if _is_linux() and seccomp.is_available() else set()
    return frozenset({layer.name for layer in _LAYERS if layer.is_available()} | sockets)


def describe_platform() -> tuple[str, ...]:
    """A sentence for each layer that this platform lacks: what is then not promised. Empty where all hold."""
    return tuple(
        f"The sandbox of the pages' kernels lacks its layer {layer.name!r} here: {layer.lacking}."
        for layer in _LAYERS
        if not layer.is_available()
    )


def _put_on(layer: _Layer, reach: Reach) -> bool:
    if not layer.is_available():
        return False
    try:
        layer.put_on(reach)
    except OSError as error:
        raise LayerFailed(layer.name, error) from error
    return True
