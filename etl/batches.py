"""Raw objects gathered into batches that fit the memory bound, parsed, and what cannot be read set aside."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from etl.settings import EtlSettings
from lake.errors import ObjectNotFound
from lake.rawobject import ParsedObject, parse
from lake.store import Store, StoredObject

#: Objects read at once: enough to hide the store's latency.
_READERS: Final = 8


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


def _read_ahead(store: Store, listed: Iterator[StoredObject]) -> Iterator[ParsedObject]:
    with ThreadPoolExecutor(_READERS) as pool:
        while keys := [found.key for found in islice(listed, _READERS)]:
            for key, blob in zip(keys, pool.map(lambda key: _read(store, key), keys), strict=True):
                if blob is not None:
                    yield parse(key, blob)


def _read(store: Store, key: str) -> bytes | None:
    try:
        return store.get(key)
    except ObjectNotFound:  # another run compacted it
        return None
