"""Child processes that end with the process that started them, even when that one is killed."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

#: Set, to its own process id, by a process for the children it starts.
PARENT: Final = "CASELOG_PARENT_PID"
#: prctl(2): the signal to send to this process when its parent dies.
_PR_SET_PDEATHSIG: Final = 1


def has_parent() -> bool:
    """Whether this process is one of several that another one of ours starts, again and again where they end."""
    return PARENT in os.environ


def die_with_parent() -> None:
    """Have Linux end this process with its parent, where the parent asked for it; elsewhere do nothing."""
    asked_by = os.environ.get(PARENT)
    if asked_by is None or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(asked_by):  # it died before we could ask
        sys.exit(1)
