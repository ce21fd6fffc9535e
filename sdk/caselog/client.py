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
from .clock import new_id, now_utc
from .console import Console
from .errors import NotALog
from .guard import never_raises
from .losses import Losses
from .model import SCHEMA_VERSION, is_kept_without_trace
from .outlet import Outlet
from .serialize import dump, read_mapping
from .settings import METRICS_ONLY, OFF, Limits, OwnMask, Settings
from .shipper import Shipper

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
        #: Asked about every value of a log after the SDK's own masking; see `caselog.set_mask`.
        self.mask: OwnMask | None = None
        self._settings = settings
        self._limits = limits or Limits()
        self._transport = transport
        self._console = console or Console()
        self._losses = Losses()
        self._shipper = Shipper(self._open_outlet, self._limits)
        self._ends_with_process = False
        self._pid = os.getpid()
        _clients.add(self)

    @never_raises(bool)
    def ship(self, log: Any) -> bool:
        """Queue a log as it is now; True where it was accepted. Never blocks on the network, never raises."""
        if self._settings.level == OFF:
            self._console.debug("a log is not sent: CASELOG_LEVEL is OFF, or a variable is missing")
            return False
        if type(log) is not dict and not isinstance(log, Mapping):
            self._losses.count(reasons.NOT_SERIALISABLE)
            self._console.say("not a log", str(NotALog(type(log))))
            return False
        # A destructor at the very end: no thread starts any more, and some Pythons wait for it all the same.
        if sys.is_finalizing():
            return self._drop(reasons.NETWORK)
        self._notice_fork()
        self._end_with_child()
        text = dump(self.complete(log if type(log) is dict else read_mapping(log)))
        reason = self._shipper.submit(text)
        if reason is not None:
            return self._drop(reason)
        if self._console.is_debugging:
            self._console.debug(f"a log of {len(text)} bytes is queued")
        return self._deliver_last() if _process_ends else True

    def _deliver_last(self) -> bool:
        """Wait for a log that is shipped when the process has waited for its logs already; whether it is on its way."""
        lost = self._losses.total()
        if self._shipper.flush(self._limits.exit_flush_s):
            return self._losses.total() == lost
        # What waits on disk is sent by the next process.
        return self._shipper.count_kept() > 0 or self._drop(reasons.NETWORK)

    def _drop(self, reason: str) -> bool:
        self._losses.count(reason)
        why = "the queue is full" if reason == reasons.QUEUE_FULL else "the process or the client has ended"
        self._console.say(why, f"{why}: a log was dropped")
        return False

    @never_raises(bool)
    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until every log accepted so far is delivered or given up; False where the deadline came first."""
        self._notice_fork()
        return self._shipper.flush(timeout_s)

    @never_raises(lambda: None)
    def close(self, timeout_s: float = 5.0) -> None:
        """Flush with the deadline, then stop; logs that are still undelivered are counted as lost and named."""
        self._notice_fork()
        ends_at = time.monotonic() + timeout_s
        # Writing to the disk takes its time too.
        self._shipper.flush(timeout_s * (0.75 if self._settings.spool_dir else 1.0), drains=True)
        left = self._shipper.pending()
        dropped = self._shipper.stop()
        settled = self._shipper.keep(dropped, max(ends_at, time.monotonic() + _MIN_KEEPING_S))
        lost = len(dropped) - settled
        self._losses.count(reasons.NETWORK, lost)
        if left:
            kept = self._shipper.count_kept()
            fate = f"{kept} of them wait in CASELOG_SPOOL_DIR" if kept else "they are lost"
            self._console.say("left", f"{left} log(s) could not be delivered before the end; {fate}")

    def stats(self) -> dict[str, Any]:
        """Logs waiting, and logs lost by reason, of this process."""
        return {"pending": self._shipper.pending(), "lost": self._losses.total()}

    def complete(self, log: Mapping[str, Any]) -> dict[str, Any]:
        """The log with identity, owner and time where it has none; without a trace where the level says so."""
        made: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "log_id": new_id()}
        if self._settings.client_id is not None:
            made["client_id"] = self._settings.client_id
        if log.get("executed_at") is None:
            made["executed_at"] = _start_of(log.get("execution_time_seconds"))
        keeps_trace = self._settings.level != METRICS_ONLY
        given = {
            name: value
            for name, value in log.items()
            if value is not None and (keeps_trace or is_kept_without_trace(name, value))
        }
        return {**made, **given}

    def _open_outlet(self) -> Outlet:
        """Where the thread takes its batches; called there, so that ssl, gzip and the rules are loaded there."""
        try:
            from .delivery import Delivery
            from .masking import Masker
            from .preparation import Preparer

            settings, limits, losses = self._settings, self._limits, self._losses
            masker = Masker.from_settings(settings, self._shipper.rest)
            preparer = Preparer(settings.level, limits, masker, losses, self._console, lambda: self.mask)
            return Delivery.open(settings, limits, losses, preparer, self._transport)
        except Exception as error:  # noqa: BLE001 - a Python without ssl, say: logs are lost, nothing else
            why = f"{type(error).__name__}: {error}"
            self._console.say_once("load", f"logs cannot be sent from this Python: {why}")
            return Outlet(self._losses)

    def _end_with_child(self) -> None:
        """A forked child of multiprocessing leaves by os._exit, which runs its finalizers but not atexit's."""
        if not self._ends_with_process:
            self._ends_with_process = True
            multiprocessing = sys.modules.get("multiprocessing")
            if multiprocessing and multiprocessing.parent_process():
                finalize = importlib.import_module("multiprocessing.util").Finalize
                finalize(None, self.end, exitpriority=0)

    def end(self) -> None:
        """Close at the end of the process."""
        self._notice_fork()
        self._shipper.wait_until_loaded(_LOADING_S)
        self.close(self._limits.exit_flush_s)

    def _notice_fork(self) -> None:
        """Some servers fork without telling Python; the process id tells."""
        if self._pid != os.getpid():
            self.after_fork_in_child()

    def before_fork(self) -> None:
        """Make sure that the child inherits nothing half done."""
        self._shipper.before_fork()

    def after_fork_in_parent(self) -> None:
        """Go on as before."""
        self._shipper.after_fork_in_parent()

    def after_fork_in_child(self) -> None:
        """Start with an empty queue and no losses: those of the parent are the parent's to deliver and to tell."""
        self._pid = os.getpid()
        self._losses.start_anew()
        self._ends_with_process = False
        self._shipper.after_fork_in_child()


def _start_of(seconds: Any) -> str:
    """When a run of so many seconds that ends now began, in UTC; now where the length is unknown."""
    known = isinstance(seconds, (int, float)) and 0 <= seconds < 10**9
    return (now_utc() - timedelta(seconds=seconds if known else 0)).isoformat()


#: Even a close without patience writes what waits to the disk, where there is one.
_MIN_KEEPING_S = 0.5
#: An end waits so long for the thread's imports: some 100 ms, on a busy machine ten times that.
_LOADING_S = 5.0

_clients: weakref.WeakSet[Client] = weakref.WeakSet()


def _each_client(step: Callable[[Client], None]) -> Callable[[], None]:
    def run() -> None:
        for client in list(_clients):
            step(client)

    return run


#: Not empty when the logs that were shipped before the end of the process have been waited for.
_process_ends: list[bool] = []


def _end_process() -> None:
    _each_client(Client.end)()
    _process_ends.append(True)


# At import, so that whatever a workflow registers later runs, and may ship, before the end.
atexit.register(_end_process)

if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(
        before=_each_client(Client.before_fork),
        after_in_parent=_each_client(Client.after_fork_in_parent),
        after_in_child=_each_client(Client.after_fork_in_child),
    )
