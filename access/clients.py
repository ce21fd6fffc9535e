"""Clients: the companies whose workflows send logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import Field

from access import deletions, records
from access.errors import (
    ClientDeleted,
    ClientExists,
    InvalidLimit,
    InvalidName,
    InvalidRetention,
    UnknownClient,
)
from access.records import Record
from lake.errors import ObjectExists
from lake.layout import control_key, is_client_id
from lake.store import Store

_KIND: Final = "clients"
#: A hundred years: more is a mistake in the unit.
MOST_DAYS: Final = 36_500
_ID_RULE: Final = "1 to 63 of a-z, 0-9, - and _, the first a letter or digit"


class Level(StrEnum):
    """How much of a client's logs is kept: all, no traces, or nothing."""

    FULL_TRACE = "FULL_TRACE"
    METRICS_ONLY = "METRICS_ONLY"
    OFF = "OFF"


@dataclass(frozen=True)
class Kept:
    """How many days logs and traces are kept; ``None`` is for ever, of traces: as long as their logs."""

    logs_days: int | None = None
    traces_days: int | None = None

    def check(self) -> None:
        """Raises `InvalidRetention` where it cannot be meant."""
        for days in (self.logs_days, self.traces_days):
            if days is not None and not 1 <= days <= MOST_DAYS:
                raise InvalidRetention(f"logs and traces are kept for 1 to {MOST_DAYS} days, or forever")
        if self.logs_days and self.traces_days and self.traces_days >= self.logs_days:
            raise InvalidRetention(
                "a trace goes with its log at the latest: traces are kept for fewer days than logs, or nothing is said "
                "of them"
            )


FOR_EVER: Final = Kept()


@dataclass(frozen=True)
class ClientLimits:
    """How much a client may send, beside the limits of the collector; ``None`` is no limit of its own."""

    logs_per_minute: int | None = None
    bytes_per_day: int | None = None
    log_bytes: int | None = None

    def check(self) -> None:
        """Raises `InvalidLimit` where it cannot be meant."""
        for name, limit in vars(self).items():
            if limit is not None and limit < 1:
                raise InvalidLimit(f"{name} is 1 or more; to take nothing of a client, set its level to OFF")
        if self.bytes_per_day and self.log_bytes and self.log_bytes > self.bytes_per_day:
            raise InvalidLimit("one log may be no larger than all logs of a day")

    def largest_log(self, general: int) -> int:
        """The size of the largest log, in bytes, where ``general`` is the collector's own limit."""
        return min(general, self.log_bytes or general)


UNLIMITED: Final = ClientLimits()


class Client(Record):
    """One client; ``created_at`` in UTC."""

    client_id: str
    name: str
    level: Level = Level.FULL_TRACE
    level_by: str | None = Field(None, description="Who set the level; null where nobody did, or noted it.")
    level_at: datetime | None = Field(None, description="When, in UTC.")
    created_at: datetime = Field(description="When the client was made, in UTC.")
    keep_logs_days: int | None = Field(None, description="Days that logs are kept; null is for ever.")
    keep_traces_days: int | None = Field(
        None, description="Days that traces are kept; null is as long as logs."
    )
    kept_by: str | None = Field(None, description="Who set for how long; null where nobody did, or noted it.")
    kept_at: datetime | None = Field(None, description="When, in UTC.")
    logs_per_minute: int | None = Field(None, description="Most logs a minute, of each collector process.")
    bytes_per_day: int | None = Field(
        None, description="Most bytes of logs in a day of UTC, of all collectors."
    )
    log_bytes: int | None = Field(None, description="Largest single log, in bytes of JSON.")
    removed_at: datetime | None = Field(
        None, description="Since when its logs are refused, in UTC; null where they are taken."
    )

    @property
    def kept(self) -> Kept:
        """How long what is kept."""
        return Kept(self.keep_logs_days, self.keep_traces_days)

    @property
    def limits(self) -> ClientLimits:
        """How much it may send."""
        return ClientLimits(self.logs_per_minute, self.bytes_per_day, self.log_bytes)


def create_client(
    store: Store,
    client_id: str,
    now: datetime,
    *,
    name: str | None = None,
    level: Level = Level.FULL_TRACE,
    kept: Kept = FOR_EVER,
    again: bool = False,
    by: str | None = None,
) -> Client:
    """Make a client; with ``again`` also one that was deleted. ``by`` is who decides on level and times.

    Raises `InvalidName`, `InvalidRetention`, `ClientExists`, `ClientDeleted`.
    """
    if not is_client_id(client_id):
        raise InvalidName("client id", client_id, _ID_RULE)
    kept.check()
    deleted = deletions.client_deletion(store, client_id)
    if deleted is not None and not (again and deleted.ended_at):
        raise ClientDeleted(client_id, deleted.deletion_id)
    if deleted is not None:
        deletions.reopen(store, client_id, now)
    client = Client(
        client_id=client_id,
        name=name or client_id,
        level=level,
        created_at=now,
        keep_logs_days=kept.logs_days,
        keep_traces_days=kept.traces_days,
    )
    decided = _decided({"level": Level.FULL_TRACE, "kept": FOR_EVER}, level, kept, by, now)
    client = client.model_copy(update=decided)
    try:
        records.create_record(store, _KIND, client_id, client)
    except ObjectExists as error:
        raise ClientExists(client_id) from error
    return client


def get_client(store: Store, client_id: str) -> Client:
    """The client; raises `UnknownClient`."""
    found = records.read_record(store, Client, _KIND, client_id) if is_client_id(client_id) else None
    if found is None:
        raise UnknownClient(client_id)
    return found


async def find_client(store: Store, client_id: str) -> Client | None:
    """The client, or ``None``; without blocking the event loop."""
    if not is_client_id(client_id):
        return None
    return await records.read_record_async(store, Client, _KIND, client_id)


def list_clients(store: Store) -> list[Client]:
    """Every client, by id."""
    return list(records.list_records(store, Client, _KIND))


def set_client(
    store: Store,
    client_id: str,
    *,
    name: str | None = None,
    level: Level | None = None,
    kept: Kept | None = None,
    limits: ClientLimits | None = None,
    by: str | None = None,
    now: datetime | None = None,
) -> Client:
    """Change what is given, keep the rest; ``by`` and ``now`` are noted where it is the level, or how long.

    Raises `UnknownClient`, `InvalidRetention`, `InvalidLimit`.
    """
    changes: dict[str, object] = {
        key: value for key, value in {"name": name, "level": level}.items() if value is not None
    }
    if kept is not None:
        kept.check()
        changes |= {"keep_logs_days": kept.logs_days, "keep_traces_days": kept.traces_days}
    if limits is not None:
        limits.check()
        changes |= vars(limits)
    client = get_client(store, client_id)
    before = {"level": client.level, "kept": client.kept}
    decided = _decided(before, level or client.level, kept or client.kept, by, now)
    return _change(store, client, {**changes, **decided})


def _decided(
    before: Mapping[str, object], level: Level, kept: Kept, by: str | None, now: datetime | None
) -> dict[str, object]:
    """Who decided on the level, and on how long what is kept, and when: of what differs from ``before``."""
    now_is = {"level": level, "kept": kept}
    changed = [name for name, value in now_is.items() if value != before[name]]
    return {f"{name}_{noted}": value for name in changed for noted, value in (("by", by), ("at", now))}


def refuse_client(store: Store, client_id: str, now: datetime) -> Client:
    """Have the client's logs refused from now on; raises `UnknownClient`. Collectors notice within seconds.

    What is stored of it stays, for as long as was said, and so do its keys: `readmit_client` is the way back.
    """
    client = get_client(store, client_id)
    return _change(store, client, {"removed_at": client.removed_at or now})


def readmit_client(store: Store, client_id: str) -> Client:
    """Have the client's logs taken again, with the keys it had; raises `UnknownClient`."""
    return _change(store, get_client(store, client_id), {"removed_at": None})


def _change(store: Store, client: Client, changes: Mapping[str, object]) -> Client:
    changed = client.model_copy(update=changes)
    records.write_record(store, _KIND, client.client_id, changed)
    return changed


def remove_client(store: Store, client_id: str) -> bool:
    """Remove the client's record, where all of it is deleted; whether there was one."""
    is_there = records.read_record(store, Client, _KIND, client_id) is not None
    store.delete([control_key(_KIND, client_id)])
    return is_there
