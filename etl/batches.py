"""Raw objects gathered into batches that fit the memory bound, parsed, and what cannot be read set aside."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, TypeVar

from etl.settings import EtlSettings
from lake.errors import ObjectNotFound
from lake.rawobject import ParsedObject, parse
from lake.store import Store, StoredObject

T = TypeVar("T")

#: Objects read at once: enough to hide the latency of a store that is 30 ms away; and how many bytes of them.
_READERS: Final = 64
_AHEAD_BYTES: Final = 16 * 1024 * 1024


@dataclass
class Batch:
    """Objects that are committed together."""

    objects: list[ParsedObject] = field(default_factory=list)
    packed_bytes: int = 0
    unpacked_bytes: int = 0

    def add(self, parsed: ParsedObject) -> None:
        """Put one more object in."""
        self.objects.append(parsed)
        self.packed_bytes += len(parsed.blob)
        self.unpacked_bytes += parsed.unpacked_bytes


def gather(store: Store, listed: Iterator[StoredObject], settings: EtlSettings) -> Iterator[Batch]:
    """Batches of everything listed, in the listing's order; an object that is gone is left out."""
    batch = Batch()
    for parsed in _read_ahead(store, listed):
        batch.add(parsed)
        if (
            batch.packed_bytes >= settings.batch_bytes
            or batch.unpacked_bytes >= settings.batch_unpacked_bytes
        ):
            yield batch
            batch = Batch()
    if batch.objects:
        yield batch


def made_ahead(batches: Iterator[T]) -> Iterator[T]:
    """The same batches: while one is committed, the next one is read and parsed."""
    with ThreadPoolExecutor(1, "etl-batches") as pool:
        pending = pool.submit(next, batches, None)
        while (batch := pending.result()) is not None:
            pending = pool.submit(next, batches, None)
            yield batch
            del batch  # before the next but one is begun: memory holds two


def _read_ahead(store: Store, listed: Iterator[StoredObject]) -> Iterator[ParsedObject]:
    """Every object, in the listing's order; many are asked for at once, as far as memory allows."""
    asked: deque[tuple[StoredObject, Future[bytes | None]]] = deque()
    with ThreadPoolExecutor(_READERS, "etl-readers") as pool:
        for found in listed:
            asked.append((found, pool.submit(_read, store, found.key)))
            while len(asked) == _READERS or sum(each.size for each, _ in asked) > _AHEAD_BYTES:
                yield from _parsed(*asked.popleft())
        while asked:
            yield from _parsed(*asked.popleft())


def _parsed(found: StoredObject, read: Future[bytes | None]) -> Iterator[ParsedObject]:
    blob = read.result()
    if blob is not None:
        yield parse(found.key, blob)


def _read(store: Store, key: str) -> bytes | None:
    try:
        return store.get(key)
    except ObjectNotFound:  # another run compacted it
        return None
