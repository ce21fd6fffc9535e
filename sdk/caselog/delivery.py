"""From prepared logs to the collector's answer: compress, send, send again, keep on disk, or give up and count.

Runs in the daemon thread. What is not delivered is counted in `Losses` by reason, and told to the collector in the
``sdk`` field of the next log.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import losses as reasons
from .console import Console
from .errors import DeliveryError, LinesRefused, LogRefused, SenderRefused
from .losses import Losses
from .outage import Outage
from .outlet import Outlet, Pause, Queued
from .preparation import Prepared, Preparer
from .replay import Replay
from .sender import Sender
from .settings import Limits, Settings
from .spool import Spool
from .transport import KeepAlive, Transport


@dataclass
class _Flight:
    """The batch that is being sent, and where it is kept on disk meanwhile."""

    logs: list[Prepared]
    kept_in: Path | None = None


@dataclass
class Delivery(Outlet):
    """Settles batches of logs; for one thread, but for `keep`."""

    losses: Losses
    sender: Sender
    limits: Limits
    preparer: Preparer
    console: Console
    outage: Outage
    connection: KeepAlive
    spool: Spool | None = None
    replay: Replay | None = None
    _flight: _Flight | None = None
    _keeping: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(
        cls,
        settings: Settings,
        limits: Limits,
        losses: Losses,
        preparer: Preparer,
        transport: Transport | None = None,
    ) -> Delivery:
        """The way to the collector that the settings name; ``transport`` takes the place of HTTP."""
        console, connection, outage = preparer.console, KeepAlive(), Outage(limits)
        sender = Sender(settings, limits, transport or connection, console)
        delivery = cls(losses, sender, limits, preparer, console, outage, connection)
        if settings.spool_dir:
            delivery.spool = Spool(settings.spool_dir, settings.owner, limits.max_spool_bytes, console)
            delivery.replay = Replay(sender, delivery.spool, outage, limits, losses, console)
        return delivery

    def deliver(self, batch: list[Queued], pause: Pause) -> None:
        """Settle each log of the batch: stored by the collector, kept on disk, or counted as lost.

        Of a batch that is refused as a whole each log is sent on its own, so that one bad log does not take the
        others with it.
        """
        prepared = self._prepare(batch)
        try:
            if prepared and not self._keep_during_outage(prepared):
                self._settle(prepared, pause)
        except Exception as error:  # noqa: BLE001 - a mistake of our own must not end the thread
            self._flight = None
            self._lose(
                reasons.NETWORK, prepared, f"logs could not be sent ({type(error).__name__}) and are lost"
            )

    def keep(self, batch: list[Queued], until: float) -> int:
        """Write logs that will not be sent any more to the disk; how many were settled by monotonic time ``until``.

        Called by the thread that closes the client; the batch that is being sent is kept too.
        """
        if not self.spool:
            return 0
        flight = self._flight
        if flight:
            self._keep_flight(flight)
        settled, place = 0, 0
        while place < len(batch) and time.monotonic() < until:
            some = batch[place : place + self.limits.max_batch_logs]
            place += len(some)
            prepared = self._prepare(some)
            is_kept = not prepared or self.spool.write([log.line for log in prepared])
            settled += len(some) if is_kept else len(some) - len(prepared)
        return settled

    def send_kept(self, *, hurries: bool) -> float | None:
        """Send one file of those that wait on disk, of this process or one before it."""
        return self.replay.send_one(hurries=hurries) if self.replay else None

    def count_kept(self) -> int:
        """How many logs of this process wait on disk."""
        return self.spool.count_own() if self.spool else 0

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def abandon(self) -> None:
        """Let go of the connection in a forked child: it is the parent's."""
        self.connection.abandon()

    def _prepare(self, batch: list[Queued]) -> list[Prepared]:
        return [log for log in map(self.preparer.prepare, batch) if log]

    def _keep_during_outage(self, logs: list[Prepared]) -> bool:
        """Whether the logs went straight to the disk, because the collector did not answer a moment ago."""
        if self.spool is None or self.outage.remaining_s() == 0:
            return False
        return self.spool.write([log.line for log in logs]) is not None

    def _settle(self, logs: list[Prepared], pause: Pause) -> None:
        self._flight = flight = _Flight(logs)
        try:
            answered, refusal = self._send_until_settled(flight, pause), None
        except LogRefused as error:
            answered, refusal = True, error
        self._flight = None
        if flight.kept_in and self.spool and answered:
            self.spool.remove(flight.kept_in)
        if isinstance(refusal, LinesRefused):
            self.outage.end()
            refused = [log for line, log in enumerate(logs, 1) if line in refusal.lines]
            self._lose(reasons.REFUSED, refused, str(refusal))
        elif refusal and len(logs) > 1:
            for log in logs:
                self._settle([log], pause)
        elif refusal:
            self._lose(reasons.REFUSED, logs, str(refusal))

    def _send_until_settled(self, flight: _Flight, pause: Pause) -> bool:
        """True when the collector took the logs, False when they are on disk or given up; raises `LogRefused`."""
        request = self.sender.pack([log.line for log in flight.logs])
        while True:
            try:
                self.sender.send(request, len(flight.logs))
                self.outage.end()
            except DeliveryError as error:  # noqa: PERF203 - each round waits for the network
                if isinstance(error, LogRefused) and not (self.spool and isinstance(error, SenderRefused)):
                    raise
                self.console.say(type(error).__name__, str(error))
                if not self._wait(error, flight, pause):
                    return False
            else:
                return True

    def _wait(self, error: DeliveryError, flight: _Flight, pause: Pause) -> bool:
        """Wait before sending again; False where the logs are on disk now, or are given up."""
        pause_s = self.outage.note(error)
        self.console.debug(
            f"{len(flight.logs)} log(s) not taken: {type(error).__name__}, next try in {pause_s:.1f} s"
        )
        if self._keep_flight(flight):
            return False
        age_s = time.monotonic() - flight.logs[0].at
        gone_on = age_s <= self.limits.max_age_s and pause(pause_s, self.outage.may_hurry())
        if not gone_on and not flight.kept_in:
            self._lose(*self._explain_loss(age_s, flight.logs, error))
        return gone_on

    def _explain_loss(
        self, age_s: float, logs: list[Prepared], error: DeliveryError
    ) -> tuple[str, list[Prepared], str]:
        if age_s <= self.limits.max_age_s:
            return reasons.NETWORK, logs, ""
        return reasons.EXPIRED, logs, f"{error}, but not for longer than {self.limits.max_age_s:g} s: lost"

    def _keep_flight(self, flight: _Flight) -> bool:
        with self._keeping:
            if self.spool and not flight.kept_in:
                flight.kept_in = self.spool.write([log.line for log in flight.logs])
                self.console.debug(
                    f"{len(flight.logs)} log(s) {'wait on disk' if flight.kept_in else 'wait in memory'}"
                )
            return flight.kept_in is not None

    def _lose(self, reason: str, logs: list[Prepared], sentence: str = "") -> None:
        self.losses.count(reason, len(logs))
        for log in logs:
            self.losses.unmark_told(log.told)
        if sentence:
            self.console.say(f"lost {reason}", sentence)
