"""Traces whose log is not in the table ``logs``: what a run left that was killed, or that another one came before.

Nobody sees them. They are left out when the files of a month that is over are merged: then each is looked at about
once. Whose log may still come is kept: what is younger than a day, and what was received in an hour of which something
of the client is raw.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Final

import pyarrow as pa

from lake import layout
from lake.objects import Store
from lake.tables import PinnedTable

#: A trace that is younger may be of a run that is at it.
_YOUNG: Final = timedelta(days=1)

#: Log id, and when the log was received.
Received = tuple[str, datetime | None]


class Leftovers:
    """Finds the leftovers among traces of one client and month."""

    def __init__(
        self, store: Store, pin_logs: Callable[[], PinnedTable], client_id: str, month: str, now: datetime
    ) -> None:
        """``pin_logs`` opens the table ``logs``: later than ``traces`` was opened, so that no log is overlooked."""
        self._store = store
        self._pin_logs = pin_logs
        self._client_id = client_id
        self._month = month
        self._before = now - _YOUNG
        self._raw_hours: frozenset[str] | None = None
        self.dropped = 0

    def without(self, rows: pa.Table) -> pa.Table:
        """The rows that are to stay."""
        received = list(zip(rows["log_id"].to_pylist(), rows["received_at"].to_pylist(), strict=True))
        old = {each for each in received if each[1] is not None and each[1] < self._before}
        gone = self._missing(self._missing(old)) if old else set()
        if not gone:
            return rows
        kept = [each not in gone for each in received]
        self.dropped += kept.count(False)
        return rows.filter(pa.array(kept))

    def _missing(self, received: Collection[Received]) -> set[Received]:
        """Those whose log is neither in the table nor raw.

        To be asked twice: a log that is raw no more when that is looked at is in the table that is opened afterwards.
        """
        if not received:
            return set()
        wanted = {(self._client_id, log_id) for log_id, _ in received}
        found = self._pin_logs().find(wanted, ("received_at",), self._month)
        standing = {(row["log_id"], row["received_at"]) for row in found}
        return {each for each in received if each not in standing and not self._may_be_raw(each[1])}

    def _may_be_raw(self, received_at: datetime | None) -> bool:
        if self._raw_hours is None:
            listed = self._store.list(layout.raw_prefix(self._client_id))
            self._raw_hours = frozenset(hour_of_raw_key(found.key) for found in listed)
        return (
            received_at is None
            or hour_of_raw_key(layout.raw_key(self._client_id, received_at.astimezone(UTC), ""))
            in self._raw_hours
        )


def hour_of_raw_key(key: str) -> str:
    """The part of a raw key that tells the hour.

    >>> hour_of_raw_key("raw/client_id=acme/date=2026-11-23/hour=14/0193.ndjson.zst")
    'date=2026-11-23/hour=14'
    """
    return "/".join(key.split("/")[2:4])
