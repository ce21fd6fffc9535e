"""A store on a folder that can fall silent, raise what no store should, and says what it was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lake.errors import StoreUnavailable
from lake.folder import FolderStore
from lake.objects import StoredObject


class MoodyStore(FolderStore):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder.as_uri(), folder)
        self.is_silent = False
        self.is_defective = False
        self.reads: list[str] = []
        self.listings: list[str] = []

    def get(self, key: str) -> bytes:
        self._answer(f"reading {key}")
        return super().get(key)

    def put(self, key: str, data: bytes | memoryview) -> None:
        self._answer(f"writing {key}")
        super().put(key, data)

    def create(self, key: str, data: bytes) -> None:
        self._answer(f"creating {key}")
        super().create(key, data)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        self._answer(f"listing {prefix}")
        self.listings.append(prefix)
        return super().list(prefix)

    async def get_async(self, key: str) -> bytes:
        self._answer(f"reading {key}")
        self.reads.append(key)
        return await super().get_async(key)

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        self._answer(f"writing {key}")
        await super().put_async(key, data, timeout_s=timeout_s)

    async def check_async(self) -> None:
        self._answer("a listing")

    def _answer(self, tried: str) -> None:
        if self.is_silent:
            raise StoreUnavailable(tried, "no answer in time")
        if self.is_defective:
            raise KeyError("a customer's words")
