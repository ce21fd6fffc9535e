"""Clients: the companies whose workflows send logs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import Field

from access import records
from access.errors import ClientExists, InvalidName, UnknownClient
from access.records import Record
from lake.errors import ObjectExists
from lake.layout import is_client_id
from lake.store import Store

_KIND: Final = "clients"
_ID_RULE: Final = "1 to 63 of a-z, 0-9, - and _, the first a letter or digit"


class Level(StrEnum):
    """How much of a client's logs is kept: all, or no traces."""

    FULL_TRACE = "FULL_TRACE"
    METRICS_ONLY = "METRICS_ONLY"


class Client(Record):
    """One client; ``created_at`` in UTC."""

    client_id: str
    name: str
    level: Level = Level.FULL_TRACE
    created_at: datetime = Field(description="When the client was made, in UTC.")


def create_client(
    store: Store, client_id: str, now: datetime, *, name: str | None = None, level: Level = Level.FULL_TRACE
) -> Client:
    """Make a client; raises `InvalidName`, `ClientExists`."""
    if not is_client_id(client_id):
        raise InvalidName("client id", client_id, _ID_RULE)
    client = Client(client_id=client_id, name=name or client_id, level=level, created_at=now)
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
    store: Store, client_id: str, *, name: str | None = None, level: Level | None = None
) -> Client:
    """Change what is given, keep the rest; raises `UnknownClient`."""
    changes = {key: value for key, value in {"name": name, "level": level}.items() if value is not None}
    changed = get_client(store, client_id).model_copy(update=changes)
    records.write_record(store, _KIND, client_id, changed)
    return changed
