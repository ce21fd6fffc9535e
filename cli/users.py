"""``caselog users``: who may sign in to the dashboards."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import click

from access import users as people
from access.users import Role, User
from cli.environment import open_lake_store
from cli.output import answer, answer_rows, as_mapping, json_option


@click.group()
def users() -> None:
    """Who may sign in to the dashboards."""


@users.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="provider: sees all clients, or some. client: sees one.",
)
@click.option(
    "--client",
    "clients",
    multiple=True,
    help="A client the user sees: one for the role client; as often as wanted for the role provider, "
    "which sees all where there is none.",
)
@click.option("--display-name", help="Name the pages show; NAME where it is missing.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
def create(
    name: str,
    role: str,
    clients: tuple[str, ...],
    display_name: str | None,
    *,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Make a user."""
    user = people.create_user(
        open_lake_store(),
        name,
        Role(role),
        _password(from_stdin=password_stdin),
        datetime.now(UTC),
        clients=clients,
        display_name=display_name,
    )
    answer(_shown(user), as_json=as_json, sentence=f"{name} may sign in and sees {_seen_by(user)}.")


def _shown(user: User) -> dict[str, Any]:
    return as_mapping(user, "password_hash")


def _seen_by(user: User) -> str:
    """Whose logs a user sees, in words."""
    match user.clients:
        case None:
            return "all clients"
        case [client_id]:
            return f"the client {client_id}"
        case _:
            return f"the clients {', '.join(user.clients)}"


def _password(*, from_stdin: bool) -> str:
    """The password: never an argument, which other users of the machine could see."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


@users.command(name="list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the users."""
    rows = [_shown(user) for user in people.list_users(open_lake_store())]
    if not as_json:
        rows = [{**row, "clients": ", ".join(row["clients"] or ["all"])} for row in rows]
    answer_rows(
        rows, as_json=as_json, none="There are no users yet: caselog users create NAME --role provider"
    )


@users.command()
@click.argument("name")
@json_option
def remove(name: str, *, as_json: bool) -> None:
    """Take a user's access away; open pages stop within seconds."""
    people.remove_user(open_lake_store(), name)
    answer({"name": name, "removed": True}, as_json=as_json, sentence=f"{name} may no longer sign in.")
