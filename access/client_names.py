"""What clients are called by people, and what was set for them: read again only where a record has changed."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from access import records
from access.clients import Client
from access.errors import BrokenControlObject
from lake.errors import ObjectNotFound
from lake.layout import CONTROL
from lake.store import Store, StoredObject

_PREFIX: Final = f"{CONTROL}clients"
#: Names for people, not texts.
_LONGEST: Final = 100
_READERS: Final = 16
#: A store tells when an object was written to the second; what is younger may be written again within it.
_SETTLED_AFTER_S: Final = 5.0


class ClientNames:
    """Reads the names of a lake's clients. Not safe between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[StoredObject, Client] = {}
        #: The records as they were read last, by client id; None before that.
        self.records: Mapping[str, Client] | None = None

    def read(self, now: float) -> Mapping[str, str]:
        """The name of each client that has one beside its id; ``now`` in seconds since the epoch.

        Raises `lake.errors.StoreUnavailable`.
        """
        listed = list(self._store.list(_PREFIX))
        new = [each for each in listed if each not in self._known]
        found = {each: self._known[each] for each in listed if each in self._known}
        with ThreadPoolExecutor(_READERS) as pool:
            read = zip(new, pool.map(self._read, new), strict=True)
            found |= {each: client for each, client in read if client}
        self._known = {
            each: client
            for each, client in found.items()
            if now - each.modified.timestamp() > _SETTLED_AFTER_S
        }
        self.records = {client.client_id: client for client in found.values()}
        named = {client_id: _shown(client) for client_id, client in self.records.items()}
        return {client_id: name for client_id, name in named.items() if name != client_id}

    def _read(self, stored: StoredObject) -> Client | None:
        try:
            return records.parse_record(Client, stored.key, self._store.get(stored.key))
        except (ObjectNotFound, BrokenControlObject):  # others say so; its id is a name as well
            return None


def _shown(client: Client) -> str:
    """The name as one line; the id where nothing of it can be seen."""
    name = "".join(char if char.isprintable() else " " for char in client.name)
    return " ".join(name.split())[:_LONGEST] or client.client_id
