"""From prepared logs to the collector's answer: compress, send, send again, keep on disk, or give up and count.

Runs in the daemon thread. What is not delivered is counted in `Losses` by reason, and told to the collector in the
``sdk`` field of the next log.
"""

from __future__ import annotations

import gzip
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import losses as reasons
from .answers import backoff_s, check_answer
from .console import Console
from .errors import DeliveryError, LogRefused
from .losses import Losses
from .preparation import Prepared, Preparer
from .settings import Limits, Settings
from .shipper import Pause, Queued
from .spool import Spool
from .transport import Request, Transport
from .version import __version__


@dataclass
class _Flight:
    """The batch that is being sent, and where it is kept on disk meanwhile."""

    logs: list[Prepared]
    kept_in: Path | None = None


@dataclass
class Delivery:
    """Settles batches of logs over a transport; for one thread, but for `keep`."""

    settings: Settings
    limits: Limits
    preparer: Preparer
    transport: Transport
    losses: Losses
    console: Console
    spool: Spool | None = None
    _flight: _Flight | None = None
    _keeping: threading.Lock = field(default_factory=threading.Lock)

    def deliver(self, batch: list[Queued], pause: Pause) -> None:
        """Settle each log of the batch: stored by the collector, kept on disk, or counted as lost.

        One log goes as JSON, more as NDJSON. Of a batch that is refused each log is sent on its own, so that one
        bad log does not take the others with it.
        """
        prepared = self._prepare(batch)
        try:
            if prepared and self._settle(prepared, pause):
                self._replay(pause)
        except Exception as error:  # noqa: BLE001 - a mistake of our own must not end the thread
            self.losses.count(reasons.NETWORK, len(prepared))
            self.console.say("deliver", f"logs could not be sent ({type(error).__name__}) and are lost")

    def keep(self, batch: list[Queued], until: float) -> int:
        """Write logs that will not be sent any more to the disk; how many were, by monotonic time ``until``.

        Called by the thread that closes the client; the batch that is being sent is kept too.
        """
        if not self.spool:
            return 0
        if self._flight:
            self._keep_flight(self._flight)
        prepared: list[Prepared] = []
        for queued in batch:
            if time.monotonic() > until:
                break
            prepared += self._prepare([queued])
        return len(prepared) if prepared and self.spool.write([log.line for log in prepared]) else 0

    def _prepare(self, batch: list[Queued]) -> list[Prepared]:
        return [log for log in map(self.preparer.prepare, batch) if log]

    def _settle(self, logs: list[Prepared], pause: Pause) -> bool:
        """Whether the collector answered for each of the logs."""
        self._flight = flight = _Flight(logs)
        try:
            answered, refusal = self._send_until_settled(flight, pause), None
        except LogRefused as error:
            answered, refusal = True, error
        self._flight = None
        if flight.kept_in and self.spool and answered:
            self.spool.remove(flight.kept_in)
        if refusal and len(logs) > 1:
            each = [self._settle([log], pause) for log in logs]
            return all(each)
        if refusal:
            self._lose(reasons.REFUSED, logs, str(refusal))
        return answered

    def _send_until_settled(self, flight: _Flight, pause: Pause) -> bool:
        """True when the logs were stored, False when they were given up; raises `LogRefused`."""
        request = self._request([log.line for log in flight.logs])
        attempt = 0
        while True:
            try:
                self._send(request, len(flight.logs))
            except LogRefused:  # noqa: PERF203 - each round waits for the network
                raise
            except DeliveryError as error:
                self.console.say(type(error).__name__, str(error))
                self._keep_flight(flight)
                if not self._wait(attempt, error, flight, pause):
                    return False
                attempt += 1
            else:
                return True

    def _wait(self, attempt: int, error: DeliveryError, flight: _Flight, pause: Pause) -> bool:
        """Wait before sending again; False where the logs were given up instead."""
        age_s = time.monotonic() - flight.logs[0].at
        asked_s = error.retry_after_s
        own_s = backoff_s(attempt, self.limits, random.random())  # noqa: S311 - spreads clients in time, hides nothing
        gone_on = age_s <= self.limits.max_age_s and pause(
            own_s if asked_s is None else asked_s, asked_s is None
        )
        if not gone_on and not flight.kept_in:
            self._lose(*self._explain_loss(age_s, flight.logs, error))
        return gone_on

    def _explain_loss(
        self, age_s: float, logs: list[Prepared], error: DeliveryError
    ) -> tuple[str, list[Prepared], str]:
        if age_s <= self.limits.max_age_s:
            return reasons.NETWORK, logs, ""
        return reasons.EXPIRED, logs, f"{error}, but not for longer than {self.limits.max_age_s:g} s: lost"

    def _keep_flight(self, flight: _Flight) -> None:
        with self._keeping:
            if self.spool and not flight.kept_in:
                flight.kept_in = self.spool.write([log.line for log in flight.logs])

    def _replay(self, pause: Pause) -> None:
        """Send what is on disk, now that the collector answers; what it does not take now stays for the next time."""
        for path in self.spool.paths() if self.spool else ():
            lines = self.spool.read(path) if self.spool and pause(0, False) else []  # noqa: FBT003 - a `Pause`
            if lines and not self._send_again(lines):
                return
            if lines and self.spool:
                self.spool.remove(path)

    def _send_again(self, lines: list[bytes]) -> bool:
        try:
            self._send(self._request(lines), len(lines))
        except LogRefused as refusal:
            if len(lines) > 1:
                each = [self._send_again([line]) for line in lines]
                return all(each)
            self._lose(reasons.REFUSED, [Prepared(lines[0], 0.0, {})], str(refusal))
        except DeliveryError:
            return False
        return True

    def _send(self, request: Request, logs: int) -> None:
        """Nothing where the logs are stored; otherwise raises the `DeliveryError` that the answer means."""
        check_answer(self.settings.url, self.transport(request), explains=logs == 1)
        self.console.debug(f"{logs} log(s) stored, {len(request.body)} bytes sent")

    def _lose(self, reason: str, logs: list[Prepared], sentence: str = "") -> None:
        self.losses.count(reason, len(logs))
        for log in logs:
            self.losses.unmark_told(log.told)
        if sentence:
            self.console.say(f"lost {reason}", sentence)

    def _request(self, lines: Sequence[bytes]) -> Request:
        headers = {
            "X-API-Key": self.settings.api_key,
            "Content-Type": "application/json" if len(lines) == 1 else "application/x-ndjson",
            "Content-Encoding": "gzip",
            "Accept": "application/json",
            "User-Agent": f"caselog-python/{__version__}",
        }
        return Request(self.settings.url, headers, gzip.compress(b"\n".join(lines)), self.limits.timeout_s)
