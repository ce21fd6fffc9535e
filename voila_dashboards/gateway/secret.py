"""The secret that signs cookies, shared by every replica of the dashboards."""

from __future__ import annotations

import secrets
from typing import Final

from access.errors import BrokenControlObject
from lake.errors import ObjectExists, ObjectNotFound
from lake.store import Store
from voila_dashboards.settings import SHORTEST_SECRET, DashboardSettings

#: Whoever may read `control/` is an operator: password hashes and the logs themselves lie beside it.
OBJECT_KEY: Final = "control/dashboards/session_secret"


def load_secret(settings: DashboardSettings, store: Store) -> str:
    """The secret of the settings, or else the lake's own, made the first time.

    Raises `lake.errors.StoreUnavailable`, `access.errors.BrokenControlObject`.
    """
    if settings.session_secret is not None:
        return settings.session_secret.get_secret_value()
    try:
        return _read_secret(store)
    except ObjectNotFound:
        return _make_secret(store)


def _read_secret(store: Store) -> str:
    """The lake's secret; one that is cut off would let anybody sign cookies."""
    found = store.get(OBJECT_KEY)
    if len(found) < SHORTEST_SECRET or not found.isascii():
        raise BrokenControlObject(OBJECT_KEY)
    return found.decode()


def _make_secret(store: Store) -> str:
    made = secrets.token_urlsafe(48)
    try:
        store.create(OBJECT_KEY, made.encode())
    except ObjectExists:  # another replica was quicker
        return _read_secret(store)
    return made
