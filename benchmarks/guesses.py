"""How long a sender waits while others guess keys: ``python -m benchmarks.guesses``.

One collector in this process, over a store whose answers take a while; many guessers, each with a new key as soon as
the last is refused; one sender that was known before they came, and one that was not. Prints seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from obstore.store import MemoryStore

from access import clients, keys
from collector.app import create_app
from collector.settings import CollectorSettings
from lake.store import Store

LOG = {"ticket_id": "T-1", "executed_at": "2026-11-23T14:00:00Z", "status": "SUCCESS"}


class FarStore(Store):
    """Takes ``delay_s`` for each read and listing, once it is set."""

    delay_s = 0.0

    def __init__(self) -> None:
        super().__init__("memory://", MemoryStore())

    async def get_async(self, key: str) -> bytes:
        await asyncio.sleep(self.delay_s)
        return await super().get_async(key)

    async def list_keys_async(self, prefix: str) -> Sequence[str]:
        await asyncio.sleep(self.delay_s)
        return await super().list_keys_async(prefix)


async def post(http: httpx.AsyncClient, key: str) -> tuple[int, float]:
    """Status and seconds of one log."""
    began = time.monotonic()
    answer = await http.post("/v1/logs", json=LOG, headers={"X-API-Key": key})
    return answer.status_code, time.monotonic() - began


async def guess(http: httpx.AsyncClient, end: float) -> int:
    """How many keys were guessed until ``end``."""
    count = 0
    while time.monotonic() < end:
        await post(http, secrets.token_hex(20))
        count += 1
    return count


async def send(http: httpx.AsyncClient, key: str, end: float) -> list[tuple[int, float]]:
    """Statuses and seconds of logs that are sent until ``end``, twenty a second."""
    found = []
    while time.monotonic() < end:
        found.append(await post(http, key))
        await asyncio.sleep(0.05)
    return found


async def measure(guessers: int, delay_s: float, seconds: float) -> dict[str, Any]:
    """What the two senders waited."""
    store, now = FarStore(), datetime.now(UTC)
    clients.create_client(store, "acme", now)
    known, new = (keys.issue_key(store, "acme", now, secrets.token_bytes(32)) for _ in range(2))
    transport = httpx.ASGITransport(create_app(CollectorSettings(), store))
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(transport=transport, base_url="http://collector", limits=limits) as http:
        await post(http, known)
        store.delay_s, end = delay_s, time.monotonic() + seconds
        guesses = [asyncio.create_task(guess(http, end)) for _ in range(guessers)]
        await asyncio.sleep(seconds / 10)
        first = await post(http, new)
        sent = await send(http, known, end)
        guessed = sum(await asyncio.gather(*guesses))
    waited = sorted(took for _, took in sent)
    return {
        "guesses": guessed,
        "never seen": {"status": first[0], "s": round(first[1], 3)},
        "known": {
            "statuses": sorted({status for status, _ in sent}),
            "logs": len(sent),
            "p50_s": round(statistics.median(waited), 3),
            "max_s": round(waited[-1], 3),
        },
    }


def main() -> None:
    """Print one JSON object."""
    machine = {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guessers", type=int, default=800)
    parser.add_argument("--delay", type=float, default=0.3, help="Seconds that the store takes.")
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    found = asyncio.run(measure(options.guessers, options.delay, options.seconds))
    print(json.dumps({**machine, **found}))


if __name__ == "__main__":
    main()
