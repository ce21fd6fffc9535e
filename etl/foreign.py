"""What lies in ``raw/`` and was not written by the collector: moved aside unread, whatever its size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from etl import quarantine
from lake.errors import ObjectNotFound, ObjectWithheld
from lake.layout import client_of_raw_key
from lake.rawlog import MAX_UNPACKED_BYTES
from lake.store import Store, StoredObject

_NOT_OURS: Final = "the key is not one that the collector writes"
_TOO_BIG: Final = f"the object is bigger than the {MAX_UNPACKED_BYTES} bytes that one may unpack to"


def split(
    listed: Iterable[StoredObject],
) -> tuple[list[StoredObject], list[StoredObject]]:
    """The objects that may be the collector's, and the foreign ones."""
    ours: list[StoredObject] = []
    foreign: list[StoredObject] = []
    for found in listed:
        (foreign if _reason(found) else ours).append(found)
    return ours, foreign


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
