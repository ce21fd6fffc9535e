"""What somebody may see: snapshots and single traces of a scope, and of no other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lake.scope import Scope
from lake.scope_files import ScopeFiles
from lake.snapshot import Snapshot


class SnapshotSource:
    """Hands out what a scope may see. Safe to share between threads; every call blocks: call it in a thread."""

    def __init__(self, files: ScopeFiles) -> None:
        self._files = files

    def take(self, scope: Scope, parts: Iterable[str] = ()) -> Snapshot:
        """What ``scope`` can see now, or as of the last time the store was seen; with these derived tables of it.

        Raises `lake.errors.StoreUnavailable` and `lake.errors.CacheUnusable` where nothing is known yet.
        """
        return self._files.snapshot(scope, parts)

    def refresh(self) -> None:
        """Bring every scope that was asked for lately up to date; raises what `take` does."""
        self._files.refresh()

    def close(self) -> None:
        """Free what is held; the files stay for the next start."""
        self._files.close()

    def trace(
        self, scope: Scope, client_id: str, month: str, log_id: str, executed_at: datetime | None = None
    ) -> bytes | None:
        """One trace as JSON; None where there is none within ``scope``.

        Raises `lake.errors.StoreUnavailable` and `lake.errors.ObjectDamaged`.
        """
        return self._files.trace(scope, client_id, month, log_id, executed_at)
