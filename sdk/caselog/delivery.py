"""From a queued log to the collector's answer: mask, compress, send, send again, or give up and count.

Runs in the daemon thread only. What is not delivered is counted in `Losses` by reason, and told to the
collector in the ``sdk`` field of the next log.
"""

from __future__ import annotations

import email.utils
import gzip
import json
import random
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from . import losses as reasons
from .clock import now_utc
from .console import Console
from .cut import cut_to, drop_items
from .errors import CollectorBusy, DeliveryError, LogRefused, UnexpectedAnswer
from .fit import fit_log
from .losses import Losses
from .masking import Masker
from .serialize import shallow
from .settings import METRICS_ONLY, Limits, Settings
from .shipper import Pause, Queued
from .transport import Request, Response, Transport, origin_of

#: Answers that mean "later": the request timed out, too many, the server's own failures.
_LATER = frozenset({408, 425, 429})
#: No server is obeyed for longer than this, in seconds.
_MAX_RETRY_AFTER_S = 300.0


@dataclass(frozen=True)
class _Prepared:
    """A log as it leaves the process: masked, cut, one JSON line."""

    line: bytes
    queued: Queued
    told: dict[str, int]


@dataclass(frozen=True)
class Delivery:
    """Settles batches of logs over a transport; for one thread."""

    settings: Settings
    limits: Limits
    masker: Masker
    transport: Transport
    losses: Losses
    console: Console
    #: Name and version of this distribution.
    sdk: dict[str, Any]

    def deliver(self, batch: list[Queued], pause: Pause) -> None:
        """Settle each log of the batch: stored by the collector, or counted as lost.

        One log goes as JSON, more as NDJSON. Of a batch that is refused each log is sent on its own, so that one
        bad log does not take the others with it.
        """
        prepared = [log for log in map(self._prepare, batch) if log]
        try:
            self._deliver(prepared, pause)
        except Exception as error:  # noqa: BLE001 - a mistake of our own must not end the thread
            self.losses.count(reasons.NETWORK, len(prepared))
            self.console.say("deliver", f"logs could not be sent ({type(error).__name__}) and are lost")

    def _deliver(self, prepared: list[_Prepared], pause: Pause) -> None:
        if not prepared:
            return
        refusal = self._send_until_settled(prepared, pause)
        if refusal and len(prepared) > 1:
            for log in prepared:
                self._settle_alone(log, pause)
        elif refusal:
            self._lose(reasons.REFUSED, prepared, str(refusal))

    def _settle_alone(self, log: _Prepared, pause: Pause) -> None:
        refusal = self._send_until_settled([log], pause)
        if refusal:
            self._lose(reasons.REFUSED, [log], str(refusal))

    def _prepare(self, queued: Queued) -> _Prepared | None:
        try:
            told = self.losses.untold()
            line = cut_to(self._complete(self._read(queued), told), self.limits.max_log_bytes)
        except Exception as error:  # noqa: BLE001 - fails closed: what cannot be masked is not sent
            self.losses.count(reasons.NOT_SERIALISABLE)
            self.console.say(
                "prepare", f"a log could not be prepared ({type(error).__name__}) and is not sent"
            )
            return None
        if line is None:
            self.losses.count(reasons.TOO_BIG)
            self.console.say("too big", "a log is too big even without its trace and is not sent")
            return None
        self.losses.mark_told(told)
        return _Prepared(line, queued, told)

    def _read(self, queued: Queued) -> dict[str, Any]:
        """The queued log, masked, each field in the collector's form, without a trace where the level says so."""
        log = shallow(json.loads(queued.text))
        keeps_trace = self.settings.level != METRICS_ONLY
        if not keeps_trace:
            log.pop("trace", None)
        if len(queued.text) > 2 * self.limits.max_log_bytes:
            log = drop_items(log)
        shipped_at = now_utc() - timedelta(seconds=time.monotonic() - queued.at)
        return fit_log(self.masker.mask(log), shipped_at.isoformat(), keeps_trace=keeps_trace)

    def _complete(self, log: dict[str, Any], told: dict[str, int]) -> dict[str, Any]:
        """The log with a word from the SDK; the trace comes last, so that readers can stop before it."""
        trace = log.pop("trace", None)
        said = {**self.sdk, "lost": told} if told else self.sdk
        return {**log, "sdk": said, **({} if trace is None else {"trace": trace})}

    def _send_until_settled(self, logs: list[_Prepared], pause: Pause) -> LogRefused | None:
        """None when the logs were stored or given up; the refusal when the collector will never take them."""
        request = self._request(logs)
        attempt = 0
        while True:
            try:
                self._check(self.transport(request), len(logs))
            except LogRefused as refusal:  # noqa: PERF203 - each round waits for the network
                return refusal
            except DeliveryError as error:
                self.console.say(type(error).__name__, str(error))
                if not self._wait(attempt, error, logs, pause):
                    return None
                attempt += 1
            else:
                self.console.debug(f"{len(logs)} log(s) stored, {len(request.body)} bytes sent")
                return None

    def _wait(self, attempt: int, error: DeliveryError, logs: list[_Prepared], pause: Pause) -> bool:
        """Wait before sending again; False where the logs were given up instead."""
        if time.monotonic() - logs[0].queued.at > self.limits.max_age_s:
            self._lose(
                reasons.EXPIRED, logs, f"{error}, but not for longer than {self.limits.max_age_s:g} s: lost"
            )
            return False
        delay = (
            backoff_s(attempt, self.limits, random.random())  # noqa: S311 - spreads clients in time, hides nothing
            if error.retry_after_s is None
            else error.retry_after_s
        )
        if not pause(delay, error.retry_after_s is None):
            self._lose(reasons.NETWORK, logs)
            return False
        return True

    def _lose(self, reason: str, logs: list[_Prepared], sentence: str = "") -> None:
        self.losses.count(reason, len(logs))
        for log in logs:
            self.losses.unmark_told(log.told)
        if sentence:
            self.console.say(f"lost {reason}", sentence)

    def _request(self, logs: list[_Prepared]) -> Request:
        body = gzip.compress(b"\n".join(log.line for log in logs))
        kind = "application/json" if len(logs) == 1 else "application/x-ndjson"
        headers = {
            "X-API-Key": self.settings.api_key,
            "Content-Type": kind,
            "Content-Encoding": "gzip",
            "Accept": "application/json",
            "User-Agent": f"caselog-python/{self.sdk['version']}",
        }
        return Request(self.settings.url, headers, body, self.limits.timeout_s)

    def _check(self, response: Response, logs: int) -> None:
        """Nothing where the logs are stored; otherwise raises the leaf of `DeliveryError` that the answer means."""
        origin = origin_of(self.settings.url)
        if 200 <= response.status < 300:
            if not isinstance(_read_json(response.body), dict):
                raise UnexpectedAnswer(origin, response.status)
        elif response.status in _LATER or response.status >= 500:
            raise CollectorBusy(
                origin, response.status, read_retry_after(response.headers.get("retry-after"), time.time())
            )
        else:
            raise LogRefused(origin, response.status, explain(response, several=logs > 1))


def backoff_s(attempt: int, limits: Limits, chance: float) -> float:
    """Seconds before attempt ``attempt + 1``: exponential, half of it by chance so that many clients spread out.

    >>> [backoff_s(attempt, Limits(), 1.0) for attempt in (0, 1, 2, 20)]
    [0.5, 1.0, 2.0, 30.0]
    """
    longest = min(limits.max_retry_s, limits.first_retry_s * 2.0 ** min(attempt, 30))
    return longest * (0.5 + 0.5 * chance)


def read_retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a Retry-After header asks for: a number or an HTTP date (RFC 9110, section 10.2.3).

    >>> read_retry_after("7", 0.0)
    7.0
    """
    if not value:
        return None
    if value.strip().isdigit():
        return min(float(value), _MAX_RETRY_AFTER_S)
    try:
        at = email.utils.parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError):
        return None
    return min(max(0.0, at - now), _MAX_RETRY_AFTER_S)


def explain(response: Response, *, several: bool) -> str:
    """What a collector says about a refusal: its code and the fields it names, which are never content."""
    found = _read_json(response.body)
    error = found.get("error") if isinstance(found, dict) else None
    if several or not isinstance(error, dict):
        return ""
    words = [str(error.get(part, ""))[:200] for part in ("code", "message")]
    fields = error.get("fields")
    named = json.dumps(fields)[:300] if fields else ""
    return f" ({': '.join(word for word in words if word)}{' ' + named if named else ''})"


def _read_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
