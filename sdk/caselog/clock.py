"""What time it is, for everything that is not told."""

from __future__ import annotations

from datetime import datetime, timezone


def now_utc() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(timezone.utc)


def now_text() -> str:
    """The present moment as a log holds it: RFC 3339."""
    return now_utc().isoformat()
