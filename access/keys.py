"""API keys: how a client's workflows prove who they are. Write-only: no key can read anything.

Only the SHA-256 of a key is kept, as the object's name: a key has 256 bits of randomness, so that a fast
hash is enough, and looking it up by its hash compares nothing that an attacker could time.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Final

from pydantic import Field

from access import records
from access.clients import get_client
from access.errors import UnknownKey
from access.records import Record
from lake.layout import control_key
from lake.store import Store

_KIND: Final = "keys"
#: So that people and secret scanners recognise a key that lies where it should not.
KEY_PREFIX: Final = "caselog_"
_RANDOM_BYTES: Final = 32
_MAX_PRESENTED: Final = 200
_SHORTEST_ID: Final = 8


class ApiKey(Record):
    """What is known of a key: everything but the key itself."""

    key_hash: str = Field(repr=False)
    client_id: str
    label: str = ""
    created_at: datetime
    revoked_at: datetime | None = None

    @property
    def key_id(self) -> str:
        """Short name of the key, for lists and `revoke_key`."""
        return self.key_hash[:12]


def hash_key(presented: str) -> str:
    """Hexadecimal SHA-256 of a key."""
    return hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()


def issue_key(store: Store, client_id: str, now: datetime, random: bytes, *, label: str = "") -> str:
    """Make a key for ``client_id`` from 32 random bytes and return it: it is never shown again.

    Raises `access.errors.UnknownClient`.
    """
    if len(random) < _RANDOM_BYTES:
        raise ValueError(f"A key is made from {_RANDOM_BYTES} random bytes.")
    get_client(store, client_id)
    key = KEY_PREFIX + base64.urlsafe_b64encode(random).rstrip(b"=").decode()
    record = ApiKey(key_hash=hash_key(key), client_id=client_id, label=label, created_at=now)
    records.create_record(store, _KIND, record.key_hash, record)
    return key


async def find_key(store: Store, presented: str) -> ApiKey | None:
    """The key that was presented; ``None`` where it is unknown or revoked."""
    if not presented or len(presented) > _MAX_PRESENTED:
        return None
    found = await records.read_record_async(store, ApiKey, _KIND, hash_key(presented))
    return None if found is None or found.revoked_at else found


def list_keys(store: Store, client_id: str | None = None) -> list[ApiKey]:
    """Every key, or those of one client, the oldest first."""
    found = records.list_records(store, ApiKey, _KIND)
    return sorted((k for k in found if client_id in {None, k.client_id}), key=lambda k: k.created_at)


def revoke_key(store: Store, key_id: str, now: datetime) -> ApiKey:
    """Make a key useless, for good; raises `UnknownKey`. Collectors notice within their cache's seconds."""
    matches = [k for k in list_keys(store) if len(key_id) >= _SHORTEST_ID and k.key_hash.startswith(key_id)]
    if len(matches) != 1:
        raise UnknownKey(key_id)
    revoked = matches[0].model_copy(update={"revoked_at": matches[0].revoked_at or now})
    records.write_record(store, _KIND, revoked.key_hash, revoked)
    return revoked


def remove_keys(store: Store, client_id: str) -> int:
    """Remove all keys of a client, for good; how many. Collectors notice within their cache's seconds."""
    found = [key.key_hash for key in list_keys(store, client_id)]
    store.delete(control_key(_KIND, key_hash) for key_hash in found)
    return len(found)
