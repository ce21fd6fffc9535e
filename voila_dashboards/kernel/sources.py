"""Where a page's logs come from: files that the gateway hands over, or a lake that the operator opens himself."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from lake.reader import Reader
from lake.scope import EVERYONE
from voila_dashboards.client_facts import ClientFacts, client_facts
from voila_dashboards.kernel.connection import GatewayConnection, OpenFiles

if TYPE_CHECKING:  # a page's kernel does without the store
    from lake.lake_reader import LakeReader


#: Answers of one page that are kept while its files stay the same: some dozens of questions, a screenful of rows each.
_MOST_ANSWERS_KEPT: Final = 64
_MOST_ROWS_KEPT: Final = 2_000


class ScopeSource:
    """The files of one scope, by descriptor, renewed over the gateway when they are older than ``max_age_s``."""

    def __init__(
        self, reader: Reader, gateway: GatewayConnection, first: OpenFiles, max_age_s: float
    ) -> None:
        self._reader = reader
        self._gateway = gateway
        self._max_age_s = max_age_s
        self._descriptors: dict[str, int] = {}
        self._parts: frozenset[str] = frozenset()
        self._known: OrderedDict[tuple[object, ...], list[tuple[Any, ...]]] = OrderedDict()
        self._show(first)

    def refresh(self) -> None:
        """Ask for newer files where the last are old enough; raises `PageError`."""
        if time.monotonic() - self._shown_at > self._max_age_s:
            self._show(self._gateway.renew(self._descriptors, self._parts))

    def need(self, *parts: str) -> frozenset[str]:
        """Show these derived tables too from now on; which of them lack rows. Raises `PageError`."""
        if not self._parts.issuperset(parts):
            wanted = self._parts.union(parts)
            self._show(self._gateway.renew(self._descriptors, wanted))
            self._parts = wanted
        return self._behind.intersection(parts)

    def sql(self, query: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of ``query`` over the scope's views; what was asked of the same files already is not asked again.

        A page sorted anew has the same counts as before, and going back is a question that was answered.
        """
        asked = (query, *map(_as_key, params))
        if asked in self._known:
            self._known.move_to_end(asked)
            return self._known[asked]
        rows = self._reader.sql(query, params)
        if len(rows) <= _MOST_ROWS_KEPT:
            self._known[asked] = rows
            if len(self._known) > _MOST_ANSWERS_KEPT:
                self._known.popitem(last=False)
        return rows

    def trace(self, client_id: str, month: str, log_id: str, executed_at_ms: int) -> bytes | None:
        """One log's trace, from the gateway."""
        return self._gateway.trace(client_id, month, log_id, executed_at_ms)

    def client_facts(self, client_id: str) -> ClientFacts | None:
        """What was set for a client, from the gateway."""
        return cast("ClientFacts | None", self._gateway.client(client_id))

    def _show(self, files: OpenFiles) -> None:
        known = {**self._descriptors, **files.opened}
        kept = {name: known[name] for name in files.names}
        if kept.keys() != self._descriptors.keys():
            self._known.clear()
        self._reader.renew({name: Path(f"/proc/self/fd/{descriptor}") for name, descriptor in kept.items()})
        for name in known.keys() - kept.keys():
            os.close(known[name])
        self._descriptors = kept
        self.as_of_ms, self.is_current, self._behind = files.as_of_ms, files.is_current, files.behind
        self._shown_at = time.monotonic()


def _as_key(value: object) -> object:
    """A bound value as part of a key."""
    return (tuple, *value) if isinstance(value, list) else value


class LakeSource:
    """A lake read with the rights of whoever runs the notebook."""

    def __init__(self, reader: LakeReader) -> None:
        self._reader = reader

    @property
    def as_of_ms(self) -> int:
        """Up to when the lake is known, UTC epoch ms."""
        return int(self._reader.snapshot.as_of.timestamp() * 1000)

    @property
    def is_current(self) -> bool:
        """Whether the store answered when it was asked last."""
        return self._reader.snapshot.is_current

    def refresh(self) -> None:
        """Show what came meanwhile; raises `lake.errors.StoreUnavailable`."""
        self._reader.renew()

    def need(self, *parts: str) -> frozenset[str]:
        """Show these derived tables too from now on; which of them lack rows."""
        self._reader.need(parts)
        return self._reader.snapshot.behind.intersection(parts)

    def sql(self, query: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of ``query`` over the view ``logs``."""
        return self._reader.sql(query, params)

    def trace(self, client_id: str, month: str, log_id: str, executed_at_ms: int) -> bytes | None:
        """One log's trace."""
        return self._reader.trace(client_id, month, log_id, executed_at_ms)

    def client_facts(self, client_id: str) -> ClientFacts | None:
        """What was set for a client; raises `lake.errors.StoreUnavailable`."""
        from access.clients import get_client
        from access.errors import BrokenControlObject, UnknownClient
        from access.receipts import Receipts

        store = self._reader.store
        try:
            client = get_client(store, client_id)
        except (UnknownClient, BrokenControlObject):
            client = None
        receipts = [each for each in Receipts(store).read() if each.is_for(EVERYONE, client_id)]
        return client_facts(client, receipts)
