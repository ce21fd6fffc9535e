"""Where the ETL stands: what waits, what is in the tables, what was set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from etl import apart, quarantine
from etl.derive import derived_behind
from etl.upkeep import behind
from lake import layout
from lake.damage import TablesDamaged
from lake.errors import StoreUnavailable, TableNotUnderstood
from lake.snapshot import Lake
from lake.store import StoredObject
from lake.tables import Table


@dataclass(frozen=True)
class Waiting:
    """Objects below a prefix; ``oldest`` is when the first of them was written, in UTC."""

    objects: int
    bytes: int
    oldest: datetime | None


def status(lake: Lake) -> dict[str, Any]:
    """The state of the lake as a JSON object; raises `lake.errors.StoreUnavailable`."""
    waiting = lake.store.survey(layout.RAW)
    raw = _count([found for found in waiting.objects if not layout.is_probe(found.key)])
    quarantined = [
        o.key for o in lake.store.list(layout.QUARANTINE) if o.key.endswith(f".{quarantine.REASON}")
    ]
    conflicts = [key for key in quarantined if key.endswith(f".{quarantine.CONFLICTS_REASON}")]
    return {
        "raw_objects": raw.objects,
        "raw_bytes": raw.bytes,
        "raw_oldest": raw.oldest.isoformat() if raw.oldest else None,
        "quarantined_objects": len(quarantined) - len(conflicts),
        "conflicting_objects": len(conflicts),
        "stepped_over": {odd.key: odd.reason for odd in waiting.oddities},
        "tables": {table.name: _size(table) for table in lake.tables},
        "damaged": _damaged(lake),
        "derived": derived_behind(lake),
        "upkeep": behind(lake, datetime.now(UTC)),
    }


def _size(table: Table) -> dict[str, int] | None:
    """The size of the table, or ``None`` where it cannot be opened."""
    try:
        return table.size()
    except StoreUnavailable:
        return None


def _damaged(lake: Lake) -> list[str]:
    """What is wrong with the tables, or not understood of them, in sentences."""
    try:
        return [found.sentence for found in apart.check_tables(lake).values()]
    except TablesDamaged as error:
        return [found.sentence for found in error.found]
    except TableNotUnderstood as error:
        return [str(error)]


def _count(found: Sequence[StoredObject]) -> Waiting:
    return Waiting(len(found), sum(o.size for o in found), min((o.modified for o in found), default=None))
