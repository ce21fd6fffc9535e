"""A deletion from its record to its receipt: found, removed, read again, and only then said to be done.

The record is written first. Then whoever adds rows knows of it, or is kept out by `lake.removal.TableRemoval.fence`.
One pass finds what is meant and removes it: of the derived tables, of ``traces`` and of ``logs``, in this order, then
of ``raw/`` and ``quarantine/``. A pass that finds nothing is the proof: it has read everything again.
Killed anywhere, the next pass goes on; two at once do the same work, and one of them finds nothing left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from access import clients, deletions
from access.deletions import Deletion, Kind
from access.errors import ClientDeleted, UnknownClient
from etl.deletion_pass import Clock, Pass, Work
from etl.receipt import facts, out_of_reach
from lake import layout
from lake.errors import LakeError, StoreUnavailable
from lake.removal import TableRemoval
from lake.snapshot import Lake

Told = Callable[[str], None]

_MOST_PASSES: Final = 8
#: Somebody is at it who said so within this time.
_ACTIVE_FOR: Final = timedelta(minutes=15)


class DeletionUnfinished(LakeError):
    """Something that is to be deleted keeps coming, or cannot be removed."""

    def __init__(self, deletion_id: str, left: Mapping[str, str]) -> None:
        named = "; ".join(f"{key!r}: {reason}" for key, reason in [*left.items()][:5])
        what = f"These could not be looked at or removed: {named}." if left else "It kept finding more."
        super().__init__(
            f"The deletion {deletion_id} is not done. {what} What was found is removed; `caselog delete resume` "
            "goes on."
        )


class DeletionNotBegun(LakeError):
    """Nothing was removed: not even the record could be written."""

    def __init__(self, error: LakeError) -> None:
        super().__init__(
            f"Nothing was deleted: a deletion needs the right to write and remove everything in the lake. {error}"
        )


def begin(lake: Lake, deletion: Deletion) -> None:
    """Write the record: from now on nothing that it names gets in. Raises `DeletionNotBegun`."""
    _require_client(lake, deletion)
    try:
        deletions.create_deletion(lake.store, deletion)
    except StoreUnavailable as error:
        raise DeletionNotBegun(error) from error


def _require_client(lake: Lake, deletion: Deletion) -> None:
    """Raises `UnknownClient` for a client of whom there is no sign: its name may be mistyped."""
    client_id = deletion.client_id
    if client_id is None:
        return
    before = deletions.client_deletion(lake.store, client_id) if deletion.kind is Kind.CLIENT else None
    if before is not None:
        raise ClientDeleted(client_id, before.deletion_id)
    try:
        clients.get_client(lake.store, client_id)
    except UnknownClient:
        has_files = any(TableRemoval(lake.store, table).stored({client_id}) for table in lake.tables)
        if not has_files and not any(True for _ in lake.store.list(layout.raw_prefix(client_id))):
            raise


def preview(lake: Lake, deletion: Deletion) -> Pass:
    """What the deletion would remove now; nothing is written."""
    _require_client(lake, deletion)
    return Work(lake, deletion, lambda: deletion.requested_at).look(does=False)


def finish(
    lake: Lake, deletion: Deletion, clock: Clock, told: Told = lambda _said: None
) -> Mapping[str, Any]:
    """Remove what is meant, read everything again, and write the receipt, which is returned.

    Raises `DeletionUnfinished`, `StoreUnavailable`, `lake.errors.ObjectDamaged`: then it can be gone on with later.
    """
    for number in range(_MOST_PASSES):
        told("Looking for it" if number == 0 else "Reading everything again")
        work = Work(lake, deletion, clock)
        done = work.look(does=True)
        deletion = work.deletion
        if done.left:
            raise DeletionUnfinished(deletion.deletion_id, done.left)
        if done.is_empty and number:
            return _end(lake, deletion, done, clock())
    raise DeletionUnfinished(deletion.deletion_id, {})


def _end(lake: Lake, deletion: Deletion, last: Pass, now: datetime) -> Mapping[str, Any]:
    receipt = deletions.write_receipt(
        lake.store, deletion.deletion_id, facts(deletion, last, now, out_of_reach(lake))
    )
    ended = deletions.save(lake.store, deletion.model_copy(update={"ended_at": now}))
    deletions.forget_replaced_ids(lake.store, ended)
    return receipt


def unfinished(lake: Lake) -> list[Deletion]:
    """Deletions that are begun and not done, the oldest first."""
    return [each for each in deletions.list_deletions(lake.store) if each.ended_at is None]


def resume(
    lake: Lake, clock: Clock, *, idle_only: bool, told: Told = lambda _said: None
) -> list[Mapping[str, Any]]:
    """Go on with deletions that were interrupted; with ``idle_only`` leave those that somebody is at. Receipts."""
    begun = [each for each in unfinished(lake) if not idle_only or is_idle(each, clock())]
    return [finish(lake, each, clock, told) for each in begun]


def is_idle(deletion: Deletion, now: datetime) -> bool:
    """Whether nobody is at it, as far as is known."""
    return abs(now - deletion.active_at) > _ACTIVE_FOR


def resume_idle(lake: Lake, now: datetime) -> tuple[int, dict[str, str]]:
    """Go on with what nobody is at: how many are done now, and by id what keeps the others from it, in words."""
    done, stuck = 0, {}
    for each in unfinished(lake):
        if is_idle(each, now):
            try:
                finish(lake, each, lambda: now)
            except LakeError as error:
                stuck[each.deletion_id] = str(error)
            else:
                done += 1
    return done, stuck
