"""The collector held to its own OpenAPI description, by schemathesis."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.servers.collector import RunningCollector

_ROOT: Final = Path(__file__).resolve().parents[2]
_CONFIG: Final = Path(__file__).with_name("schemathesis.toml")


def hold_to_description(
    target: RunningCollector, folder: Path, seed: int, *, most: int | None = None, seconds: int | None = None
) -> subprocess.CompletedProcess[str]:
    """What schemathesis says after so many examples of an address, or so much time; its files are in ``folder``."""
    options = ["--max-examples", str(most)] if most is not None else ["--max-examples", "2000"]
    options += [] if seconds is None else ["--max-time", str(seconds)]
    return subprocess.run(
        [
            *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
            *("--no-color", "--config-file", str(_CONFIG), "run", f"{target.url}/openapi.json"),
            *("--seed", str(seed), "--generation-database", "none", *options),
            *("--suppress-health-check", "all"),  # how soon examples are found says nothing of the collector
        ],
        cwd=folder,
        env={
            **os.environ,
            "CASELOG_FUZZ_KEY": target.key,
            "PYTHONPATH": os.pathsep.join([str(_ROOT), str(_ROOT / "sdk")]),
            "SCHEMATHESIS_HOOKS": "tests.fuzz.sent_forms",
        },
        capture_output=True,
        text=True,
        check=False,
    )
