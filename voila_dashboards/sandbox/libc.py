"""System calls that Python has no function for."""

from __future__ import annotations

import ctypes
import os
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.prctl.restype = ctypes.c_int


def syscall(number: int, *arguments: Any) -> int:
    """What the call returned; raises `OSError` with its errno."""
    return _checked(_libc.syscall(ctypes.c_long(number), *map(_as_word, arguments)))


def prctl(option: int, *arguments: int) -> int:
    """``prctl(2)``; raises `OSError`."""
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return _checked(_libc.prctl(ctypes.c_int(option), *(ctypes.c_ulong(word) for word in padded)))


def _as_word(argument: Any) -> Any:
    """Integers would be passed as 32 bits, of which a variadic function reads 64."""
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
