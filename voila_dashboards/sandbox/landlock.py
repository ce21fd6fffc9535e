"""Landlock: a process gives up files, TCP, signals and abstract sockets, for itself and every later thread.

https://docs.kernel.org/userspace-api/landlock.html . It binds the calling thread and those it starts later: call
it while there is one. What a platform's version lacks is left out; `version` says which one it is.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntFlag
from pathlib import Path
from typing import Final

from voila_dashboards.sandbox.libc import syscall

# The same numbers on every architecture.
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446

_CREATE_RULESET_VERSION: Final = 1
_RULE_PATH_BENEATH: Final = 1


class FileAccess(IntFlag):
    """What may be done to files; names and bits are Linux's."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


READ: Final = FileAccess.READ_FILE | FileAccess.READ_DIR

_TCP: Final = 0b11  # bind, connect
_SCOPES: Final = 0b11  # abstract unix sockets, signals
#: From which version on Linux knows a right.
_TCP_SINCE: Final = 4
_SCOPES_SINCE: Final = 6
_FILES_SINCE: Final = {FileAccess.REFER: 2, FileAccess.TRUNCATE: 3, FileAccess.IOCTL_DEV: 5}


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def version() -> int:
    """The version of Landlock that this kernel speaks; 0 where it has none, or has it switched off."""
    try:
        return syscall(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    except OSError:
        return 0


def restrict_files(allowed: Mapping[Path, FileAccess]) -> None:
    """From now on only what stands in ``allowed`` can be done to files, each right below its folder."""
    handled = _known_file_access()
    with _ruleset(_Ruleset(files=handled)) as ruleset:
        for folder, access in allowed.items():
            _allow(ruleset, folder, access & handled)
        syscall(_RESTRICT_SELF, ruleset, 0)


def restrict_network() -> None:
    """From now on no TCP port can be bound or connected to; needs version 4."""
    with _ruleset(_Ruleset(network=_TCP)) as ruleset:
        syscall(_RESTRICT_SELF, ruleset, 0)


def restrict_scope() -> None:
    """From now on signals and abstract sockets end at this process; needs version 6."""
    with _ruleset(_Ruleset(scopes=_SCOPES)) as ruleset:
        syscall(_RESTRICT_SELF, ruleset, 0)


def has_network_rules() -> bool:
    """Whether `restrict_network` works here."""
    return version() >= _TCP_SINCE


def has_scopes() -> bool:
    """Whether `restrict_scope` works here."""
    return version() >= _SCOPES_SINCE


def _known_file_access() -> int:
    spoken = version()
    return sum(access for access in FileAccess if _FILES_SINCE.get(access, 1) <= spoken)


@contextmanager
def _ruleset(attributes: _Ruleset) -> Iterator[int]:
    ruleset = syscall(_CREATE_RULESET, ctypes.byref(attributes), _size_of_attributes(), 0)
    try:
        yield ruleset
    finally:
        os.close(ruleset)


def _size_of_attributes() -> int:
    """An older kernel refuses the fields it does not know."""
    spoken = version()
    return 8 if spoken < _TCP_SINCE else 16 if spoken < _SCOPES_SINCE else 24


def _allow(ruleset: int, folder: Path, access: int) -> None:
    descriptor = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(access, descriptor)
        syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)
