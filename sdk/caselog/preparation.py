"""From a queued log to the line that leaves the process: masked, each field in its form, cut where it is too big."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Callable

from . import losses as reasons
from .clock import now_utc
from .console import Console
from .cut import cut_to, drop_items
from .fit import fit_log
from .guard import let_pass
from .losses import Losses
from .masking import Masker
from .masking.report import describe_masking, describe_own_mask
from .masking.user_mask import apply_own_mask
from .outlet import Queued
from .serialize import load, shallow
from .settings import METRICS_ONLY, Limits, OwnMask
from .version import __version__

#: What each log says of who wrote it.
_SDK = {"name": "caselog-python", "version": __version__}

_OURS = ("lost", "masked")


@dataclass(frozen=True)
class Prepared:
    """A log as it leaves the process, as one JSON line; ``at`` is the monotonic time it was shipped at."""

    line: bytes
    at: float
    #: Losses that this log reports.
    told: dict[str, int]


@dataclass(frozen=True)
class Preparer:
    """Prepares the logs of one client."""

    level: str
    limits: Limits
    masker: Masker
    losses: Losses
    console: Console
    #: The user's own masking as it is set now.
    own_mask: Callable[[], OwnMask | None] = lambda: None

    def prepare(self, queued: Queued) -> Prepared | None:
        """The log, ready to be sent; None where it is not sent, which is then counted."""
        try:
            told = self.losses.untold()
            line = cut_to(self._read(queued, told), self.limits.max_log_bytes)
        except BaseException as error:  # noqa: BLE001 - fails closed: what cannot be masked is not sent
            let_pass(error)
            self._drop(reasons.NOT_SERIALISABLE, f"a log could not be prepared ({type(error).__name__})")
            return None
        if line is None:
            self._drop(reasons.TOO_BIG, "a log is too big even without its trace")
            return None
        self.losses.mark_told(told)
        self.console.debug(f"a log of {len(queued.text)} bytes is masked and packed into {len(line)}")
        return Prepared(line, queued.at, told)

    def _drop(self, reason: str, sentence: str) -> None:
        self.losses.count(reason)
        self.console.say(reason, f"{sentence} and is not sent")

    def _read(self, queued: Queued, told: dict[str, int]) -> dict[str, Any]:
        log = shallow(load(queued.text))
        keeps_trace = self.level != METRICS_ONLY
        if not keeps_trace:
            log.pop("trace", None)
        told_before = log.get("sdk")
        if isinstance(told_before, dict):  # what was masked and lost only this module knows
            log["sdk"] = {name: part for name, part in told_before.items() if name not in _OURS}
        if len(queued.text) > 2 * self.limits.max_log_bytes:
            log = drop_items(log)
        shipped_at = now_utc() - timedelta(seconds=time.monotonic() - queued.at)
        masked, told_masked = self._mask(log)
        self._name_missing(masked)
        fitted = fit_log(masked, shipped_at.isoformat(), keeps_trace=keeps_trace)
        said = {"lost": told, "masked": told_masked}
        return _sign(fitted, {name: part for name, part in said.items() if part})

    def _mask(self, log: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The log masked by our rules, then by the user's own, and what each of them did."""
        masked = self.masker.mask(log)
        told = describe_masking(log, masked, self.masker.finds)
        own_mask = self.own_mask()
        if own_mask:
            ours = masked
            masked, failures = apply_own_mask(ours, own_mask, self.masker.rest)
            told.update(describe_own_mask(ours, masked))
            if failures:
                self.console.say("own mask", "your mask raised an exception: what it failed on is not sent")
        return masked, told

    def _name_missing(self, log: dict[str, Any]) -> None:
        missing = [name for name in ("ticket_id", "status") if not log.get(name)]
        if missing:
            self.console.say(
                "missing", f"a log has no {' and no '.join(missing)}: it is sent with a stand-in"
            )


def _sign(log: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """The log with a word from the SDK; the trace comes last, so that readers can stop before it."""
    trace = log.pop("trace", None)
    told = log.get("sdk")  # by the recorder
    sdk = {**(told if isinstance(told, dict) else {}), **_SDK, **said}
    return {**log, "sdk": sdk, **({} if trace is None else {"trace": trace})}
