"""Whether keys and clients can be looked up: what comes before every log, and takes a right for each of the two."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from lake.errors import ObjectNotFound, ObjectWithheld, StoreUnavailable
from lake.layout import control_key
from lake.store import Store

#: Records that nobody can have: to find that out takes the rights that finding any other takes.
NOBODYS: Final = (control_key("keys", "0" * 64), control_key("clients", "-"))


def try_lookups(store: Store) -> None:
    """Return where both can be looked up; raises `lake.errors.StoreUnavailable`."""
    for key in NOBODYS:
        try:
            store.get(key)
        except ObjectWithheld as error:  # of one among many it would be no failure of the store
            raise StoreUnavailable(f"reading {key}", error.reason) from error
        except ObjectNotFound:
            continue


async def try_lookups_async(store: Store) -> None:
    """As `try_lookups`, without blocking the event loop; whoever waits sets the limit of time."""
    for key in NOBODYS:
        with suppress(ObjectNotFound):
            await store.get_async(key)
