"""Run Voila as the gateway's child: it ends when the gateway does, however that ended."""

from __future__ import annotations

import os
import signal
import threading

from voila.app import Voila


def _end_with_parent() -> None:
    """Standard input is a pipe from the gateway: its end is the gateway's end, even after SIGKILL."""
    while os.read(0, 1024):  # not `sys.stdin`: its lock would be held when the interpreter ends
        pass
    os.killpg(os.getpgrp(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    Voila.launch_instance([])
