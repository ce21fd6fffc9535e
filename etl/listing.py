"""What waits in ``raw/`` for whoever looks after some shards: only their clients' objects, where they are many.

What lies below a client's prefix goes with that client's shard, also what the collector never wrote; what lies
elsewhere goes with shard 0.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, islice
from typing import Final, TypeVar

from lake import layout
from lake.shards import EVERY_SHARD, shard_of
from lake.store import Level, Store, StoredObject, Survey

T = TypeVar("T")

#: Clients that are listed at once: enough to hide the latency of a store that is 30 ms away.
_LISTERS: Final = 32
#: What a store tells with one request of a listing.
_PAGE: Final = 1000


def list_raw(store: Store, shards: Collection[int]) -> Survey:
    """What is there for ``shards``; raises `lake.errors.StoreUnavailable`."""
    if EVERY_SHARD.issubset(shards):
        return store.survey(layout.RAW)
    level = store.level(layout.RAW)
    prefixes = [prefix for prefix in level.prefixes if shard_of_key(prefix) in shards]
    objects = _whole_where_short(store, len(prefixes), shards)
    if objects is None:
        objects = [*_top(level, shards), *chain.from_iterable(_each(partial(_listed, store), prefixes))]
    odd = [*(level.oddities if 0 in shards else ()), *chain.from_iterable(_each(store.oddities, prefixes))]
    return Survey(sorted(objects, key=lambda found: found.key), odd)


def shard_of_key(key: str) -> int:
    """The shard that a key or a prefix of ``raw/`` goes with."""
    client_id = layout.client_of_raw_prefix(key)
    return 0 if client_id is None else shard_of(client_id)


def _whole_where_short(store: Store, prefixes: int, shards: Collection[int]) -> list[StoredObject] | None:
    """The whole listing, of which only these shards' objects are kept; ``None`` where it would take longer.

    One object a client is one request for a thousand clients, and one for each of them otherwise.
    """
    if store.local_path(layout.RAW) is not None:
        return None
    pages = 1 + prefixes // _LISTERS
    found = [*islice(store.list(layout.RAW), pages * _PAGE)]
    if len(found) == pages * _PAGE:
        return None
    return [each for each in found if shard_of_key(each.key) in shards]


def _top(level: Level, shards: Collection[int]) -> Sequence[StoredObject]:
    return level.objects if 0 in shards else ()


def _listed(store: Store, prefix: str) -> list[StoredObject]:
    return [*store.list(prefix)]


def _each(ask: Callable[[str], Sequence[T]], prefixes: Iterable[str]) -> list[Sequence[T]]:
    """The answers for all prefixes, in their order."""
    with ThreadPoolExecutor(_LISTERS, "etl-listers") as pool:
        return [*pool.map(ask, prefixes)]
