"""What is wrong with one client's logs or files holds up that client alone; what is wrong with a table, everybody."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from etl.batches import Batch
from lake import damage
from lake.damage import Damage, TablesDamaged
from lake.errors import LakeError, StoreUnavailable
from lake.layout import LOGS, TRACES, client_of_raw_key
from lake.snapshot import Lake


def check_tables(lake: Lake, clients: Collection[str] | None = None) -> dict[str, Damage]:
    """Clients that nothing may be committed for, and why; raises `TablesDamaged`, `StoreUnavailable`.

    Of ``clients`` where they are given: a run looks at the files of those whose logs came in.
    """
    try:
        found = damage.damaged_logs(lake)
        files = [] if found else damage.damaged_files(lake, clients)
    except StoreUnavailable as error:
        found = [each for table in (LOGS, TRACES) for each in damage.unreadable_commits(lake.store, table)]
        if not found:
            raise
        raise TablesDamaged(found) from error
    if found:
        raise TablesDamaged(found)
    return by_client(files)


def by_client(found: Collection[Damage]) -> dict[str, Damage]:
    """The first damage of each client."""
    return {each.client_id: each for each in reversed([*found]) if each.client_id}


def without(batch: Batch, clients: Collection[str]) -> Batch:
    """The batch without the objects of these clients."""
    if not clients:
        return batch
    rest = Batch()
    for parsed in batch.objects:
        if client_of_raw_key(parsed.key) not in clients:
            rest.add(parsed)
    return rest


def compact_apart(
    lake: Lake, batch: Batch, compact: Callable[[Batch], None], held: dict[str, Damage], left: dict[str, str]
) -> None:
    """Have the batch compacted, around what cannot be.

    Clients whose files turn out to be damaged are added to ``held``, objects that nobody foresaw to ``left``.
    Raises as ``compact`` where neither is the cause.
    """
    try:
        compact(batch)
    except StoreUnavailable:
        clients = {client for parsed in batch.objects if (client := client_of_raw_key(parsed.key))}
        found = by_client(damage.unreadable_files(lake, clients))
        if not found:
            raise
        held |= found
        rest = without(batch, found)
        if rest.objects:
            compact_apart(lake, rest, compact, held, left)
    except (LakeError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - whatever one object does, the others go on
        left |= _one_by_one(batch, compact)


def _one_by_one(batch: Batch, compact: Callable[[Batch], None]) -> Mapping[str, str]:
    left: dict[str, str] = {}
    for parsed in batch.objects:
        alone = Batch()
        alone.add(parsed)
        try:
            compact(alone)
        except (LakeError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - as above
            left[parsed.key] = f"compacting it failed ({type(error).__name__})"
    return left
