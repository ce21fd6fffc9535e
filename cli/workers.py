"""``caselog collector --workers N``: processes that share a port, started again where one of them ends."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from contextlib import closing

from cli.figures_folder import figures_folder
from cli.supervise import Part, running
from collector.settings import CollectorSettings
from serving.address import address_of, bind

logger = logging.getLogger(__name__)


def run_workers(settings: CollectorSettings) -> None:
    """Run ``settings.workers`` collectors until SIGINT or SIGTERM; each then finishes what it was sent.

    Raises `cli.errors.CliError` where one of them does not start.
    """
    # Bound and never listened on: it keeps the port from other users while a worker is started again.
    with (
        closing(bind(settings.host, settings.port, shares_port=True)) as place,
        figures_folder() as figures,
    ):
        port, health_url = place.getsockname()[1], f"{address_of(place)}/healthz"
        # A scrape reaches one of them, and is told the figures of all: see `serving.metrics`.
        env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": figures}
        with running(env, settings.longest_stop_s) as (parts, stop):
            parts.start(_workers(settings, port, health_url))
            if not stop.is_set():
                logger.info("%d collectors listen on port %d.", settings.workers, port)
            parts.watch(logger.warning)


def _workers(settings: CollectorSettings, port: int, health_url: str) -> Sequence[Part]:
    arguments = ("collector", "--host", settings.host, "--port", str(port), "--workers", "1", "--shares-port")
    return [
        Part(f"collector {number} of {settings.workers}", arguments, health_url)
        for number in range(1, settings.workers + 1)
    ]
