"""``caselog audit``: who signed in, what was changed of accounts, what was downloaded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final

import click

from access.audit import AuditEvent, list_events
from cli.environment import open_lake_store
from cli.output import answer_rows, json_option
from cli.spans import Span

_MOST_IN_A_ROW: Final = 3
_NONE: Final = "Nothing of that time is in the audit."


@click.command()
@click.option(
    "--since", type=Span(), default="7d", show_default=True, help="How far back: 90s, 30m, 12h or 7d."
)
@click.option("--user", help="What concerns this user alone.")
@click.option(
    "--client", "client_id", help="What concerns this client alone: its users, and downloads of its logs."
)
@json_option
def audit(since: timedelta, user: str | None, client_id: str | None, *, as_json: bool) -> None:
    """List sign-ins, sign-outs, changes of accounts and downloads, the oldest first.

    The dashboards write them within seconds, failed attempts within a minute. A download of several clients is one line
    that names the first of them. --json prints one object a line, and for such a download one for each client.
    """
    store = open_lake_store()
    store.require_lake()
    now = datetime.now(UTC)
    found = (
        event
        for event in list_events(store, now - min(since, timedelta(days=36_500)), now, user=user)
        if client_id in {None, event.client_id}
    )
    if as_json:
        _print_lines(found)
    else:
        answer_rows([*_rows(found)], as_json=False, none=_NONE)


def _print_lines(events: Iterator[AuditEvent]) -> None:
    for event in events:
        click.echo(json.dumps(event.model_dump(mode="json")))


def _rows(events: Iterable[AuditEvent]) -> Iterator[dict[str, Any]]:
    """A row for each event; those that differ in nothing but the client are one download."""
    for alike, together in groupby(events, lambda event: event.model_copy(update={"client_id": None})):
        clients = [event.client_id for event in together if event.client_id is not None]
        row = alike.model_dump(mode="json")
        at = alike.at.isoformat(timespec="seconds")
        yield {**row, "at": at, "event": alike.event.value, "client_id": _named(clients)}


def _named(clients: Sequence[str]) -> str | None:
    """The first of the clients, and how many more.

    >>> _named(["acme", "globex", "hooli", "initech"]), _named(["acme"]), _named([])
    ('acme, globex and 2 more', 'acme', None)
    """
    if len(clients) > _MOST_IN_A_ROW:
        return f"{', '.join(clients[: _MOST_IN_A_ROW - 1])} and {len(clients) - _MOST_IN_A_ROW + 1} more"
    return ", ".join(clients) or None
