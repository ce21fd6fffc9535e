"""``caselog keys``: API keys with which a client's workflows send logs."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import click

from access import keys as ring
from access.clients import get_client
from access.key_uses import list_uses
from cli.environment import open_lake_store
from cli.output import answer, answer_rows, as_mapping, json_option
from cli.spans import End, Span

_KEEP = "Keep it now: only its hash is stored."
_expires = click.option(
    "--expires", type=End(), help="When the key stops working: after 90d, say, or at a time with its offset."
)


@click.group()
def keys() -> None:
    """API keys with which a client's workflows send logs; no key can read."""


@keys.command()
@click.argument("client_id")
@click.option("--label", default="", help="What the key is for, such as a deployment's name.")
@_expires
@json_option
def issue(client_id: str, label: str, expires: datetime | None, *, as_json: bool) -> None:
    """Make a key for a client and print it: it is not shown again.

    A client may have several keys that work.
    """
    key = ring.issue_key(
        open_lake_store(),
        client_id,
        datetime.now(UTC),
        secrets.token_bytes(32),
        label=label,
        expires_at=expires,
    )
    answer(_facts(key, client_id, expires), as_json=as_json, sentence=f"{key}\n{_KEEP}")


@keys.command()
@click.argument("key_or_client")
@click.option(
    "--overlap",
    type=Span(),
    default="7d",
    show_default=True,
    help="How long the old key works beside the new one; 0s ends it at once.",
)
@_expires
@json_option
def rotate(key_or_client: str, overlap: timedelta, expires: datetime | None, *, as_json: bool) -> None:
    """Make a key in the place of another and print it: it is not shown again.

    KEY_OR_CLIENT is what `keys list` shows as key_id; or the client's id, where one key of the client works. The
    new key works at once and has the old one's label; the old one works until the overlap is over.
    """
    made = ring.rotate_key(
        open_lake_store(),
        key_or_client,
        datetime.now(UTC),
        secrets.token_bytes(32),
        overlap=overlap,
        expires_at=expires,
    )
    old, ends_at = made.replaced, made.ends_at
    replaced = {"key_id": old.key_id, "expires_at": ends_at.isoformat()}
    facts = {**_facts(made.api_key, old.client_id, expires), "replaced": replaced}
    until = f"The key {old.key_id} of {old.client_id} works until {ends_at:%Y-%m-%d %H:%M:%S} UTC."
    answer(facts, as_json=as_json, sentence=f"{made.api_key}\n{_KEEP} {until}")


def _facts(api_key: str, client_id: str, expires: datetime | None) -> dict[str, object]:
    """What is told of a key that was made."""
    return {
        "api_key": api_key,
        "client_id": client_id,
        "key_id": ring.hash_key(api_key)[:12],
        "expires_at": expires.isoformat() if expires else None,
    }


@keys.command(name="list")
@click.argument("client_id", required=False)
@json_option
def list_(client_id: str | None, *, as_json: bool) -> None:
    """List keys, of one client or of all: whether each works, and when it was used last, to a quarter of an hour."""
    store, now = open_lake_store(), datetime.now(UTC)
    if client_id is not None:
        get_client(store, client_id)
    found = ring.list_keys(store, client_id)
    uses = list_uses(store) if found else {}
    rows = [_row(key, now, uses.get(key.key_hash)) for key in found]
    answer_rows(rows, as_json=as_json, none="There are no keys yet: caselog keys issue CLIENT")


def _row(key: ring.ApiKey, now: datetime, used_at: datetime | None) -> dict[str, object]:
    """A key as a list shows it; ``last_used_at`` is ``None`` for one that never was used."""
    told = {
        "state": key.state_at(now).value,
        "last_used_at": used_at.isoformat(timespec="seconds") if used_at else None,
    }
    return {"key_id": key.key_id, **as_mapping(key, "key_hash"), **told}


@keys.command()
@click.argument("key_id")
@json_option
def revoke(key_id: str, *, as_json: bool) -> None:
    """Make a key useless, for good. KEY_ID is what `keys list` shows."""
    revoked = ring.revoke_key(open_lake_store(), key_id, datetime.now(UTC))
    facts = {"key_id": revoked.key_id, **as_mapping(revoked, "key_hash")}
    sentence = (
        f"The key {revoked.key_id} of {revoked.client_id} is revoked; collectors notice within seconds."
    )
    answer(facts, as_json=as_json, sentence=sentence)
