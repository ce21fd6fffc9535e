"""A process that sends logs, compacts them and looks after the tables, over and over, until it is killed.

    python etl_worker.py LAKE_URL NAME

Prints the id of each log once it is raw, as a sender's acknowledgement would.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from etl.run import run_once
from etl.settings import EtlSettings
from etl.upkeep import keep_up
from lake.damage import TablesDamaged
from lake.errors import StoreUnavailable
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import a_log, put_raw


def work(url: str, name: str) -> None:
    """Never returns."""
    lake, number = Lake(open_store(url, {})), 0
    while True:
        log_id = f"{name}-{number}"
        put_raw(lake.store, a_log(log_id, client_id=("acme", "globex")[number % 2]))
        print(log_id, flush=True)
        number += 1
        try:
            run_once(lake, EtlSettings())
            keep_up(lake, EtlSettings(), datetime(2027, 1, 1, tzinfo=UTC))
        except TablesDamaged:
            raise
        except StoreUnavailable as error:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2])
