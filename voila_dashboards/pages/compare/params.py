"""Which two tickets are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voila_dashboards.params import Param, read_client
from voila_dashboards.queries.one_ticket import no_such_ticket

#: The other is what the ticket is held against: of the same client where none is named, and the last good one where no
#: log is named. ``step`` is the row of steps that is looked at; only the browser acts on it.
PARAMS: Final = {
    "client_id": Param(),
    "log_id": Param(),
    "other_client_id": Param(
        unread=lambda _name: ()
    ),  # one that is none is an error, and the ticket's own says nothing
    "other_log_id": Param(),
    "step": Param(),
}


def read_ticket(client_id: object, log_id: object) -> tuple[str, str]:
    """A well-formed client id and a log's id; raises `PageNotFound` for anything else."""
    client = read_client(client_id)
    if client is None or not isinstance(log_id, str) or not log_id:
        raise no_such_ticket()
    return client, log_id


def read_other(params: Mapping[str, str]) -> tuple[str, str] | None:
    """The same of the other ticket; None where the address names none.

    >>> read_other({"client_id": "acme", "other_log_id": "7"}), read_other({"client_id": "acme"})
    (('acme', '7'), None)
    """
    log_id = params.get("other_log_id")
    if not log_id:
        return None
    return read_ticket(params.get("other_client_id") or params.get("client_id"), log_id)
