"""The collector that is sent what nobody should send: with short timeouts, so that each wait has its end soon."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from tests.servers.collector import RunningCollector, running_collector

METRICS_TOKEN: Final = "a-token-of-the-fuzzer-alone"
_SETTINGS: Final = {
    "CASELOG_COLLECTOR_METRICS_TOKEN": METRICS_TOKEN,
    "CASELOG_COLLECTOR_UPLOAD_TIMEOUT_S": "2",
    "CASELOG_COLLECTOR_KEEP_ALIVE_TIMEOUT_S": "1",
    "CASELOG_COLLECTOR_ACK_TIMEOUT_S": "30",  # a busy machine is no fault of the collector's
}
#: See `docs/api.md` and `docs/settings.md`: what it holds at rest, and of bodies.
MOST_RSS_BYTES: Final = (256 + 256) * 1024 * 1024


def collecting(folder: Path) -> AbstractContextManager[RunningCollector]:
    """The collector while the block runs."""
    return running_collector(folder, _SETTINGS)
