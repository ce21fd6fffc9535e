"""Objects as local files, for what reads them once: in place, or copied some MiB at a time and removed again."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from lake.objects import Store

#: Asked for before their turn has come: a store may be far away.
_AHEAD: Final = 4


def fetched(store: Store, keys: Sequence[str], folder: Path) -> Generator[Path]:
    """The objects, one after another; a copy in ``folder`` is gone when the next is asked for. Raises as `get`."""
    waiting: deque[Future[Path]] = deque()
    with ThreadPoolExecutor(_AHEAD, "caselog-fetching") as pool:
        try:
            for key in keys:
                if (path := store.local_path(key)) is not None:
                    yield path
                    continue
                waiting.append(pool.submit(_fetch, store, key, folder))
                if len(waiting) == _AHEAD:
                    yield from _next(waiting)
            while waiting:
                yield from _next(waiting)
        finally:
            for each in waiting:
                each.cancel()


def _next(waiting: deque[Future[Path]]) -> Generator[Path]:
    path = waiting.popleft().result()
    yield path
    path.unlink()


def _fetch(store: Store, key: str, folder: Path) -> Path:
    path = folder / uuid.uuid4().hex
    with path.open("xb") as file:
        file.writelines(store.stream(key))
    return path
