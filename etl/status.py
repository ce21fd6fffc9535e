"""Where the ETL stands: what waits, what is in the tables, what was set aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lake import layout
from lake.snapshot import Lake
from lake.store import Store


@dataclass(frozen=True)
class Waiting:
    """Objects below a prefix; ``oldest`` is when the first of them was written, in UTC."""

    objects: int
    bytes: int
    oldest: datetime | None


def status(lake: Lake) -> dict[str, Any]:
    """The state of the lake as a JSON object; raises `lake.errors.StoreUnavailable`."""
    raw = _count(lake.store, layout.RAW)
    quarantined = _count(lake.store, layout.QUARANTINE, ending="reason.json")
    return {
        "raw_objects": raw.objects,
        "raw_bytes": raw.bytes,
        "raw_oldest": raw.oldest.isoformat() if raw.oldest else None,
        "quarantined_objects": quarantined.objects,
        "tables": {table.name: table.size() for table in (lake.logs, lake.traces)},
    }


def _count(store: Store, prefix: str, ending: str = "") -> Waiting:
    found = [o for o in store.list(prefix) if o.key.endswith(ending)]
    return Waiting(len(found), sum(o.size for o in found), min((o.modified for o in found), default=None))
