"""``caselog users``: who may sign in to the dashboards."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Any

import click

from access import users as people
from access.audit import AuditEvent, Event, record_event
from access.users import Role, User
from cli.environment import open_lake_store
from cli.output import answer, answer_rows, as_mapping, json_option
from cli.this_user import this_user
from lake.errors import StoreUnavailable
from lake.store import Store

#: The dashboards believe what they read of a user for `user_cache_s` seconds, and end pages every two.
_SESSIONS_END = (
    "Sessions and open pages end within 7 seconds, where CASELOG_DASHBOARDS_USER_CACHE_S is as it was."
)


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
@click.option(
    "--no-password",
    is_flag=True,
    help="The user signs in by your company's proxy alone; see docs/accounts.md.",
)
@json_option
def create(
    name: str,
    role: str,
    clients: tuple[str, ...],
    display_name: str | None,
    *,
    password_stdin: bool,
    no_password: bool,
    as_json: bool,
) -> None:
    """Make a user."""
    if no_password and password_stdin:
        raise click.UsageError("--no-password and --password-stdin cannot both be meant.")
    store = open_lake_store()
    user = people.create_user(
        store,
        name,
        Role(role),
        None if no_password else _password(from_stdin=password_stdin),
        datetime.now(UTC),
        clients=clients,
        display_name=display_name,
    )
    _note(store, Event.USER_CREATED, user)
    answer(_shown(user), as_json=as_json, sentence=f"{name} may sign in and sees {_seen_by(user)}.")


def _note(store: Store, event: Event, user: User) -> None:
    """Write down what was done; it is done, also where it cannot be written down."""
    noted = AuditEvent(
        at=datetime.now(UTC),
        event=event,
        user=user.name,
        by=f"operator {this_user()}",
        client_id=user.scope.only_client,
    )
    try:
        record_event(store, noted, os.urandom)
    except StoreUnavailable as error:
        click.echo(f"caselog: It was done, and is not in the audit: {error}", err=True)


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
    store = open_lake_store()
    _note(store, Event.USER_REMOVED, people.remove_user(store, name))
    answer({"name": name, "removed": True}, as_json=as_json, sentence=f"{name} may no longer sign in.")


@users.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the new password from standard input.")
@json_option
def password(name: str, *, password_stdin: bool, as_json: bool) -> None:
    """Give a user another password; every session of theirs ends within seconds."""
    store = open_lake_store()
    user = people.set_password(store, name, _password(from_stdin=password_stdin), datetime.now(UTC))
    _note(store, Event.PASSWORD_CHANGED, user)
    sentence = f"{name} has another password. {_SESSIONS_END}"
    answer({"name": name, "password_changed": True}, as_json=as_json, sentence=sentence)


@users.command(name="sign-out")
@click.argument("name")
@json_option
def sign_out(name: str, *, as_json: bool) -> None:
    """End every session of a user, on every computer; the password stays as it is."""
    store = open_lake_store()
    _note(store, Event.SIGNED_OUT_EVERYWHERE, people.sign_out_everywhere(store, name, datetime.now(UTC)))
    answer(
        {"name": name, "signed_out": True}, as_json=as_json, sentence=f"{name} is signed out. {_SESSIONS_END}"
    )


@users.command()
@click.argument("name")
@json_option
def disable(name: str, *, as_json: bool) -> None:
    """Refuse a user's sign-ins, and end every session of theirs, until `enable`."""
    store = open_lake_store()
    disabled = people.disable_user(store, name, datetime.now(UTC))
    _note(store, Event.USER_DISABLED, disabled)
    sentence = f"{name} may not sign in until: caselog users enable {name}. {_SESSIONS_END}"
    answer(_shown(disabled), as_json=as_json, sentence=sentence)


@users.command()
@click.argument("name")
@json_option
def enable(name: str, *, as_json: bool) -> None:
    """Let a disabled user sign in again, with the password they had."""
    store = open_lake_store()
    enabled = people.enable_user(store, name)
    _note(store, Event.USER_ENABLED, enabled)
    answer(_shown(enabled), as_json=as_json, sentence=f"{name} may sign in and sees {_seen_by(enabled)}.")
