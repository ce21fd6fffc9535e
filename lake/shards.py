"""Which of a fixed number of shards a client belongs to. Pure.

Each shard has commit numbers of its own (`lake.guards`). So processes that share the work commit beside each other,
and however many there are, before a crash or after it, a client's commits are guarded by the same number.

>>> shard_of("acme"), shard_of("globex")
(2, 27)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

#: For ever: with another number, two processes could hold a client to be theirs.
SHARDS: Final = 64
EVERY_SHARD: Final = frozenset(range(SHARDS))


def shards_of_process(number: int, processes: int) -> frozenset[int]:
    """What process ``number`` of so many looks after, 0 for the first; together they look after every shard.

    >>> sorted(shards_of_process(3, 20))
    [3, 23, 43, 63]
    """
    return frozenset(range(number, SHARDS, processes))


@lru_cache(maxsize=16_384)
def shard_of(client_id: str) -> int:
    """The shard of a client, 0 to 63."""
    return hashlib.sha256(client_id.encode()).digest()[0] % SHARDS


def shards_of(clients: Iterable[str]) -> frozenset[int]:
    """The shards of some clients."""
    return frozenset(map(shard_of, clients))
