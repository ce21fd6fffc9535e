"""The sandbox's own tests, in a process of their own: they fork, and a process that drives a browser has threads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CASES = Path(__file__).with_name("sandbox_cases.py")


def test_each_layer_holds_and_is_missed_where_it_is_taken_out() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--noconftest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        str(CASES),
    ]

    done = subprocess.run(command, cwd=CASES.parents[2], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
