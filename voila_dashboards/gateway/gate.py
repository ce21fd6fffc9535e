"""Whether a name and a password open the door: checked a few at a time, because each check takes 64 MiB and a core."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from access.users import MAX_PASSWORD, User, get_user, verify_password
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

    async def verify(self, attempt: Attempt) -> Admitted | None:
        """Who signed in; None where name or password is not right, after as long for a name that there is not.

        Raises `TooManyAttempts`, `lake.errors.StoreUnavailable`, `access.errors.BrokenControlObject`.
        """
        device = self._devices.find(attempt.device_cookie, attempt.name)
        if device is not None:
            user = await self._find(attempt.name)
            async with self._devices.turn(device) as has_attempts:
                if has_attempts:
                    return await self._verify_known(user, attempt, device)
        return await self._verify_stranger(attempt)

    async def _verify_known(self, user: User | None, attempt: Attempt, device: Device) -> Admitted | None:
        if user is None or not await _fits(user, attempt.password):
            self._devices.record_failure(device)
            return None
        self._devices.record_success(device)
        return Admitted(user, self._devices.issue(user.name, device))

    async def _verify_stranger(self, attempt: Attempt) -> Admitted | None:
        with self._strangers.place(attempt.name, attempt.network) as place:
            user = await self._find(attempt.name)
            async with self._strangers.turn(place):
                if await _fits(user, attempt.password) and user is not None:
                    self._strangers.record_success(place)
                    return Admitted(user, self._devices.issue(user.name, None))
                self._strangers.record_failure(place)
                return None

    async def _find(self, name: str) -> User | None:
        return await asyncio.to_thread(get_user, self._store, name)


async def _fits(user: User | None, password: str) -> bool:
    return await asyncio.to_thread(verify_password, user, password[:MAX_PASSWORD])
