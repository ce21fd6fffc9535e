"""A process that deletes a client, or goes on with it where it was begun, until it is done or killed.

python delete_worker.py LAKE_URL CLIENT
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from access.deletions import Deletion, Kind, list_deletions
from caselog.ids import uuid7_at
from etl import deletion as doing
from lake.snapshot import Lake
from lake.store import open_store


def clock() -> datetime:
    return datetime.now(UTC)


def delete(url: str, client_id: str) -> None:
    """Says ``done`` when the receipt is written."""
    lake, now = Lake(open_store(url, {})), clock()
    if not list_deletions(lake.store):
        deletion = Deletion(
            deletion_id=uuid7_at(now, bytes(10)),
            kind=Kind.CLIENT,
            client_id=client_id,
            requested_at=now,
            active_at=now,
            by="a test",
            why="to see it",
        )
        doing.begin(lake, deletion)
    doing.resume(lake, clock, idle_only=False)
    print("done", flush=True)


if __name__ == "__main__":
    delete(sys.argv[1], sys.argv[2])
