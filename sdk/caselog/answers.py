"""What the collector's answers mean, and how long to wait before asking again. Pure."""

from __future__ import annotations

import email.utils
import json
import time
from typing import Any

from .errors import CollectorBusy, LinesRefused, LogRefused, SenderRefused, UnexpectedAnswer
from .settings import Limits
from .transport import Response, origin_of

#: Of several logs, some were stored.
_PARTLY_STORED = 207
#: Answers that mean "later"; so do all of 5xx.
_LATER = frozenset({408, 425, 429})
#: Answers to whoever sends, whatever is sent: key, proxy, address.
_ABOUT_THE_SENDER = frozenset({301, 302, 307, 308, 401, 403, 404, 405, 407})
#: No server is obeyed for longer than this, in seconds.
_MAX_RETRY_AFTER_S = 300.0


def check_answer(url: str, response: Response, *, explains: bool) -> None:
    """Nothing where the logs are stored; otherwise raises the leaf of `DeliveryError` that the answer means.

    A refusal of one log is explained; that of several says nothing of which one it was, unless it names their lines.
    """
    origin = origin_of(url)
    if response.status == _PARTLY_STORED:
        if lines := _refused_lines(response):
            raise LinesRefused(origin, response.status, lines, explain(response))
        raise LogRefused(origin, response.status)
    if 200 <= response.status < 300:
        if not isinstance(_read_json(response.body), dict):
            raise UnexpectedAnswer(origin, response.status)
    elif response.status in _LATER or response.status >= 500:
        after = read_retry_after(response.headers.get("retry-after"), time.time())
        raise CollectorBusy(origin, response.status, after)
    elif response.status < 200:  # an answer before the answer, which this client cannot wait for
        raise UnexpectedAnswer(origin, response.status)
    else:
        refused = SenderRefused if response.status in _ABOUT_THE_SENDER else LogRefused
        raise refused(origin, response.status, explain(response) if explains else "")


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
    if value.strip().isascii() and value.strip().isdigit():
        return min(float(value), _MAX_RETRY_AFTER_S)
    try:
        at = email.utils.parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(0.0, at - now), _MAX_RETRY_AFTER_S)


def explain(response: Response) -> str:
    """What a collector says about a refusal: its code and the fields it names, which are never content."""
    found = _read_json(response.body)
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        return ""
    words = [str(error.get(part, ""))[:200] for part in ("code", "message")]
    fields = error.get("fields")
    named = json.dumps(fields)[:300] if fields else ""
    return f" ({': '.join(word for word in words if word)}{' ' + named if named else ''})"


def _refused_lines(response: Response) -> list[int]:
    """The lines that a collector did not store, from 1; empty where it does not say."""
    found = _read_json(response.body)
    lines = found.get("refused_lines") if isinstance(found, dict) else None
    return [line for line in lines if type(line) is int] if isinstance(lines, list) else []


def _read_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
