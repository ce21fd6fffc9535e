"""The secret that signs cookies, shared by every replica of the dashboards."""

from __future__ import annotations

import secrets
from typing import Final

from lake.errors import ObjectExists, ObjectNotFound
from lake.store import Store
from voila_dashboards.settings import DashboardSettings

#: Whoever may read `control/` is an operator: password hashes and the logs themselves lie beside it.
OBJECT_KEY: Final = "control/dashboards/session_secret"


def load_secret(settings: DashboardSettings, store: Store) -> str:
    """The secret of the settings, or else the lake's own, made the first time; raises `StoreUnavailable`."""
    if settings.session_secret is not None:
        return settings.session_secret.get_secret_value()
    try:
        return store.get(OBJECT_KEY).decode()
    except ObjectNotFound:
        return _make_secret(store)


def _make_secret(store: Store) -> str:
    made = secrets.token_urlsafe(48)
    try:
        store.create(OBJECT_KEY, made.encode())
    except ObjectExists:  # another replica was quicker
        return store.get(OBJECT_KEY).decode()
    return made
