"""Where the ETL stands: what waits, what is in the tables, what was set aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from etl import apart
from etl.upkeep import behind
from lake import layout
from lake.damage import TablesDamaged
from lake.errors import StoreUnavailable
from lake.snapshot import Lake
from lake.store import Store
from lake.tables import Table


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
        "stepped_over": {odd.key: odd.reason for odd in lake.store.oddities(layout.RAW)},
        "tables": {table.name: _size(table) for table in lake.tables},
        "damaged": _damaged(lake),
        "upkeep": behind(lake, datetime.now(UTC)),
    }


def _size(table: Table) -> dict[str, int] | None:
    """The size of the table, or ``None`` where it cannot be opened."""
    try:
        return table.size()
    except StoreUnavailable:
        return None


def _damaged(lake: Lake) -> list[str]:
    """What is wrong with the tables, in sentences."""
    try:
        return [found.sentence for found in apart.check_tables(lake).values()]
    except TablesDamaged as error:
        return [found.sentence for found in error.found]


def _count(store: Store, prefix: str, ending: str = "") -> Waiting:
    found = [o for o in store.list(prefix) if o.key.endswith(ending)]
    return Waiting(len(found), sum(o.size for o in found), min((o.modified for o in found), default=None))
