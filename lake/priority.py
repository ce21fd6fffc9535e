"""How much of the processor a thread asks for."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import Final

_NICENESS: Final = 5


def lower_priority() -> None:
    """Let others go first, from now on. On Linux a thread has a priority of its own; elsewhere nothing is done."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
