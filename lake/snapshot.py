"""What a reader may see: exactly the files of one scope at one moment.

Raw objects are listed first and the tables opened second: a log that moves from raw to the tables in
between is then in both, and the reader counts it once. The other order could miss it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from lake import layout
from lake.scope import Scope
from lake.store import Store
from lake.tables import Table


@dataclass(frozen=True)
class RawObject:
    """A raw object: its key, and the path or URL to read it from."""

    key: str
    location: str


@dataclass(frozen=True)
class Snapshot:
    """Paths or URLs of everything a scope can see; ``expires_at`` (UTC) where the URLs expire."""

    scope: Scope
    logs: tuple[str, ...]
    traces: tuple[str, ...]
    raw: tuple[RawObject, ...]
    taken_at: datetime
    expires_at: datetime | None = None
    #: Whether each file has each column; files of an earlier version lack those that came later.
    is_uniform: bool = True

    def to_json(self) -> str:
        """Text for the way from the gateway to a kernel."""
        return str(msgspec.json.encode(self), "utf-8")

    @classmethod
    def from_json(cls, text: str | bytes) -> Snapshot:
        """The snapshot `to_json` made this text of."""
        return msgspec.json.decode(text, type=cls)

    def __repr__(self) -> str:
        """Counts only: a signed URL is a secret while it lives."""
        counts: dict[str, Any] = {"logs": len(self.logs), "traces": len(self.traces), "raw": len(self.raw)}
        return f"Snapshot({self.scope}, {counts}, taken_at={self.taken_at.isoformat()})"


Locate = Callable[[Sequence[str]], Sequence[str]]


class Lake:
    """The store and its two tables, opened once and kept."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.logs = Table(store, layout.LOGS)
        self.traces = Table(store, layout.TRACES)

    def create_tables(self) -> None:
        """Make the empty tables where they are missing."""
        self.traces.create()
        self.logs.create()

    def snapshot(
        self,
        scope: Scope,
        locate: Locate | None = None,
        lifetime: timedelta | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Snapshot:
        """Everything of ``scope`` now; ``locate`` turns keys into paths or URLs that live for ``lifetime``.

        Without ``locate`` the files are named as this process itself may read them: paths of a folder,
        URLs of a bucket signed for an hour.
        """
        taken_at = now()
        prefixes = [layout.raw_prefix(client_id) for client_id in sorted(scope.clients or ())]
        listed = [
            o.key
            for p in (prefixes if scope.clients is not None else [layout.RAW])
            for o in self.store.list(p)
        ]
        raw = [key for key in listed if layout.client_of_raw_key(key)]
        # logs before traces: a log that is seen has its trace; the other order could show one without.
        logs = self.logs.files(scope)
        traces = self.traces.files(scope)
        lifetime = lifetime or (timedelta(hours=1) if self.store.folder is None else None)
        where = locate or self._own_locations
        return Snapshot(
            scope,
            tuple(where(logs)),
            tuple(where(traces)),
            tuple(RawObject(key, location) for key, location in zip(raw, where(raw), strict=True)),
            taken_at,
            taken_at + lifetime if lifetime else None,
            self.logs.is_uniform(),
        )

    def _own_locations(self, keys: Sequence[str]) -> Sequence[str]:
        folder = self.store.folder
        if folder is not None:
            return [str(folder / key) for key in keys]
        return self.store.signed_urls(keys, timedelta(hours=1))
