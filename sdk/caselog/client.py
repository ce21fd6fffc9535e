"""One client: its settings, its queue, and the counts of what it lost."""

from __future__ import annotations

import atexit
import importlib
import os
import sys
import time
import weakref
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Callable

from . import losses as reasons
from .clock import now_utc
from .console import Console
from .errors import NotALog
from .guard import never_raises
from .ids import uuid7
from .losses import Losses
from .model import SCHEMA_VERSION, TRACE_PARTS
from .serialize import dump
from .settings import METRICS_ONLY, OFF, Limits, Settings
from .shipper import Outlet, Queued, Shipper
from .version import __version__

if TYPE_CHECKING:
    from .transport import Transport


class Client:
    """Ships logs to one collector in the background; see the functions of `caselog` for the usual way in."""

    def __init__(
        self,
        settings: Settings,
        limits: Limits | None = None,
        *,
        transport: Transport | None = None,
        console: Console | None = None,
    ) -> None:
        """``transport`` takes the place of HTTP, in tests."""
        self._settings = settings
        self._limits = limits or Limits()
        self._transport = transport
        self._console = console or Console()
        self._losses = Losses()
        self._shipper = Shipper(self._open_outlet, self._limits)
        self._ends_with_process = False
        _clients.add(self)

    @never_raises(bool)
    def ship(self, log: Any) -> bool:
        """Queue a log as it is now; True where it was accepted. Never blocks on the network, never raises."""
        if self._settings.level == OFF:
            return False
        if not isinstance(log, Mapping):
            self._losses.count(reasons.NOT_SERIALISABLE)
            self._console.say("not a log", str(NotALog(type(log))))
            return False
        self.end_with_process()
        accepted = self._shipper.submit(dump(self._complete(log)))
        if not accepted:
            self._count_dropped()
        return accepted

    def _count_dropped(self) -> None:
        closed = self._shipper.is_closed()
        self._losses.count(reasons.NETWORK if closed else reasons.QUEUE_FULL)
        why = "the client is closed" if closed else "the queue is full"
        self._console.say(why, f"{why}: a log was dropped")

    @never_raises(bool)
    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until every log accepted so far is delivered or given up; False where the deadline came first."""
        return self._shipper.flush(timeout_s)

    @never_raises(lambda: None)
    def close(self, timeout_s: float = 5.0) -> None:
        """Flush with the deadline, then stop; logs that are still undelivered are counted as lost and named."""
        self._shipper.flush(timeout_s)
        left = self._shipper.pending()
        dropped = self._shipper.stop()
        kept = self._shipper.keep(dropped, time.monotonic() + self._limits.exit_flush_s)
        self._losses.count(reasons.NETWORK, len(dropped) - kept)
        atexit.unregister(self._end)
        if left:
            fate = "wait in CASELOG_SPOOL_DIR" if self._settings.spool_dir else "are lost"
            self._console.say("left", f"{left} log(s) could not be delivered before the end and {fate}")

    def stats(self) -> dict[str, Any]:
        """Logs waiting, and logs lost by reason, of this process."""
        return {"pending": self._shipper.pending(), "lost": self._losses.total()}

    def _complete(self, log: Mapping[str, Any]) -> dict[str, Any]:
        """The log with identity, owner and time where it has none; without a trace where the level says so."""
        given = {name: value for name, value in log.items() if value is not None}
        if self._settings.level == METRICS_ONLY:
            given = {name: value for name, value in given.items() if not _is_trace(name, value)}
        made = {"schema_version": SCHEMA_VERSION, "log_id": uuid7(), "client_id": self._settings.client_id}
        if "executed_at" not in given:
            made["executed_at"] = _start_of(given.get("execution_time_seconds"))
        return {**{name: value for name, value in made.items() if value is not None}, **given}

    def _open_outlet(self) -> Outlet:
        try:
            return self._load_outlet()
        except Exception as error:  # noqa: BLE001 - a Python without ssl, say: logs are lost, nothing else
            self._console.say_once(
                "load", f"logs cannot be sent from this Python: {type(error).__name__}: {error}"
            )
            return Outlet(
                lambda batch, _pause: self._losses.count(reasons.NETWORK, len(batch)),
                _keep_nothing,
                _do_nothing,
                _do_nothing,
            )

    def _load_outlet(self) -> Outlet:
        from .delivery import Delivery  # ssl, gzip and the rules: in the thread, not at import
        from .masking import Masker
        from .preparation import Preparer
        from .spool import Spool
        from .transport import KeepAlive

        connection = KeepAlive()
        settings, limits, losses, console = self._settings, self._limits, self._losses, self._console
        sdk = {"name": "caselog-python", "version": __version__}
        masker = Masker.from_settings(settings, self._shipper.rest)
        preparer = Preparer(settings.level, limits, masker, losses, console, sdk)
        owner, folder = f"{settings.url} {settings.api_key}", settings.spool_dir
        spool = Spool(folder, owner, limits.max_spool_bytes, console) if folder else None
        transport = self._transport or connection
        delivery = Delivery(settings, limits, preparer, transport, losses, console, spool)
        return Outlet(delivery.deliver, delivery.keep, connection.close, connection.abandon)

    def end_with_process(self) -> None:
        """Flush at the end of the process, with a deadline."""
        if not self._ends_with_process:
            self._ends_with_process = True
            at_process_end(self._end)

    def _end(self) -> None:
        self.close(self._limits.exit_flush_s)

    def before_fork(self) -> None:
        """Make sure that the child inherits nothing half done."""
        self._shipper.before_fork()

    def after_fork_in_parent(self) -> None:
        """Go on as before."""
        self._shipper.after_fork_in_parent()

    def after_fork_in_child(self) -> None:
        """Start with an empty queue and no losses: those of the parent are the parent's to deliver and to tell."""
        self._losses.start_anew()
        self._ends_with_process = False
        self._shipper.after_fork_in_child()


def at_process_end(step: Callable[[], None]) -> None:
    """Run a step at the end of the process, before those that were registered earlier."""
    atexit.register(step)
    multiprocessing = sys.modules.get("multiprocessing")
    if multiprocessing and multiprocessing.parent_process():
        # A forked child of multiprocessing leaves by os._exit, which runs its finalizers but not atexit's.
        importlib.import_module("multiprocessing.util").Finalize(None, step, exitpriority=0)


def _keep_nothing(_logs: list[Queued], _until: float) -> int:
    return 0


def _do_nothing() -> None:
    """Nothing was opened, nothing is to be closed."""


def _is_trace(name: str, value: Any) -> bool:
    return name == "trace" or (name in TRACE_PARTS and not isinstance(value, (int, float)))


def _start_of(seconds: Any) -> str:
    """When a run of so many seconds that ends now began, in UTC; now where the length is unknown."""
    known = isinstance(seconds, (int, float)) and 0 <= seconds < 10**9
    return (now_utc() - timedelta(seconds=seconds if known else 0)).isoformat()


_clients: weakref.WeakSet[Client] = weakref.WeakSet()


def _each_client(step: Callable[[Client], None]) -> Callable[[], None]:
    def run() -> None:
        for client in list(_clients):
            step(client)

    return run


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(
        before=_each_client(Client.before_fork),
        after_in_parent=_each_client(Client.after_fork_in_parent),
        after_in_child=_each_client(Client.after_fork_in_child),
    )
