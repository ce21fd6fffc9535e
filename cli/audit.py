"""``caselog audit``: who signed in, what was changed of accounts, what was downloaded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from access.audit import AuditEvent, list_events
from cli.environment import open_lake_store
from cli.output import answer_rows, json_option
from cli.spans import Span

_NONE = "Nothing of that time is in the audit."


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

    The dashboards write them within seconds, failed attempts within a minute. --json prints one object a line.
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
        answer_rows([_row(event) for event in found], as_json=False, none=_NONE)


def _print_lines(events: Iterator[AuditEvent]) -> None:
    for event in events:
        click.echo(json.dumps(event.model_dump(mode="json")))


def _row(event: AuditEvent) -> dict[str, Any]:
    row = event.model_dump(mode="json")
    return {**row, "at": event.at.isoformat(timespec="seconds"), "event": event.event.value}
