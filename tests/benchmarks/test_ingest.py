from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from benchmarks.ingest_servers import NoPutStore
from lake.layout import probe_key, raw_key
from lake.probe import probe_async
from lake.store import memory_store


def test_the_store_without_puts_is_ready_and_keeps_no_log() -> None:
    store = NoPutStore.over(memory_store())

    asyncio.run(probe_async(store, probe_key("0193")))
    asyncio.run(store.put_async(raw_key("acme", datetime(2026, 11, 26, tzinfo=UTC), "0193"), b"a log"))

    assert list(store.list("raw")) == []
