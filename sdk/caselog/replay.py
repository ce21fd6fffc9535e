"""Sends what waits on disk, a file at a time, whenever no new log waits: by this process or one before it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import losses as reasons
from .console import Console
from .errors import CollectorBusy, DeliveryError, LinesRefused, LogRefused, SenderRefused
from .losses import Losses
from .outage import Outage
from .sender import Sender
from .settings import Limits
from .spool import Spool

#: A file that makes the collector fail so many times is left aside for so many seconds.
_MAX_FAILURES = 3
_SKIP_S = 300.0


@dataclass
class Replay:
    """What waits on disk for one client; for one thread, never raises."""

    sender: Sender
    spool: Spool
    outage: Outage
    limits: Limits
    losses: Losses
    console: Console
    _skipped: dict[Path, float] = field(default_factory=dict)
    _failures: dict[Path, int] = field(default_factory=dict)

    def send_one(self, *, hurries: bool) -> float | None:
        """Seconds until it is worth calling again: 0 where another file waits, None where none does."""
        path = self._next()
        if path is None:
            return None
        wait_s = self.outage.remaining_s(hurries=hurries)
        if wait_s > 0:
            return wait_s
        try:
            return self._send(path)
        except Exception as error:  # noqa: BLE001 - a mistake of our own must not end the thread
            self._skip(path)
            self.console.say(
                "replay", f"a file in CASELOG_SPOOL_DIR could not be sent ({type(error).__name__})"
            )
            return 0.0

    def _next(self) -> Path | None:
        now = time.monotonic()
        return next((path for path in self.spool.paths() if self._skipped.get(path, 0.0) <= now), None)

    def _send(self, path: Path) -> float:
        lines = self.spool.read(path)
        if not lines:
            self._skip(path)
        elif self.spool.age_s(path) > self.limits.max_spool_age_s:
            self.losses.count(reasons.EXPIRED, len(lines))
            self.spool.remove(path)
        else:
            return self._send_lines(path, lines)
        return 0.0

    def _send_lines(self, path: Path, lines: list[bytes]) -> float:
        try:
            self._send_each(lines)
        except DeliveryError as error:
            self.console.say(type(error).__name__, str(error))
            if isinstance(error, CollectorBusy) and not error.is_about_load:
                self._note_failure(path)
            return self.outage.note(error)
        self.console.debug(f"{len(lines)} log(s) that waited on disk are settled")
        self.outage.end()
        self._failures.pop(path, None)
        self.spool.remove(path)
        return 0.0

    def _note_failure(self, path: Path) -> None:
        self._failures[path] = self._failures.get(path, 0) + 1
        if self._failures[path] >= _MAX_FAILURES:
            self._skip(path)

    def _send_each(self, lines: Sequence[bytes]) -> None:
        """Nothing where each line is stored or refused for good; otherwise raises, and all of them stay."""
        try:
            self.sender.send(self.sender.pack(lines), len(lines))
        except SenderRefused:
            raise
        except LogRefused as refusal:
            if isinstance(refusal, LinesRefused):
                self._lose(len(refusal.lines), refusal)
            elif len(lines) == 1:
                self._lose(1, refusal)
            else:
                for line in lines:
                    self._send_each([line])

    def _lose(self, logs: int, refusal: LogRefused) -> None:
        self.losses.count(reasons.REFUSED, logs)
        self.console.say("lost refused", str(refusal))

    def _skip(self, path: Path) -> None:
        self._skipped[path] = time.monotonic() + _SKIP_S
