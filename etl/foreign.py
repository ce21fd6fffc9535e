"""What lies in ``raw/`` and was not written by the collector: moved aside unread, whatever its size."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from etl import quarantine
from lake.errors import ObjectNotFound, ObjectWithheld
from lake.layout import client_of_raw_key, is_probe
from lake.rawlog import MAX_UNPACKED_BYTES
from lake.store import Store, StoredObject

_NOT_OURS: Final = "the key is not one that the collector writes"
#: A collector removes its probe within seconds; one that was killed leaves it.
_LONGEST_PROBE: Final = timedelta(hours=1)
_TOO_BIG: Final = f"the object is bigger than the {MAX_UNPACKED_BYTES} bytes that one may unpack to"


def split(
    listed: Iterable[StoredObject],
) -> tuple[list[StoredObject], list[StoredObject]]:
    """The objects that may be the collector's logs, and the foreign ones; its probes are neither."""
    ours: list[StoredObject] = []
    foreign: list[StoredObject] = []
    for found in listed:
        if not is_probe(found.key):
            (foreign if _reason(found) else ours).append(found)
    return ours, foreign


def remove_probes(store: Store, listed: Iterable[StoredObject], now: datetime) -> None:
    """Remove the probes that nobody will remove any more."""
    left = [each.key for each in listed if is_probe(each.key) and now - each.modified > _LONGEST_PROBE]
    if left:
        with suppress(ObjectWithheld):  # it harms nobody
            store.delete(left)


def move_aside(store: Store, foreign: Iterable[StoredObject], left: dict[str, str]) -> int:
    """Move the foreign objects to ``quarantine/``; how many. One that cannot be moved is named in ``left``."""
    moved = 0
    for found in foreign:
        try:
            quarantine.move_aside(store, found.key, _reason(found) or _NOT_OURS)
        except ObjectWithheld as error:
            left[error.key] = error.reason
            continue
        except ObjectNotFound:  # gone meanwhile
            continue
        moved += 1
    return moved


def _reason(found: StoredObject) -> str | None:
    if client_of_raw_key(found.key) is None:
        return _NOT_OURS
    return _TOO_BIG if found.size > MAX_UNPACKED_BYTES else None
