"""Where everything stands in the lake: every key, spelled once. Pure: time and randomness are passed in.

>>> from datetime import datetime, timezone
>>> raw_key("acme", datetime(2026, 11, 23, 14, 5, tzinfo=timezone.utc), "0193")
'raw/client_id=acme/date=2026-11-23/hour=14/0193.ndjson.zst'
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime
from typing import Final

from caselog.model import CLIENT_ID_PATTERN

RAW: Final = "raw/"
#: Below what the collector may write, so that what holds for a probe holds for logs; no log is ever there.
PROBES: Final = "raw/probes/"
LOGS: Final = "logs"
TRACES: Final = "traces"
QUARANTINE: Final = "quarantine/"
CONTROL: Final = "control/"
AUDIT: Final = "control/audit/"

_CLIENT_ID = re.compile(CLIENT_ID_PATTERN, re.ASCII)
_RAW_KEY = re.compile(
    rf"raw/client_id=({CLIENT_ID_PATTERN})/date=(\d{{4}}-\d\d-\d\d)/hour=(\d\d)/([^/]+)\.ndjson\.zst",
    re.ASCII,
)
_RAW_PREFIX = re.compile(rf"raw/client_id=({CLIENT_ID_PATTERN})/", re.ASCII)
#: Names that every store takes, with room for what is put behind them.
_PLAIN_KEY = re.compile(r"(?!.*/\.)(?=[^.])[A-Za-z0-9._=-]{1,120}(/[A-Za-z0-9._=-]{1,120}){0,7}", re.ASCII)
_ODD = re.compile(r"[^A-Za-z0-9._=-]+", re.ASCII)
_AUDIT_KEY = re.compile(
    rf"{AUDIT}date=(\d{{4}}-\d\d-\d\d)/(?:client_id=({CLIENT_ID_PATTERN})/)?(?:[^/]+\.json)?", re.ASCII
)
_TABLE_KEY = re.compile(rf"[a-z_]+/client_id=({CLIENT_ID_PATTERN})/", re.ASCII)


def is_client_id(text: str) -> bool:
    """Whether ``text`` can name a client.

    >>> is_client_id("acme-2"), is_client_id("../acme"), is_client_id("Acme")
    (True, False, False)
    """
    return _CLIENT_ID.fullmatch(text) is not None


def raw_prefix(client_id: str) -> str:
    """The prefix of the raw objects of one client."""
    return f"{RAW}client_id={client_id}/"


def raw_key(client_id: str, received_at: datetime, object_id: str) -> str:
    """Key of a raw object; date and hour are those of ``received_at`` in UTC."""
    utc = received_at.astimezone(UTC)
    return f"{RAW}client_id={client_id}/date={utc:%Y-%m-%d}/hour={utc:%H}/{object_id}.ndjson.zst"


def probe_key(object_id: str) -> str:
    """Key of an object by which a collector finds out whether it can write.

    >>> is_probe(probe_key("0193")), is_probe("raw/client_id=probes/0193")
    (True, False)
    """
    return f"{PROBES}{object_id}.json"


def is_probe(key: str) -> bool:
    """Whether the object is nobody's log and no stray: a collector removes it in a moment."""
    return key.startswith(PROBES)


def client_of_raw_key(key: str) -> str | None:
    """The client whose raw object this is; ``None`` where the key is not one the collector writes."""
    match = _RAW_KEY.fullmatch(key)
    return match.group(1) if match else None


def client_of_raw_prefix(prefix: str) -> str | None:
    """The client below whose prefix of ``raw/`` something lies; ``None`` where it lies below none.

    >>> client_of_raw_prefix("raw/client_id=acme/stray.txt"), client_of_raw_prefix("raw/stray.txt")
    ('acme', None)
    """
    match = _RAW_PREFIX.match(prefix)
    return match.group(1) if match else None


def client_of_table_key(key: str) -> str | None:
    """The client whose file of a table this is.

    >>> client_of_table_key("logs/client_id=acme/month=2026-11/part-0.parquet")
    'acme'
    """
    match = _TABLE_KEY.match(key)
    return match.group(1) if match else None


def quarantine_key(raw_key_: str, part: str) -> str:
    r"""Key beside which ``part`` (such as ``reason.json``) of a quarantined raw object is kept.

    A key that not every store takes (too long, too deep, odd characters) gets a name of its own.

    >>> quarantine_key("raw/stray.txt", "object")
    'quarantine/stray.txt.object'
    >>> quarantine_key("raw/a\tb", "object")
    'quarantine/odd/a-b-894891f8b78a9945.object'
    """
    name = raw_key_.removeprefix(RAW)
    if not _PLAIN_KEY.fullmatch(name):
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        name = f"odd/{_ODD.sub('-', name)[:60].strip('.-')}-{digest}"
    return f"{QUARANTINE}{name}.{part}"


def control_key(kind: str, name: str) -> str:
    """Key of a small JSON object about ``name``, such as a client or a user."""
    return f"{CONTROL}{kind}/{name}.json"


def audit_key(moment: datetime, client_id: str | None, object_id: str) -> str:
    """Key of some events of the audit: of the day of ``moment`` in UTC, and of one client or of none alone.

    >>> audit_key(datetime(2026, 11, 23, tzinfo=UTC), "acme", "0193")
    'control/audit/date=2026-11-23/client_id=acme/0193.json'
    """
    of_client = "" if client_id is None else f"client_id={client_id}/"
    return f"{AUDIT}date={moment.astimezone(UTC):%Y-%m-%d}/{of_client}{object_id}.json"


def audit_day(key: str) -> date | None:
    """The day of an object of the audit, or of the prefix of a day; None where it is none.

    >>> audit_day("control/audit/date=2026-11-23/"), audit_day("control/audit/date=2026-13-99/")
    (datetime.date(2026, 11, 23), None)
    """
    match = _AUDIT_KEY.fullmatch(key)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def client_of_audit_key(key: str) -> str | None:
    """The client whom the object's events concern; None where they concern none alone."""
    match = _AUDIT_KEY.fullmatch(key)
    return match[2] if match else None


def month_of(moment: datetime) -> str:
    """The partition a log belongs to, by the month it was executed in, in UTC.

    >>> from datetime import timedelta, timezone
    >>> month_of(datetime(2026, 12, 1, 0, 30, tzinfo=timezone(timedelta(hours=2))))
    '2026-11'
    """
    utc = moment.astimezone(UTC)
    return f"{utc.year:04}-{utc.month:02}"  # strftime does not pad the year 1
