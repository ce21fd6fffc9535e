"""How the C library's allocator treats what large bodies leave behind."""

from __future__ import annotations

import ctypes
from typing import Final

#: Of https://man7.org/linux/man-pages/man3/mallopt.3.html
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_LARGE_BYTES: Final = 1024 * 1024
_ARENAS: Final = 2


def give_back_large_blocks() -> bool:
    """Have blocks of a MiB or more returned to the system as soon as they are free; whether the platform can.

    Left to itself, glibc learns from the first large block that is freed to keep those that follow, and each thread
    keeps some of its own: a process that has once read large bodies is never small again.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # another C library, another system
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)) and bool(mallopt(_M_ARENA_MAX, _ARENAS))
