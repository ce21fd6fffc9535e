"""``caselog users``: who may sign in to the dashboards."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from access import users as people
from access.users import Role
from cli.environment import open_lake_store
from cli.output import answer, answer_rows, as_mapping, json_option


@click.group()
def users() -> None:
    """Who may sign in to the dashboards."""


@users.command()
@click.argument("name")
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), required=True, help="Sees all, or one client."
)
@click.option("--client", "client_id", help="The client that a user with the role client sees.")
@click.option("--display-name", help="Name the pages show; NAME where it is missing.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
def create(
    name: str,
    role: str,
    client_id: str | None,
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
        client_id=client_id,
        display_name=display_name,
    )
    sees = f"the client {user.client_id}" if user.client_id else "all clients"
    answer(
        as_mapping(user, "password_hash"), as_json=as_json, sentence=f"{name} may sign in and sees {sees}."
    )


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
    rows = [as_mapping(user, "password_hash") for user in people.list_users(open_lake_store())]
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
