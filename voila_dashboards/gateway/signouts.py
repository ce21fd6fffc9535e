"""Which sessions were signed out: asked of the lake for each session in use, and told to it at the sign-out."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from access.account_look import AccountLook
from access.signouts import forget_expired, is_signed_out, record_sign_out
from lake.errors import LakeError
from lake.store import Store

logger = logging.getLogger(__name__)

#: Sessions remembered at most, of each kind.
_MOST: Final = 10_000
_TELL_EVERY_S: Final = 5.0
_FORGET_EVERY_S: Final = 3600.0
_FORGET_AGAIN_S: Final = 60.0


class SignOuts:
    """The signed-out sessions; what the lake said of one is believed for ``believed_s`` seconds.

    ``clock`` gives seconds since the epoch.
    """

    def __init__(self, store: Store, clock: Callable[[], float], believed_s: float) -> None:
        self._store = store
        self._clock = clock
        self._believed_s = believed_s
        self._heard: OrderedDict[str, tuple[float, bool]] = OrderedDict()
        self._untold: OrderedDict[str, float] = OrderedDict()

    async def holds(self, session_id: str, expires_at: float) -> bool:
        """Whether the session was signed out, here or on another replica; raises `StoreUnavailable`."""
        if self.knows(session_id):
            return True
        heard_at, signed_out = self._heard.get(session_id, (float("-inf"), False))
        if abs(self._clock() - heard_at) >= self._believed_s:  # a clock may have been set back
            asked_at = self._clock()
            signed_out = await is_signed_out(self._store, session_id, expires_at)
            self._remember(session_id, asked_at, signed_out=signed_out)
        return signed_out

    def knows(self, session_id: str) -> bool:
        """Whether the session is known to be signed out, without asking."""
        return session_id in self._untold or self._heard.get(session_id, (0.0, False))[1]

    def confirm(self, look: AccountLook, at: float, sessions: Mapping[str, float]) -> None:
        """Remember what ``look``, begun at ``at``, says of ``sessions``: ids to when they expire."""
        for session_id, expires_at in sessions.items():
            if not self.knows(session_id):
                self._remember(session_id, at, signed_out=look.is_signed_out(session_id, expires_at))

    async def sign_out(self, session_id: str, expires_at: float) -> None:
        """End the session: in this process at once, and everywhere once the lake has it.

        Raises `StoreUnavailable` where the lake has not: `run` goes on telling it.
        """
        self._untold[session_id] = expires_at
        if len(self._untold) > _MOST:
            self._untold.popitem(last=False)
            logger.error("Too many signed-out sessions wait for the store: the oldest was given up.")
        await self._tell(session_id, expires_at)

    async def tell(self) -> None:
        """Tell the lake what it does not know yet; raises `StoreUnavailable`."""
        for session_id, expires_at in list(self._untold.items()):
            if expires_at <= self._clock():
                self._untold.pop(session_id, None)
            else:
                await self._tell(session_id, expires_at)

    async def forget_expired(self) -> None:
        """Remove from the lake what no session needs any more; raises `StoreUnavailable`."""
        await asyncio.to_thread(forget_expired, self._store, self._clock())

    async def run(self) -> None:
        """Tell and forget until cancelled."""
        forget_at = float("-inf")
        while True:
            try:
                await self.tell()
                if self._clock() >= forget_at:
                    forget_at = self._clock() + _FORGET_AGAIN_S
                    await self.forget_expired()
                    forget_at = self._clock() + _FORGET_EVERY_S
            except LakeError as error:
                logger.warning("Signed-out sessions: %s", error)
            await asyncio.sleep(_TELL_EVERY_S)

    async def _tell(self, session_id: str, expires_at: float) -> None:
        await record_sign_out(self._store, session_id, expires_at)
        self._remember(session_id, self._clock(), signed_out=True)
        self._untold.pop(session_id, None)

    def _remember(self, session_id: str, at: float, *, signed_out: bool) -> None:
        self._heard[session_id] = (at, signed_out)
        self._heard.move_to_end(session_id)
        while len(self._heard) > _MOST:
            self._heard.popitem(last=False)
