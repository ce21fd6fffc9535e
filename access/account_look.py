"""What is kept of accounts at one moment: four listings, however many users, sessions and open pages there are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from access.passwords import password_key
from access.signouts import session_key, sign_out_key
from lake.layout import CONTROL, control_key
from lake.store import Store

_KINDS: Final = ("users", "passwords", "sign_outs", "sessions")

#: Size in bytes and time of the last change of an object, None where there is none.
_Stored = tuple[int, datetime] | None
#: Of everything that is kept of one user.
Version = tuple[_Stored, _Stored, _Stored]


@dataclass(frozen=True)
class AccountLook:
    """Which objects of accounts there were, by key."""

    objects: Mapping[str, tuple[int, datetime]]

    def version_of(self, name: str) -> Version:
        """Changes with the user; not where the same second, as stores count it, saw another change of equal size."""
        keys = (control_key("users", name), password_key(name), sign_out_key(name))
        user, password, sign_out = (self.objects.get(key) for key in keys)
        return user, password, sign_out

    def is_signed_out(self, session_id: str, expires_at: float) -> bool:
        """Whether the session was signed out by itself."""
        return session_key(session_id, expires_at) in self.objects


async def look_at_accounts(store: Store) -> AccountLook:
    """What there is now; a request to the store for each thousand objects of a kind. Raises `StoreUnavailable`."""
    kinds = await asyncio.gather(*(asyncio.to_thread(_list, store, kind) for kind in _KINDS))
    return AccountLook({key: told for kind in kinds for key, told in kind.items()})


def _list(store: Store, kind: str) -> dict[str, tuple[int, datetime]]:
    return {found.key: (found.size, found.modified) for found in store.list(f"{CONTROL}{kind}")}
