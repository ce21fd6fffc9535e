"""What operators see of an ETL that runs on a schedule. No figure names a client."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from etl.run import RunReport
from etl.upkeep import UpkeepReport
from lake.errors import StoreUnavailable
from serving.metrics import Figures

_SECONDS: Final = (0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800)
#: Names of `RunReport`, each a counter: what became of logs, and of objects.
_COUNTED: Final = {
    "logs": "Logs that became rows of the tables.",
    "duplicates": "Logs that were there already.",
    "conflicts": "Duplicates with another content.",
    "quarantined": "Objects and lines that were set aside.",
    "objects": "Raw objects that were compacted.",
    "deleted": "Logs that were dropped because somebody had them deleted.",
    "expired": "Logs that were dropped because they are too old.",
}


class EtlMetrics(Figures):
    """The figures of one ETL process; ``clock`` in seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock
        registry = self.registry
        self._counted = {
            name: Counter(f"caselog_etl_{name}", what, registry=registry) for name, what in _COUNTED.items()
        }
        self._runs = Counter("caselog_etl_runs", "Runs by how they ended.", ["outcome"], registry=registry)
        self._seconds = Histogram(
            "caselog_etl_run_seconds",
            "How long a run took.",
            registry=registry,
            buckets=_SECONDS,
        )
        self._succeeded = Gauge(
            "caselog_etl_last_success_timestamp_seconds",
            "When a run last came to its end; alert where that is long ago.",
            registry=registry,
        )
        self._damaged = Gauge(
            "caselog_etl_damaged_clients", "Clients whose files are damaged.", registry=registry
        )
        self._stuck = Gauge("caselog_etl_stuck_deletions", "Deletions that do not get on.", registry=registry)
        self._store_errors = Counter(
            "caselog_etl_store_errors", "Runs that the store ended.", registry=registry
        )

    def note_run(self, report: RunReport) -> None:
        """Count a run."""
        for name, counter in self._counted.items():
            counter.inc(getattr(report, name))
        self._runs.labels("damaged" if report.damaged else "ended").inc()
        self._seconds.observe(report.seconds)
        self._damaged.set(len(report.damaged))
        self._succeeded.set(self._clock())

    def note_upkeep(self, report: UpkeepReport) -> None:
        """Take over what upkeep found."""
        self._stuck.set(len(report.stuck))

    def note_failure(self, error: Exception) -> None:
        """Count a run that failed."""
        self._runs.labels("failed").inc()
        if isinstance(error, StoreUnavailable):
            self._store_errors.inc()

    def listen(self, host: str, port: int) -> Callable[[], None]:
        """Serve the figures at ``/metrics`` from a thread; what ends it. Raises `OSError` where the port is taken."""
        from serving.figures import listen  # a web server, which most runs have no use for

        return listen(self, host, port)
