"""Run Voila as the gateway's child: it ends when the gateway does, however that ended."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading

from voila.app import Voila

_gateway_ended = threading.Event()


def _end_with_gateway() -> None:
    """Standard input is a pipe from the gateway: its end is the gateway's end, even after SIGKILL."""
    while os.read(0, 1024):  # not `sys.stdin`: its lock would be held when the interpreter ends
        pass
    _gateway_ended.set()
    os.killpg(os.getpgrp(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_gateway, daemon=True).start()
    try:
        Voila.launch_instance([])
    finally:
        if _gateway_ended.is_set():  # it had no time to remove its folder
            shutil.rmtree(sys.argv[1], ignore_errors=True)
