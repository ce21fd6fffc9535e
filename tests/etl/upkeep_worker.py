"""A process that looks after the tables, and vacuums them, over and over, until it is killed.

python upkeep_worker.py LAKE_URL
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

from etl.settings import EtlSettings
from etl.upkeep import keep_up
from lake.errors import StoreUnavailable
from lake.snapshot import Lake
from lake.store import open_store
from lake.table_upkeep import TableUpkeep
from lake.tables import CommitContended


def work(url: str) -> None:
    """Never returns."""
    lake = Lake(open_store(url, {}))
    while True:
        try:
            keep_up(lake, EtlSettings(keep_replaced_h=1), datetime(2027, 1, 1, tzinfo=UTC))
            for table in lake.tables:
                TableUpkeep(lake.store, table.name).vacuum(timedelta(hours=1))
        except (StoreUnavailable, CommitContended) as error:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    work(sys.argv[1])
