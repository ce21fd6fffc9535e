"""Users as the lake knew them a moment ago, so that not every request reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from access.account_look import AccountLook, Version
from access.users import User, find_user
from lake.store import Store

_MOST_REMEMBERED: Final = 10_000


@dataclass
class _Known:
    """A user, or that there is none, believed from ``since`` on, in seconds since the epoch.

    ``is_settled`` says that the version was seen twice before the user was read: stores count changes in seconds, and
    a change of the same second would have been read.
    """

    user: User | None
    since: float
    version: Version | None
    is_settled: bool


class KnownUsers:
    """Each is believed for ``believed_s`` seconds, and again after each look that finds them unchanged."""

    def __init__(self, store: Store, clock: Callable[[], float], believed_s: float) -> None:
        self._store = store
        self._clock = clock
        self._believed_s = believed_s
        self._known: dict[str, _Known] = {}
        self._looks: tuple[AccountLook | None, AccountLook | None] = (None, None)

    async def find(self, name: str) -> User | None:
        """The user as of some seconds ago; raises `StoreUnavailable`, `access.errors.BrokenControlObject`."""
        known = self._known.get(name)
        # A clock that was set back must not have anybody believed until it is where it was.
        if known is not None and abs(self._clock() - known.since) < self._believed_s:
            return known.user
        before, last = (None if look is None else look.version_of(name) for look in self._looks)
        since = self._clock()
        user = await find_user(self._store, name)
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[name] = _Known(user, since, last, is_settled=last is not None and before == last)
        return user

    def peek(self, name: str) -> tuple[float, User | None]:
        """Since when the user is believed, and who it is; long ago and None where nothing is known."""
        known = self._known.get(name)
        return (0.0, None) if known is None else (known.since, known.user)

    def forget(self, name: str) -> None:
        """Read this user from the lake the next time, whatever is remembered."""
        self._known.pop(name, None)

    def confirm(self, look: AccountLook, at: float) -> None:
        """Believe whom ``look``, begun at ``at``, found unchanged; the others are read anew when they are asked for."""
        self._looks = (self._looks[1], look)
        for name, known in list(self._known.items()):
            if known.is_settled and known.version == look.version_of(name):
                known.since = max(known.since, at)
            else:
                self.forget(name)
