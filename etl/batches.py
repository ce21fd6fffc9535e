"""Raw objects gathered into batches that fit the memory bound, parsed, and what cannot be read set aside."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, TypeVar

from etl.settings import EtlSettings
from lake import rawlog
from lake.errors import ObjectNotFound
from lake.rawobject import ParsedObject, parse_unpacked, unpack
from lake.store import Store, StoredObject

T = TypeVar("T")

#: Objects read at once: enough to hide the latency of a store that is 30 ms away; and how many bytes of them.
_READERS: Final = 64
_AHEAD_BYTES: Final = 16 * 1024 * 1024
#: Unpacked so far ahead of the parser: it needs the interpreter, unpacking does not.
_UNPACKED_AHEAD_BYTES: Final = 8 * 1024 * 1024
_UNPACKERS: Final = 2
_BATCHES_AHEAD: Final = 2
#: What a row takes beside its text.
_ROW_BYTES: Final = 2_500


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
        self.unpacked_bytes += parsed.unpacked_bytes + len(parsed.rows) * _ROW_BYTES


def gather(store: Store, listed: Iterator[StoredObject], settings: EtlSettings) -> Iterator[Batch]:
    """Batches of everything listed, in the listing's order; an object that is gone is left out."""
    batch = Batch()
    for parsed in _parsed_ahead(store, listed):
        batch.add(parsed)
        if (
            batch.packed_bytes >= settings.batch_bytes
            or batch.unpacked_bytes >= settings.batch_unpacked_bytes
        ):
            yield batch
            batch = Batch()
    if batch.objects:
        yield batch


def made_ahead(batches: Iterator[T]) -> Generator[T]:
    """The same batches: while one is committed, the files of the next are written and the one after it is read."""
    pool = ThreadPoolExecutor(1, "etl-batches")
    try:
        pending = deque(pool.submit(next, batches, None) for _ in range(_BATCHES_AHEAD))
        while (batch := pending.popleft().result()) is not None:
            pending.append(pool.submit(next, batches, None))
            yield batch
            del batch  # before one more is begun: memory holds so many and this one
    finally:
        pool.shutdown(cancel_futures=True)


def _parsed_ahead(store: Store, listed: Iterator[StoredObject]) -> Iterator[ParsedObject]:
    """Every object, in the listing's order; while one is parsed, others are read and unpacked."""
    with (
        ThreadPoolExecutor(_READERS, "etl-readers") as readers,
        ThreadPoolExecutor(_UNPACKERS, "etl-unpackers") as unpackers,
    ):
        asked = ((found.size, readers.submit(_read, store, found.key)) for found in listed)
        read = (each for each in _in_turn(asked, _AHEAD_BYTES) if each is not None)
        begun = ((rawlog.claimed_bytes(blob), unpackers.submit(unpack, key, blob)) for key, blob in read)
        yield from map(parse_unpacked, _in_turn(begun, _UNPACKED_AHEAD_BYTES))


def _in_turn(begun: Iterator[tuple[int, Future[T]]], most_bytes: int) -> Iterator[T]:
    """What comes of each, in their order; as many are begun ahead as have so many bytes."""
    ahead: deque[tuple[int, Future[T]]] = deque()
    total = 0
    for size, future in begun:
        ahead.append((size, future))
        total += size
        while len(ahead) == _READERS or total > most_bytes:
            first_size, first = ahead.popleft()
            total -= first_size
            yield first.result()
    while ahead:
        yield ahead.popleft()[1].result()


def _read(store: Store, key: str) -> tuple[str, bytes] | None:
    try:
        return key, store.get(key)
    except ObjectNotFound:  # another run compacted it
        return None
