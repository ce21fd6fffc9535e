"""When each API key was used last: one small object for a key, replaced from time to time, never with each request.

Logs do not say by which key they came, and are deleted one day; so this cannot be told from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from access import records
from access.records import Record
from lake.layout import control_key
from lake.store import Store

_KIND: Final = "key_uses"


class KeyUse(Record):
    """That a key was used, in UTC; which collector says so does not matter."""

    key_hash: str
    used_at: datetime


async def record_use(store: Store, key_hash: str, used_at: datetime, *, timeout_s: float) -> None:
    """Remember that the key was used; raises `lake.errors.StoreUnavailable`."""
    use = KeyUse(key_hash=key_hash, used_at=used_at)
    await store.put_async(control_key(_KIND, key_hash), use.model_dump_json().encode(), timeout_s=timeout_s)


def list_uses(store: Store) -> dict[str, datetime]:
    """When each key was used last, by its hash; a key that never was is not in it."""
    return {use.key_hash: use.used_at for use in records.list_records(store, KeyUse, _KIND)}


def remove_uses(store: Store, key_hashes: Iterable[str]) -> None:
    """Forget when these keys were used."""
    store.delete(control_key(_KIND, key_hash) for key_hash in key_hashes)
