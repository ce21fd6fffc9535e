"""API keys: how a client's workflows prove who they are. Write-only: no key can read anything.

Only the SHA-256 of a key is kept, as the object's name: a key has 256 bits of randomness, so that a fast
hash is enough, and looking it up by its hash compares nothing that an attacker could time.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import Field

from access import key_uses, records
from access.clients import get_client
from access.errors import ClientRemoved, InvalidExpiry, NoKeyToRotate, UnknownClient, UnknownKey
from access.records import Record
from lake.layout import CONTROL, control_key
from lake.store import Store

_KIND: Final = "keys"
#: So that people and secret scanners recognise a key that lies where it should not.
KEY_PREFIX: Final = "caselog_"
_RANDOM_BYTES: Final = 32
_MAX_PRESENTED: Final = 200
_SHORTEST_ID: Final = 8


class KeyState(StrEnum):
    """Whether a key works, and why not."""

    WORKS = "works"
    EXPIRED = "expired"
    REVOKED = "revoked"


class ApiKey(Record):
    """What is known of a key: everything but the key itself. Times in UTC."""

    key_hash: str = Field(repr=False)
    client_id: str
    label: str = ""
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def key_id(self) -> str:
        """Short name of the key, for lists and `revoke_key`."""
        return self.key_hash[:12]

    def state_at(self, now: datetime) -> KeyState:
        """Whether the key works then: it does until `expires_at`, exclusive."""
        if self.revoked_at:
            return KeyState.REVOKED
        return KeyState.EXPIRED if self.expires_at and self.expires_at <= now else KeyState.WORKS


@dataclass(frozen=True)
class Rotation:
    """A key that takes another's place: the new one, shown once, and the old one, that works until ``ends_at``."""

    api_key: str
    replaced: ApiKey
    ends_at: datetime


def hash_key(presented: str) -> str:
    """Hexadecimal SHA-256 of a key."""
    return hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()


def issue_key(
    store: Store,
    client_id: str,
    now: datetime,
    random: bytes,
    *,
    label: str = "",
    expires_at: datetime | None = None,
) -> str:
    """Make a key for ``client_id`` from 32 random bytes and return it: it is never shown again.

    Raises `access.errors.UnknownClient`, `ClientRemoved`, `InvalidExpiry`.
    """
    if len(random) < _RANDOM_BYTES:
        raise ValueError(f"A key is made from {_RANDOM_BYTES} random bytes.")
    if expires_at is not None and expires_at <= now:
        raise InvalidExpiry
    if get_client(store, client_id).removed_at:
        raise ClientRemoved(client_id)
    key = KEY_PREFIX + base64.urlsafe_b64encode(random).rstrip(b"=").decode()
    record = ApiKey(
        key_hash=hash_key(key), client_id=client_id, label=label, created_at=now, expires_at=expires_at
    )
    records.create_record(store, _KIND, record.key_hash, record)
    return key


async def find_key(store: Store, presented: str, now: datetime) -> ApiKey | None:
    """The key that was presented; ``None`` where it is unknown, revoked or has expired."""
    if not presented or len(presented) > _MAX_PRESENTED:
        return None
    found = await records.read_record_async(store, ApiKey, _KIND, hash_key(presented))
    return found if found is not None and found.state_at(now) is KeyState.WORKS else None


def list_keys(store: Store, client_id: str | None = None) -> list[ApiKey]:
    """Every key, or those of one client, the oldest first."""
    found = records.list_records(store, ApiKey, _KIND)
    return sorted((k for k in found if client_id in {None, k.client_id}), key=lambda k: k.created_at)


async def list_hashes(store: Store) -> set[str]:
    """The hashes of all keys that were issued and not removed, whether they work or not; no key is read."""
    names = await store.list_keys_async(f"{CONTROL}{_KIND}")
    return {name.rpartition("/")[2].removesuffix(".json") for name in names}


def rotate_key(
    store: Store,
    name: str,
    now: datetime,
    random: bytes,
    *,
    overlap: timedelta,
    expires_at: datetime | None = None,
) -> Rotation:
    """Make a key in the place of another, with its label; the other one works until ``overlap`` is over.

    ``name`` is the id of the other key, or that of its client, where only one key of the client would work for longer
    than that. The other key's end is never put off. Raises `UnknownKey`, `UnknownClient`, `ClientRemoved`,
    `NoKeyToRotate`, `InvalidExpiry`.
    """
    old = _key_to_replace(store, name, now, now + overlap)
    new = issue_key(store, old.client_id, now, random, label=old.label, expires_at=expires_at)
    ends_at = min(old.expires_at or now + overlap, now + overlap)
    replaced = old.model_copy(update={"expires_at": ends_at})
    records.write_record(store, _KIND, replaced.key_hash, replaced)
    return Rotation(new, replaced, ends_at)


def _key_to_replace(store: Store, name: str, now: datetime, ends_at: datetime) -> ApiKey:
    try:
        client_id = get_client(store, name).client_id
    except UnknownClient:
        client_id = None
    if client_id is None:
        key = _find_by_id(list_keys(store), name)
        if key.state_at(now) is not KeyState.WORKS:
            raise UnknownKey(name)
        return key
    return _only_lasting(list_keys(store, client_id), client_id, now, ends_at)


def _only_lasting(found: Sequence[ApiKey], client_id: str, now: datetime, ends_at: datetime) -> ApiKey:
    """The one key that works for longer than ``ends_at``; where none does, the newest that works now."""
    working = [key for key in found if key.state_at(now) is KeyState.WORKS]
    lasting = [key for key in working if not key.expires_at or key.expires_at > ends_at]
    if len(lasting) > 1 or not working:
        raise NoKeyToRotate(client_id, [key.key_id for key in lasting])
    return (lasting or working)[-1]


def _find_by_id(found: Sequence[ApiKey], key_id: str) -> ApiKey:
    matches = [k for k in found if len(key_id) >= _SHORTEST_ID and k.key_hash.startswith(key_id)]
    if len(matches) != 1:
        raise UnknownKey(key_id)
    return matches[0]


def revoke_key(store: Store, key_id: str, now: datetime) -> ApiKey:
    """Make a key useless, for good; raises `UnknownKey`. Collectors notice within their cache's seconds."""
    found = _find_by_id(list_keys(store), key_id)
    revoked = found.model_copy(update={"revoked_at": found.revoked_at or now})
    records.write_record(store, _KIND, revoked.key_hash, revoked)
    return revoked


def remove_keys(store: Store, client_id: str) -> int:
    """Remove all keys of a client, for good; how many. Collectors notice within their cache's seconds."""
    found = [key.key_hash for key in list_keys(store, client_id)]
    key_uses.remove_uses(store, found)
    store.delete(control_key(_KIND, key_hash) for key_hash in found)
    return len(found)
