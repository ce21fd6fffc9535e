"""The audit: who signed in, who failed to, what was changed of an account, and what was downloaded.

Written and never changed: an object holds some events of one day, and of one client where they concern one, so that
what names a client can be removed with it, unread. An event holds no password, no content of a log, and no word that
somebody typed.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from access import records
from access.errors import BrokenControlObject
from access.records import Record
from caselog.ids import RANDOM_BYTES, uuid7_at
from lake.errors import ObjectExists, ObjectNotFound
from lake.layout import AUDIT, audit_day, audit_key, client_of_audit_key
from lake.store import Store

logger = logging.getLogger(__name__)

#: What the SDK and the collector make; a sender's own id may name a person.
_MADE_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_READERS: Final = 16

Random = Callable[[int], bytes]


class Event(StrEnum):
    """What happened."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    HEADER_REFUSED = "header_refused"
    SIGNED_OUT = "signed_out"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - no password
    PASSWORD_NOT_CHANGED = "password_not_changed"  # noqa: S105
    USER_CREATED = "user_created"
    USER_REMOVED = "user_removed"
    USER_DISABLED = "user_disabled"
    USER_ENABLED = "user_enabled"
    DOWNLOADED = "downloaded"
    EVENTS_LOST = "events_lost"


class AuditEvent(Record):
    """One event, or ``count`` alike until ``at``, in UTC.

    ``user`` is whom it concerns, None where there is no such user; ``by`` is how they came in (``password``,
    ``proxy``), or which operator did it. ``client_id`` is whose log it was, or the only client that the user sees.
    ``what`` names what was downloaded.
    """

    at: datetime
    event: Event
    user: str | None = None
    by: str | None = None
    address: str | None = None
    client_id: str | None = None
    what: str | None = None
    count: int = 1


class _Events(Record):
    events: tuple[AuditEvent, ...]


@dataclass(frozen=True)
class AuditObject:
    """Events as they are written: once, under a key of their own."""

    key: str
    body: bytes
    events: int


def name_log(log_id: str) -> str:
    """What the audit says for a log: its id, or the beginning of its SHA-256 where a sender chose the id.

    >>> name_log("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), name_log("ann@example.com")
    ('017f22e2-79b0-7cc3-98c4-dc0c0c07398f', 'sha256:71d4f55f72fa128d')
    """
    if _MADE_ID.fullmatch(log_id):
        return log_id
    return f"sha256:{hashlib.sha256(log_id.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def pack_events(events: Iterable[AuditEvent], now: datetime, random: Random) -> list[AuditObject]:
    """The objects that hold the events: one for each client that they concern, and one for the others."""
    by_client: dict[str | None, list[AuditEvent]] = defaultdict(list)
    for event in events:
        by_client[event.client_id].append(event)
    return [
        AuditObject(
            audit_key(now, client_id, uuid7_at(now, random(RANDOM_BYTES))),
            _Events(events=tuple(found)).model_dump_json(exclude_none=True).encode(),
            len(found),
        )
        for client_id, found in by_client.items()
    ]


def write_object(store: Store, packed: AuditObject) -> None:
    """Write the object, durably, and replace none; one that is there was written by an earlier try.

    Raises `lake.errors.StoreUnavailable`.
    """
    try:
        store.create(packed.key, packed.body)
    except ObjectExists:
        return


def record_event(store: Store, event: AuditEvent, random: Random) -> None:
    """Write one event at once; raises `lake.errors.StoreUnavailable`."""
    for packed in pack_events([event], event.at, random):
        write_object(store, packed)


def list_events(
    store: Store, since: datetime, until: datetime, *, user: str | None = None
) -> Iterator[AuditEvent]:
    """The events from ``since`` to ``until``, the oldest day first, within a day by time; those of ``user`` alone.

    One day is in memory at a time. What cannot be read is named in the service log. Raises `StoreUnavailable`.
    """
    for day, prefix in sorted(_days(store).items()):
        if since.date() <= day <= until.date():
            found = [
                event
                for event in _read_below(store, prefix)
                if since <= event.at <= until and user in {None, event.user}
            ]
            yield from sorted(found, key=lambda event: event.at)


def _days(store: Store) -> dict[date, str]:
    """The prefix of each day that there is."""
    told = {prefix: audit_day(prefix) for prefix in store.level(AUDIT).prefixes}
    return {day: prefix for prefix, day in told.items() if day is not None}


def _read_below(store: Store, prefix: str) -> Iterator[AuditEvent]:
    keys = [found.key for found in store.list(prefix.rstrip("/"))]
    with ThreadPoolExecutor(_READERS) as pool:
        for events in pool.map(lambda key: _read(store, key), keys):
            yield from events


def _read(store: Store, key: str) -> Sequence[AuditEvent]:
    try:
        return records.parse_record(_Events, key, store.get(key)).events
    except ObjectNotFound:  # its time was over, or its client's
        return ()
    except BrokenControlObject as error:
        logger.warning("%s", error)
        return ()


def forget_before(store: Store, day: date) -> int:
    """Remove the events of earlier days, unread; how many objects. Raises `StoreUnavailable`."""
    old = [prefix for its_day, prefix in _days(store).items() if its_day < day]
    keys = [found.key for prefix in old for found in store.list(prefix.rstrip("/"))]
    store.delete(keys)
    return len(keys)


def forget_client(store: Store, client_id: str) -> int:
    """Remove the events that concern this client, unread; how many objects. Raises `StoreUnavailable`."""
    keys = [
        found.key for found in store.list(AUDIT.rstrip("/")) if client_of_audit_key(found.key) == client_id
    ]
    store.delete(keys)
    return len(keys)
