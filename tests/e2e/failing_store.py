"""A lake's folder as one process sees it whose calls fail on purpose, each in a way that a real store fails."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple, TypeVar

from lake.errors import StoreUnavailable
from lake.folder import FolderStore
from lake.layout import RAW
from lake.objects import Level, StoredObject, Survey

T = TypeVar("T")


class Killed(BaseException):
    """The process ended in the middle of a call; nothing it does later has an effect."""


class Kind(Enum):
    """How a call fails."""

    REFUSED = "503, and nothing was done"
    SILENT = "a time-out after it was done"
    KILLED_BEFORE = "the process is killed before it is done"
    KILLED_AFTER = "the process is killed after it was done"
    LOST_PAGE = "a listing lacks some of what is there"
    RACED = "another process does the same first: 409 or 412"


class Fault(NamedTuple):
    """The ``turn``-th call of an operation, from 1, fails."""

    operation: str
    turn: int
    kind: Kind


class FailingStore(FolderStore):
    """A folder, as the process of ``faults`` meets it; ``rival`` is another process that does the same work."""

    def __init__(
        self, folder: Path, faults: Iterable[Fault] = (), rival: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(folder.as_uri(), folder)
        self._faults = {(each.operation, each.turn): each.kind for each in faults}
        self._rival = rival
        self._turns: Counter[str] = Counter()
        self._ours = threading.Lock()
        self.is_dead = False

    def call(self, operation: str, do: Callable[[], T]) -> T:
        """What ``do`` returns, unless the call is one that fails."""
        kind = self.begin(operation)
        done = do()
        self.end(operation, kind)
        return done

    def begin(self, operation: str) -> Kind | None:
        """What fails of this call, as far as it does not fail at once."""
        with self._ours:
            if self.is_dead:
                raise Killed
            self._turns[operation] += 1
            kind = self._faults.get((operation, self._turns[operation]))
        if kind is Kind.REFUSED:
            raise StoreUnavailable(operation, "503")
        if kind is Kind.KILLED_BEFORE:
            self._die()
        if kind is Kind.RACED:
            self._rival()
        return kind

    def end(self, operation: str, kind: Kind | None) -> None:
        """Fail after what was asked was done, where that is how it fails."""
        if kind is Kind.SILENT:
            raise StoreUnavailable(operation, "no answer in time")
        if kind is Kind.KILLED_AFTER:
            self._die()

    def _die(self) -> None:
        self.is_dead = True
        raise Killed

    # ---------------------------------------------------------------- the calls

    def get(self, key: str) -> bytes:
        return self.call("get", lambda: super(FailingStore, self).get(key))

    async def get_async(self, key: str) -> bytes:
        kind = self.begin("get")
        found = await super().get_async(key)
        self.end("get", kind)
        return found

    def put(self, key: str, data: bytes | memoryview) -> None:
        self.call("put", lambda: super(FailingStore, self).put(key, data))

    def put_file(self, key: str, path: Path) -> None:
        self.call("put", lambda: super(FailingStore, self).put_file(key, path))

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        operation = (
            "put" if key.startswith(RAW) else "note"
        )  # nobody waits for what a collector notes beside logs
        kind = self.begin(operation)
        await super().put_async(key, data, timeout_s=timeout_s)
        self.end(operation, kind)

    def create(self, key: str, data: bytes) -> None:
        self.call("create", lambda: super(FailingStore, self).create(key, data))

    def delete(self, keys: Iterable[str]) -> None:
        """One object goes after another: a kill may come between."""
        for key in keys:
            self.call("delete", lambda key=key: super(FailingStore, self).delete([key]))  # type: ignore[misc]

    def move(self, key: str, new_key: str) -> None:
        self.call("move", lambda: super(FailingStore, self).move(key, new_key))

    def list(self, prefix: str) -> Iterator[StoredObject]:
        yield from self.call("list", lambda: [*super(FailingStore, self).list(prefix)])

    def level(self, prefix: str) -> Level:
        return self.call("list", lambda: super(FailingStore, self).level(prefix))

    def survey(self, prefix: str) -> Survey:
        kind = self.begin("survey")
        found = super().survey(prefix)
        self.end("survey", kind)
        return Survey(_without_page(found.objects), found.oddities) if kind is Kind.LOST_PAGE else found


def _without_page(objects: Sequence[StoredObject]) -> Sequence[StoredObject]:
    """The listing without its second third; of one or two objects, without the last."""
    third = max(1, len(objects) // 3)
    return [*objects[:third], *objects[2 * third :]] if len(objects) > 1 else []
