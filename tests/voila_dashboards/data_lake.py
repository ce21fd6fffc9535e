"""A lake for the page of a client's data: the demo's runs, clients with settings, and deletions with their receipts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from access.clients import Kept, create_client, set_client
from access.deletions import Deletion, Kind
from etl import deletion
from lake.snapshot import Lake
from lake.store import Store, open_store
from lake.subjects import salted
from tests.voila_dashboards.page_lake import DAY, NOW, reader_of
from voila_dashboards.kernel.sources import LakeSource

SALT: Final = b"salt" * 4
#: What was deleted, with each receipt: a ticket of acme, one of globex, and a person with everybody.
DELETED: Final = {"acme": "ACM-1001", "globex": "GLX-1001", "everybody": "somebody@example.com"}


@contextmanager
def data_source(folder: Path, logs: list[dict[str, Any]]) -> Iterator[LakeSource]:
    """A reader of a lake in ``folder`` with these logs, from which the tickets of `DELETED` were deleted."""
    with reader_of(folder, logs) as source:
        store = open_store(folder.as_uri(), {})
        make_clients(store)
        delete_some(store)
        source.refresh()
        yield source


def make_clients(store: Store) -> None:
    """Acme keeps logs for 400 days and traces for 90; globex has what holds where nothing is set."""
    for client_id, name in {"acme": "Acme Retail", "globex": "Globex Software"}.items():
        create_client(store, client_id, NOW - 60 * DAY, name=name, again=True)
    set_client(store, "acme", kept=Kept(400, 90), by="olivia", now=NOW - 30 * DAY)


def delete_some(store: Store) -> Mapping[str, str]:
    """Delete what `DELETED` names; the ids of the receipts by the same names."""
    ids = {}
    for number, (whose, named) in enumerate(DELETED.items()):
        is_person = whose == "everybody"
        begun = Deletion(
            deletion_id=f"01a21293-0000-7000-8000-{number:012}",
            kind=Kind.SUBJECT if is_person else Kind.TICKET,
            client_id=None if is_person else whose,
            salt=SALT.hex(),
            digest=salted(SALT, named),
            requested_at=NOW - timedelta(minutes=30),
            active_at=NOW - timedelta(minutes=30),
            by="olivia",
            why=f"asked by {whose}",
        )
        deletion.begin(Lake(store), begun)
        deletion.finish(Lake(store), begun, lambda: NOW - timedelta(minutes=29), lambda _said: None)
        ids[whose] = begun.deletion_id
    return ids
