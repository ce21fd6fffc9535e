"""Small JSON objects below ``control/``: one object, one record, written whole."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from access.errors import BrokenControlObject
from lake import layout
from lake.errors import ObjectNotFound
from lake.store import Store

#: Records that are read at once: a store may be 30 ms away.
_READERS: Final = 16

logger = logging.getLogger(__name__)


class Record(BaseModel):
    """Base of what is kept below ``control/``."""

    model_config = ConfigDict(frozen=True, extra="ignore")


R = TypeVar("R", bound=Record)


def parse_record(model: type[R], key: str, data: bytes) -> R:
    """The record in ``data``; raises `BrokenControlObject`."""
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise BrokenControlObject(key) from error


def read_record(store: Store, model: type[R], kind: str, name: str) -> R | None:
    """The record ``name``, or ``None``."""
    key = layout.control_key(kind, name)
    try:
        return parse_record(model, key, store.get(key))
    except ObjectNotFound:
        return None


async def read_record_async(store: Store, model: type[R], kind: str, name: str) -> R | None:
    """As `read_record`, without blocking the event loop."""
    key = layout.control_key(kind, name)
    try:
        return parse_record(model, key, await store.get_async(key))
    except ObjectNotFound:
        return None


def list_records(store: Store, model: type[R], kind: str) -> Iterator[R]:
    """Every record of a kind that can be read, by name in ascending order; the others are named in the service log.

    One damaged key must not keep its operator from revoking another.
    """
    keys = [found.key for found in store.list(f"{layout.CONTROL}{kind}")]
    if not keys:
        return
    with ThreadPoolExecutor(min(_READERS, len(keys))) as pool:
        for key, data in zip(keys, pool.map(lambda each: _get(store, each), keys), strict=True):
            try:
                if data is not None:
                    yield parse_record(model, key, data)
            except BrokenControlObject as error:
                logger.warning("%s", error)


def _get(store: Store, key: str) -> bytes | None:
    try:
        return store.get(key)
    except ObjectNotFound:  # removed since it was listed
        return None


def write_record(store: Store, kind: str, name: str, record: Record) -> None:
    """Write or replace the record, durably."""
    store.put(layout.control_key(kind, name), record.model_dump_json().encode())


def create_record(store: Store, kind: str, name: str, record: Record) -> None:
    """Write a record that is not there yet; raises `lake.errors.ObjectExists`."""
    store.create(layout.control_key(kind, name), record.model_dump_json().encode())
