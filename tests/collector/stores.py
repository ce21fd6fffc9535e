"""Stores that misbehave, each in one way: the real memory store but for how it writes logs."""

from __future__ import annotations

import asyncio

from lake.errors import StoreUnavailable
from lake.store import Store, memory_store


def is_logs(key: str) -> bool:
    """Whether the object holds logs: what a collector writes beside them nobody waits for."""
    return key.startswith("raw/")


class _Double(Store):
    def __init__(self) -> None:
        inner = memory_store()
        super().__init__(inner.url, inner._objects)
        self.broken = False


class BrokenStore(_Double):
    """Refuses what it is given while `broken`; `keeps` says whether it secretly wrote it."""

    keeps = False

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        is_refused = self.broken and is_logs(key)
        if not is_refused or self.keeps:
            await super().put_async(key, data, timeout_s=timeout_s)
        if is_refused:
            raise StoreUnavailable(f"writing {key}", "refused")

    async def check_async(self) -> None:
        if self.broken:
            raise StoreUnavailable("a listing", "refused")

    async def get_async(self, key: str) -> bytes:
        if self.broken:
            raise StoreUnavailable(f"reading {key}", "refused")
        return await super().get_async(key)


class DefectiveStore(_Double):
    """Raises what no store should, with a text that must not get out."""

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        if is_logs(key):
            raise KeyError("secret-of-the-defect")
        await super().put_async(key, data, timeout_s=timeout_s)


class GatedStore(_Double):
    """Holds every write back until its gate is opened; counts what was begun. ``deaf``, it knows no timeout."""

    def __init__(self, *, deaf: bool = False) -> None:
        super().__init__()
        self.deaf = deaf
        self.gate = asyncio.Event()
        self.writing = asyncio.Event()
        self.begun: list[str] = []

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        if is_logs(key):
            await self._wait(key, timeout_s)
        await super().put_async(key, data)

    async def _wait(self, key: str, timeout_s: float | None) -> None:
        self.begun.append(key)
        self.writing.set()
        try:
            async with asyncio.timeout(None if self.deaf else timeout_s):
                await self.gate.wait()
        except TimeoutError as error:
            raise StoreUnavailable(f"writing {key}", "no answer in time") from error


class CountingStore(_Double):
    """Counts how often it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[str] = []

    async def get_async(self, key: str) -> bytes:
        self.reads.append(key)
        return await super().get_async(key)
