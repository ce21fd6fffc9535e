"""How many bytes each client with a limit has sent today, as the collectors tell each other through the store.

Each collector process has one object a day, which it alone writes: its own counts so far. The sum of all objects of
a day is what all have counted; what a process has counted since it wrote last is missing, and lost where it is killed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from typing import Final

from access import records
from access.errors import BrokenControlObject
from access.records import Record
from lake.errors import ObjectNotFound
from lake.layout import CONTROL, control_key
from lake.store import Store

_KIND: Final = "daily_bytes"
_PREFIX: Final = f"{CONTROL}{_KIND}/"

logger = logging.getLogger(__name__)


class DailyBytes(Record):
    """Bytes of logs by client, that one process has counted in one day of UTC."""

    clients: dict[str, int]


async def tell_bytes(
    store: Store, day: date, process: str, counts: Mapping[str, int], *, timeout_s: float
) -> None:
    """Tell what ``process`` has counted; replaces what it told before. Raises `lake.errors.StoreUnavailable`."""
    told = DailyBytes(clients=dict(counts)).model_dump_json().encode()
    await store.put_async(control_key(_KIND, f"{day}.{process}"), told, timeout_s=timeout_s)


def count_bytes(store: Store, day: date) -> Counter[str]:
    """Bytes of each client in that day, as all processes told them; raises `lake.errors.StoreUnavailable`."""
    total: Counter[str] = Counter()
    for key in _of_day((found.key for found in store.list(_PREFIX[:-1])), day):
        with suppress(ObjectNotFound):
            total.update(_parse(key, store.get(key)))
    return total


async def hear_bytes(store: Store, day: date, process: str) -> Counter[str]:
    """As `count_bytes`, but for what ``process`` told itself, and without blocking the event loop."""
    own = control_key(_KIND, f"{day}.{process}")
    total: Counter[str] = Counter()
    for key in _of_day(await store.list_keys_async(_PREFIX[:-1]), day):
        if key != own:
            with suppress(ObjectNotFound):
                total.update(_parse(key, await store.get_async(key)))
    return total


async def remove_bytes_before(store: Store, day: date) -> None:
    """Remove what was told of earlier days: no limit asks for them. Raises `lake.errors.StoreUnavailable`."""
    keys = await store.list_keys_async(_PREFIX[:-1])
    if old := [key for key in keys if key.removeprefix(_PREFIX) < str(day)]:
        await asyncio.to_thread(store.delete, old)


def _of_day(keys: Iterable[str], day: date) -> list[str]:
    return [key for key in keys if key.startswith(f"{_PREFIX}{day}.")]


def _parse(key: str, data: bytes) -> Mapping[str, int]:
    """What one process told; nothing where it is damaged, which is said: a limit is no reason to lose logs."""
    try:
        return records.parse_record(DailyBytes, key, data).clients
    except BrokenControlObject as error:
        logger.warning("%s", error)
        return {}
