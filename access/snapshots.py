"""Snapshots for those without the store's credentials: expiring URLs for exactly one scope's files.

On S3 the store signs and serves them. On a folder they are signed here and served by whoever holds the
secret, the dashboards' gateway.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from lake.scope import Scope
from lake.snapshot import Lake, Snapshot
from lake.store import Store

#: Two pages opened at the same moment share one snapshot; a new log still shows within seconds.
_FRESH_FOR: Final = timedelta(seconds=1)


class FileUrls:
    """URLs of a folder's files that expire; whoever has one can read that file and no other."""

    def __init__(self, base_url: str, secret: bytes) -> None:
        self._base_url = base_url.rstrip("/")
        self._secret = secret

    def __repr__(self) -> str:
        return f"FileUrls({self._base_url!r})"

    def sign(self, key: str, expires_at: datetime) -> str:
        """The URL of ``key``, good until ``expires_at``; `=` stays plain: so DuckDB finds partitions."""
        expires = int(expires_at.timestamp())
        where = f"{self._base_url}/lake/{quote(key, safe='/=')}"
        return f"{where}?expires={expires}&signature={self._signature(key, expires)}"

    def verify(self, key: str, expires: str, signature: str, now: datetime) -> bool:
        """Whether `sign` made this signature for this key and it is not past its time."""
        if not (expires.isascii() and expires.isdigit() and len(expires) <= len("4102444800")):
            return False
        expected = self._signature(key, int(expires))
        genuine = hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass"))
        return genuine and now.timestamp() < int(expires)

    def _signature(self, key: str, expires: int) -> str:
        return hmac.new(self._secret, f"{key}\n{expires}".encode(), hashlib.sha256).hexdigest()


class SnapshotSource:
    """Takes snapshots for any scope. Safe to share between threads."""

    def __init__(
        self,
        store: Store,
        file_urls: FileUrls | None,
        lifetime: timedelta,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``lifetime`` of a URL; a snapshot lives at least half of it. ``file_urls`` for a folder."""
        if (store.folder is not None) != (file_urls is not None):
            raise ValueError("A folder needs FileUrls, a bucket signs its own.")
        self._store = store
        self._lake = Lake(store)
        self._file_urls = file_urls
        self._lifetime = lifetime
        self._now = now
        self._lock = threading.Lock()
        self._signed: dict[str, tuple[str, datetime]] = {}
        self._recent: dict[Scope, Snapshot] = {}

    def take(self, scope: Scope) -> Snapshot:
        """What ``scope`` can see now; raises `lake.errors.StoreUnavailable`. Blocks: call it in a thread."""
        with self._lock:
            recent = self._recent.get(scope)
        if recent is None or self._now() - recent.taken_at > _FRESH_FOR:
            recent = self._lake.snapshot(scope, self._locate, self._lifetime / 2, now=self._now)
            with self._lock:
                self._recent[scope] = recent
        return recent

    def _locate(self, keys: Sequence[str]) -> Sequence[str]:
        """A URL for each key, with at least half its life left; the same one as long as it has that.

        DuckDB caches what it read by URL: a new signature for an old file would read it again.
        """
        now = self._now()
        with self._lock:
            self._forget(now)
            missing = [key for key in keys if key not in self._signed]
            until = now + self._lifetime
            self._signed |= {
                k: (url, until) for k, url in zip(missing, self._sign(missing, until), strict=True)
            }
            return [self._signed[key][0] for key in keys]

    def _forget(self, now: datetime) -> None:
        half = self._lifetime / 2
        self._signed = {key: (url, until) for key, (url, until) in self._signed.items() if until - now > half}

    def _sign(self, keys: Sequence[str], until: datetime) -> Sequence[str]:
        if self._file_urls is not None:
            return [self._file_urls.sign(key, until) for key in keys]
        return self._store.signed_urls(keys, self._lifetime)
