"""Browsers in which a user has signed in before: a signed cookie says so, and what they get wrong counts by itself."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import itsdangerous

from voila_dashboards.gateway.attempts import Failures
from voila_dashboards.settings import DashboardSettings

#: Attempts of one browser that wait at once; more are a stranger's.
_MOST_WAITING: Final = 2


@dataclass(frozen=True)
class Device:
    """One browser, for one user."""

    device_id: str
    user: str


class Devices:
    """Issues and reads the cookie; ``clock`` gives seconds since the epoch."""

    def __init__(self, settings: DashboardSettings, secret: str, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._serializer = itsdangerous.URLSafeSerializer(
            secret, salt="caselog-device", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._failures = Failures(settings.login_window_s)
        self._waiting: Counter[str] = Counter()
        self._one = asyncio.Lock()

    @property
    def cookie_name(self) -> str:
        """`__Secure-` where there is TLS."""
        return "__Secure-caselog-device" if self._settings.is_https else "caselog-device"

    def issue(self, user: str, known: Device | None) -> str:
        """The cookie value for ``user``; a browser that is known stays the same one."""
        device_id = known.device_id if known is not None else secrets.token_hex(16)
        until = self._clock() + self._settings.login_device_ttl_s
        return str(self._serializer.dumps({"dev": device_id, "user": user, "exp": until}))

    def find(self, cookie: str | None, user: str) -> Device | None:
        """The browser, where ``user`` signed in with it before and it has not failed too often since."""
        try:
            claims = self._serializer.loads(cookie) if cookie else None
        except itsdangerous.BadData:
            return None
        if (
            not isinstance(claims, dict)
            or claims.get("user") != user
            or claims.get("exp", 0) <= self._clock()
        ):
            return None
        device = Device(str(claims.get("dev")), user)
        return device if self._has_attempts(device) else None

    @asynccontextmanager
    async def turn(self, device: Device) -> AsyncIterator[bool]:
        """Waits until no other known browser has its turn; whether this one still has attempts left."""
        self._waiting[device.device_id] += 1
        try:
            async with self._one:
                yield (
                    self._failures.count(device.device_id, self._clock())
                    < self._settings.login_attempts_per_device
                )
        finally:
            self._waiting[device.device_id] -= 1
            if not self._waiting[device.device_id]:
                del self._waiting[device.device_id]

    def record_failure(self, device: Device) -> None:
        """The password was wrong."""
        self._failures.record(device.device_id, self._clock())

    def record_success(self, device: Device) -> None:
        """The password was right."""
        self._failures.forget(device.device_id)

    def _has_attempts(self, device: Device) -> bool:
        failed = self._failures.count(device.device_id, self._clock())
        return (
            failed < self._settings.login_attempts_per_device
            and self._waiting[device.device_id] < _MOST_WAITING
        )
