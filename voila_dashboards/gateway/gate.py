"""Whether a name and a password open the door: checked a few at a time, because each check takes 64 MiB and a core."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from access.passwords import MAX_PASSWORD
from access.users import User, find_user, verify_password
from lake.store import Store
from voila_dashboards.gateway.attempts import Queue, Sleep
from voila_dashboards.gateway.devices import Device, Devices
from voila_dashboards.settings import DashboardSettings


@dataclass(frozen=True)
class Attempt:
    """What somebody presents: the form's words, where it comes from, and the browser's own cookie."""

    name: str
    password: str = field(repr=False)
    network: str
    device_cookie: str | None = field(repr=False)


@dataclass(frozen=True)
class Admitted:
    """Who signed in, and the cookie by which his browser is known from now on."""

    user: User
    device_cookie: str = field(repr=False)


@dataclass(frozen=True)
class Refused:
    """The door stays shut; ``user`` is whom the name belongs to, for the audit and for nobody at the door."""

    user: User | None


class Gate:
    """Checks passwords: one of a stranger and one of a known browser at a time.

    ``clock`` gives seconds since the epoch, ``sleep`` lets seconds of it pass.
    """

    def __init__(
        self, settings: DashboardSettings, secret: str, store: Store, clock: Callable[[], float], sleep: Sleep
    ) -> None:
        self._store = store
        self._devices = Devices(settings, secret, clock)
        self._strangers = Queue(settings, clock, sleep)

    @property
    def cookie_name(self) -> str:
        """The name of the cookie by which a browser is known."""
        return self._devices.cookie_name

    async def verify(self, attempt: Attempt) -> Admitted | Refused:
        """Who signed in, or a refusal: the name or the password is not right, or the user is disabled.

        All of these take as long.

        Raises `TooManyAttempts`, `lake.errors.StoreUnavailable`, `access.errors.BrokenControlObject`.
        """
        device = self._devices.find(attempt.device_cookie, attempt.name)
        if device is not None:
            user = await self._find(attempt.name)
            async with self._devices.turn(device) as has_attempts:
                if has_attempts:
                    return await self._verify_known(user, attempt, device)
        return await self._verify_stranger(attempt)

    async def _verify_known(self, user: User | None, attempt: Attempt, device: Device) -> Admitted | Refused:
        if user is None or not await _fits(user, attempt.password):
            self._devices.record_failure(device)
            return Refused(user)
        self._devices.record_success(device)
        return Admitted(user, self._devices.issue(user.name, device))

    async def _verify_stranger(self, attempt: Attempt) -> Admitted | Refused:
        with self._strangers.place(attempt.name, attempt.network) as place:
            user = await self._find(attempt.name)
            async with self._strangers.turn(place):
                if await _fits(user, attempt.password) and user is not None:
                    self._strangers.record_success(place)
                    return Admitted(user, self._devices.issue(user.name, None))
                self._strangers.record_failure(place)
                return Refused(user)

    async def _find(self, name: str) -> User | None:
        return await find_user(self._store, name)


async def _fits(user: User | None, password: str) -> bool:
    """Whether the password opens the door; a disabled user's is checked as well, so that no answer is told apart."""
    is_right = await asyncio.to_thread(verify_password, user, password[:MAX_PASSWORD])
    return is_right and user is not None and user.disabled_at is None
