"""``caselog demo``: real tickets of two clients through the real path, then everything left running."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from access.clients import FOR_EVER, Kept, create_client
from access.deletions import Deletion, Kind
from access.keys import issue_key
from access.users import Role, create_user
from caselog.ids import uuid7_at
from cli.environment import LAKE_URL, open_lake_store
from cli.errors import CliError
from cli.figures_folder import locked
from cli.supervise import running
from cli.up import House, read_house
from etl import deletion
from etl.run import run_once
from lake.snapshot import Lake
from lake.store import Store
from lake.subjects import salted

_FOLDER: Final = Path(".caselog")
_CLIENTS: Final = {"acme": "Acme Retail", "globex": "Globex Software"}
#: Acme has said for how long its logs and their traces are kept.
_KEPT: Final = {"acme": Kept(400, 90)}
#: Its oldest ticket, which is deleted.
_DELETED: Final = "ACM-1001"
_OPERATOR: Final = "Demo Operator"
_WORKFLOW: Final = "examples.support_workflow"
#: The rest stays raw until the ETL's next turn, so that both halves of the lake are seen at work.
_INTERVAL_S: Final = 60.0


@dataclass(frozen=True)
class Login:
    """A user of the demo; the password is shown, it opens nothing but the demo."""

    name: str
    password: str
    role: str
    client_id: str | None


@click.command()
@click.option(
    "--tickets",
    type=click.IntRange(2, 100_000),
    default=480,
    show_default=True,
    help="Of both clients together.",
)
@click.option(
    "--days", type=click.IntRange(1, 365), default=60, show_default=True, help="Spread over so many days."
)
@click.option("--collector-port", type=click.IntRange(1, 65535), help="8000 where missing.")
@click.option("--dashboards-port", type=click.IntRange(1, 65535), help="8080 where missing.")
@click.option("--stop-when-ready", is_flag=True, help="Stop after everything was shown to work; for tests.")
def demo(
    tickets: int, days: int, collector_port: int | None, dashboards_port: int | None, *, stop_when_ready: bool
) -> None:
    """Run a real workflow for a few hundred tickets and look at them.

    Uses a folder of its own, .caselog/demo-lake, which is made anew each time.
    """
    _require_example()
    with _alone_in_its_folder():
        _run(tickets, days, collector_port, dashboards_port, stop_when_ready=stop_when_ready)


def _run(
    tickets: int, days: int, collector_port: int | None, dashboards_port: int | None, *, stop_when_ready: bool
) -> None:
    env = {**os.environ, LAKE_URL: (_FOLDER / "demo-lake").resolve().as_uri()}
    house = read_house(
        env, collector_port=collector_port, dashboards_port=dashboards_port, interval_s=_INTERVAL_S
    )
    house.require_free_ports()
    _empty_lake()
    store = open_lake_store(env, create=True)
    keys, logins = _make_accounts(store)
    with running(env, house.longest_stop_s) as (parts, stop):
        click.echo("Starting collector, ETL and dashboards ...")
        parts.start(house.parts())
        if not stop.is_set():
            _send_tickets(house, keys, tickets // len(keys), days)
            run_once(Lake(store), house.etl)
            _delete_a_ticket(store)
            _show(house, logins)
        if not stop_when_ready:
            parts.watch(click.echo)
    click.echo("Stopped.")


def _require_example() -> None:
    try:
        import examples.support_workflow  # noqa: F401 - only whether it is there
    except ModuleNotFoundError as error:
        raise CliError(
            f"The demo's workflow cannot be imported (no module {error.name}): "
            "run it in a checkout, with `make demo`."
        ) from error


@contextmanager
def _alone_in_its_folder() -> Iterator[None]:
    """Hold the folder: a second demo would take the lake from under the first."""
    _FOLDER.mkdir(exist_ok=True)
    with ExitStack() as holding:
        try:
            holding.enter_context(locked(_FOLDER))
        except BlockingIOError:
            raise CliError(
                "Another demo runs in this folder: stop it, or start this one in another folder."
            ) from None
        yield


def _empty_lake() -> None:
    folder = _FOLDER / "demo-lake"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _make_accounts(store: Store) -> tuple[Mapping[str, str], Sequence[Login]]:
    """Two clients with a key each, and a login for the provider and for each of them."""
    now = datetime.now(UTC)
    for client_id, name in _CLIENTS.items():
        create_client(store, client_id, now, name=name, kept=_KEPT.get(client_id, FOR_EVER), by=_OPERATOR)
    keys = {
        client_id: issue_key(store, client_id, now, secrets.token_bytes(32), label="demo")
        for client_id in _CLIENTS
    }
    logins = [Login("provider", _password(), Role.PROVIDER.value, None)]
    logins += [Login(client_id, _password(), Role.CLIENT.value, client_id) for client_id in _CLIENTS]
    for login in logins:
        shown = _CLIENTS.get(login.client_id or "", _OPERATOR)
        create_user(
            store,
            login.name,
            Role(login.role),
            login.password,
            now,
            clients=[login.client_id] if login.client_id else (),
            display_name=shown,
        )
    return keys, logins


def _password() -> str:
    return secrets.token_urlsafe(9)


def _send_tickets(house: House, keys: Mapping[str, str], each: int, days: int) -> None:
    """Run the instrumented workflow, a process for each client, as a client would: with four variables."""
    for seed, (client_id, key) in enumerate(keys.items(), start=1):
        env = {
            **os.environ,
            "LOG_COLLECTOR_URL": house.collector_url,
            "LOG_COLLECTOR_API_KEY": key,
            "CLIENT_ID": client_id,
            "CASELOG_LEVEL": "FULL_TRACE",
        }
        wanted = {"client": client_id, "tickets": each, "days": days, "seed": seed}
        options = [part for name, value in wanted.items() for part in (f"--{name}", str(value))]
        if subprocess.run([sys.executable, "-m", _WORKFLOW, *options], env=env, check=False).returncode:  # noqa: S603
            raise CliError(
                f"The workflow of {client_id} did not get all of its logs through; its reason stands above."
            )


def _delete_a_ticket(store: Store) -> None:
    """Delete the oldest ticket of acme, as if it had asked, so that there is a receipt to look at."""
    lake, salt, now = Lake(store), secrets.token_bytes(16), datetime.now(UTC)
    asked = Deletion(
        deletion_id=uuid7_at(now, secrets.token_bytes(10)),
        kind=Kind.TICKET,
        client_id="acme",
        salt=salt.hex(),
        digest=salted(salt, _DELETED),
        requested_at=now,
        active_at=now,
        by=_OPERATOR,
        why="asked by the customer",
    )
    deletion.begin(lake, asked)
    deletion.finish(lake, asked, lambda: datetime.now(UTC), lambda _said: None)


def _show(house: House, logins: Sequence[Login]) -> None:
    """Print the addresses and logins, and write them to ``.caselog/demo.json`` for whoever automates this."""
    facts: dict[str, Any] = {
        "dashboards_url": house.dashboards_url,
        "collector_url": house.collector_url,
        "logins": [vars(login) for login in logins],
    }
    (_FOLDER / "demo.json").write_text(json.dumps(facts, indent=1) + "\n")
    click.echo(f"\nOpen {house.dashboards_url} and sign in as one of:\n")
    for login in logins:
        sees = f"sees only {login.client_id}" if login.client_id else "sees all clients"
        click.echo(f"  {login.name:<10} {login.password:<14} {sees}")
    click.echo(f"\nThe collector's reference is at {house.collector_url}/docs. Ctrl-C stops everything.")
