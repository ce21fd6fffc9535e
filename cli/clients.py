"""``caselog clients``: the companies whose workflows send logs."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from access import clients as registry
from access.clients import Level
from cli.environment import open_lake_store
from cli.output import answer, answer_rows, as_mapping, json_option

_level = click.Choice([level.value for level in Level])


@click.group()
def clients() -> None:
    """The companies whose workflows send logs."""


@clients.command()
@click.argument("client_id")
@click.option("--name", help="Name for people; the id where it is missing.")
@click.option("--level", type=_level, default=Level.FULL_TRACE.value, help="METRICS_ONLY stores no traces.")
@json_option
def create(client_id: str, name: str | None, level: str, *, as_json: bool) -> None:
    """Make a client."""
    client = registry.create_client(
        open_lake_store(), client_id, datetime.now(UTC), name=name, level=Level(level)
    )
    then = f"The client {client_id} exists. Next: caselog keys issue {client_id}"
    answer(as_mapping(client), as_json=as_json, sentence=then)


@clients.command(name="list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the clients."""
    rows = [as_mapping(client) for client in registry.list_clients(open_lake_store())]
    answer_rows(rows, as_json=as_json, none="There are no clients yet: caselog clients create ID")


@clients.command()
@click.argument("client_id")
@json_option
def show(client_id: str, *, as_json: bool) -> None:
    """Show one client."""
    answer_rows_of_one(registry.get_client(open_lake_store(), client_id), as_json=as_json)


@clients.command(name="set")
@click.argument("client_id")
@click.option("--name", help="A new name for people.")
@click.option("--level", type=_level, help="METRICS_ONLY stores no traces from now on.")
@json_option
def set_(client_id: str, name: str | None, level: str | None, *, as_json: bool) -> None:
    """Change a client's name or level."""
    if name is None and level is None:
        raise click.UsageError("Nothing to change: give --name or --level.")
    changed = registry.set_client(
        open_lake_store(), client_id, name=name, level=Level(level) if level else None
    )
    answer_rows_of_one(changed, as_json=as_json)


def answer_rows_of_one(client: registry.Client, *, as_json: bool) -> None:
    """Print one client: an object for a script, a table of one row for a person."""
    row = as_mapping(client)
    if as_json:
        answer(row, as_json=True, sentence="")
    else:
        answer_rows([row], as_json=False, none="")
