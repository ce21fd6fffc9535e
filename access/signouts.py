"""Sessions that were signed out before their time: a small object each, so that every replica knows, also later.

That the object is there says all: its name holds when the session would have ended by itself, and a hash of the
session's id. Whoever may list them learns no session. Who signed out everywhere has one object that says when.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Final

from access import records
from access.records import Record
from lake.errors import ObjectNotFound
from lake.layout import CONTROL, control_key
from lake.store import Store

_KIND: Final = "sessions"
_EVERYWHERE: Final = "sign_outs"
_NAME: Final = re.compile(rf"{CONTROL}{_KIND}/(\d{{12}})-[0-9a-f]{{32}}\.json", re.ASCII)
_WRITE_TIMEOUT_S: Final = 5.0
#: A session that is over needs no object; but a replica whose clock is behind takes it for one that is not.
_GRACE_S: Final = 3600.0


class SignOut(Record):
    """That every session of a user ended at ``signed_out_at``; of the user made at ``user_created_at`` alone."""

    name: str
    user_created_at: datetime
    signed_out_at: datetime


def write_sign_out(store: Store, sign_out: SignOut) -> None:
    """Write or replace when the user signed out everywhere, durably; raises `lake.errors.StoreUnavailable`."""
    records.write_record(store, _EVERYWHERE, sign_out.name, sign_out)


def read_sign_out(store: Store, name: str) -> SignOut | None:
    """When the user signed out everywhere, or ``None`` where they never did."""
    return records.read_record(store, SignOut, _EVERYWHERE, name)


def sign_out_key(name: str) -> str:
    """Where it is kept when the user signed out everywhere."""
    return control_key(_EVERYWHERE, name)


async def record_sign_out(store: Store, session_id: str, expires_at: float) -> None:
    """Make the session worthless everywhere; ``expires_at`` in seconds since the epoch. Raises `StoreUnavailable`."""
    await store.put_async(session_key(session_id, expires_at), b"{}", timeout_s=_WRITE_TIMEOUT_S)


async def is_signed_out(store: Store, session_id: str, expires_at: float) -> bool:
    """Whether the session was signed out; raises `StoreUnavailable`."""
    try:
        await store.get_async(session_key(session_id, expires_at))
    except ObjectNotFound:
        return False
    return True


def forget_expired(store: Store, now: float) -> int:
    """Remove the objects of sessions that have ended by themselves; how many. Raises `StoreUnavailable`."""
    found = ((each.key, _NAME.fullmatch(each.key)) for each in store.list(f"{CONTROL}{_KIND}"))
    expired = [key for key, name in found if name is not None and int(name[1]) + _GRACE_S < now]
    store.delete(expired)
    return len(expired)


def session_key(session_id: str, expires_at: float) -> str:
    """Where it is kept that the session was signed out."""
    digest = hashlib.sha256(session_id.encode()).hexdigest()[:32]
    return control_key(_KIND, f"{int(expires_at):012d}-{digest}")
