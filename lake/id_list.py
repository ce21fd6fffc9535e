"""Many logs by the digests of their ids, in one object: whoever asks for few of them reads little of it.

The object holds the digests in order, behind the first one of each block of them. So a question reads the firsts once,
and then the blocks that can hold what is asked for: a million logs are 16 MB, and a log is found by 4 KB of them.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Collection, Iterable
from typing import Final

from lake.store import Store

DIGEST_BYTES: Final = 16
_BLOCK: Final = 256
_COUNT_BYTES: Final = 8
#: Blocks of one list that are kept in memory, 4 KB each.
_MOST_BLOCKS: Final = 8_192


def digest_of(client_id: str, log_id: str) -> bytes:
    """What stands for a log where its id must not.

    >>> digest_of("acme", "1").hex()
    '6a98b5398c105c76fca7fa386b1410c6'
    """
    # No client's id holds a line break, so no two logs are the same text.
    return hashlib.sha256(f"{client_id}\n{log_id}".encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES]


def pack(digests: Iterable[bytes]) -> bytes:
    """The object of these digests."""
    ordered = sorted(set(digests))
    return b"".join([len(ordered).to_bytes(_COUNT_BYTES, "big"), *ordered[::_BLOCK], *ordered])


def unpack(data: bytes) -> list[bytes]:
    """The digests of an object."""
    count = int.from_bytes(data[:_COUNT_BYTES], "big")
    start = _COUNT_BYTES + -(-count // _BLOCK) * DIGEST_BYTES
    return _cut(data[start : start + count * DIGEST_BYTES])


class IdList:
    """The digests of one object, which never changes. Not safe to share between threads."""

    def __init__(self, store: Store, key: str) -> None:
        self._store = store
        self._key = key
        self._count = -1
        self._firsts: list[bytes] = []
        self._blocks: OrderedDict[int, frozenset[bytes]] = OrderedDict()

    def holds(self, digests: Collection[bytes]) -> set[bytes]:
        """Those of ``digests`` that are in the list; raises as `Store.get`."""
        if not digests:
            return set()
        self._read_firsts()
        places = {digest: bisect_right(self._firsts, digest) - 1 for digest in digests}
        wanted = {place for place in places.values() if place >= 0}
        blocks = {place: self._blocks[place] for place in wanted & self._blocks.keys()}
        blocks |= self._read_blocks(sorted(wanted - blocks.keys()))
        return {digest for digest, place in places.items() if place >= 0 and digest in blocks[place]}

    def _read_firsts(self) -> None:
        if self._count >= 0:
            return
        [told] = self._store.get_ranges(self._key, [(0, _COUNT_BYTES)])
        count = int.from_bytes(told, "big")
        if count:
            end = _COUNT_BYTES + -(-count // _BLOCK) * DIGEST_BYTES
            [firsts] = self._store.get_ranges(self._key, [(_COUNT_BYTES, end)])
            self._firsts = _cut(firsts)
        self._count = count

    def _read_blocks(self, places: list[int]) -> dict[int, frozenset[bytes]]:
        if not places:
            return {}
        start = _COUNT_BYTES + len(self._firsts) * DIGEST_BYTES
        end = start + self._count * DIGEST_BYTES
        size = _BLOCK * DIGEST_BYTES
        ranges = [(start + place * size, min(end, start + (place + 1) * size)) for place in places]
        read = self._store.get_ranges(self._key, ranges)
        found = {place: frozenset(_cut(block)) for place, block in zip(places, read, strict=True)}
        self._blocks.update(found)
        while len(self._blocks) > _MOST_BLOCKS:
            self._blocks.popitem(last=False)
        return found


def _cut(data: bytes) -> list[bytes]:
    return [data[at : at + DIGEST_BYTES] for at in range(0, len(data), DIGEST_BYTES)]
