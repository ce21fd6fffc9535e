"""Whether logs can be stored: a small object that is nobody's log is written, read back and removed.

A listing tells less: credentials that may only read pass it. The object lies below the prefix that logs are written
to, so the right that is tried is the right that is needed.
"""

from __future__ import annotations

from typing import Final

from lake.errors import ObjectNotFound, StoreUnavailable
from lake.objects import Store

_CONTENT: Final = b'{"probe": "written, read back and removed by a collector; safe to delete"}'


def probe(store: Store, key: str) -> None:
    """Return where the store does all three; raises `StoreUnavailable`, or another `LakeError` of the store's."""
    store.put(key, _CONTENT)
    try:
        _require_same(key, store.get(key))
    except ObjectNotFound as error:
        raise _missing(key) from error
    store.delete([key])


async def probe_async(store: Store, key: str) -> None:
    """As `probe`, without blocking the event loop; whoever waits sets the limit of time."""
    await store.put_async(key, _CONTENT)
    try:
        _require_same(key, await store.get_async(key))
    except ObjectNotFound as error:
        raise _missing(key) from error
    await store.delete_async(key)


def _require_same(key: str, found: bytes) -> None:
    if found != _CONTENT:
        raise StoreUnavailable(f"reading back {key}", "it holds something else than was written")


def _missing(key: str) -> StoreUnavailable:
    return StoreUnavailable(f"reading back {key}", "it was written, and is not there")
