"""What time it is, for everything that is not told, and names made of it."""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone
from functools import lru_cache

from .ids import RANDOM_BYTES, uuid7


def now_utc() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(timezone.utc)


def now_text() -> str:
    """The present moment as a log holds it: RFC 3339, in UTC, with microseconds.

    A third of the price of ``now_utc().isoformat()``: a recorded ticket asks for each of its steps.
    """
    seconds, micros = divmod(time.time_ns() // 1000, 1_000_000)
    return f"{_format_second(seconds)}.{micros:06d}+00:00"


@lru_cache(maxsize=2)
def _format_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()[:19]


def new_id() -> str:
    """An identity that nothing else has, sorting by the present moment."""
    return uuid7(time.time_ns() // 1_000_000, os.urandom(RANDOM_BYTES))
