"""``caselog keys``: API keys with which a client's workflows send logs."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import click

from access import keys as ring
from cli.environment import open_lake_store
from cli.output import answer, answer_rows, as_mapping, json_option


@click.group()
def keys() -> None:
    """API keys with which a client's workflows send logs; no key can read."""


@keys.command()
@click.argument("client_id")
@click.option("--label", default="", help="What the key is for, such as a deployment's name.")
@json_option
def issue(client_id: str, label: str, *, as_json: bool) -> None:
    """Make a key for a client and print it: it is not shown again."""
    now = datetime.now(UTC)
    key = ring.issue_key(open_lake_store(), client_id, now, secrets.token_bytes(32), label=label)
    facts = {"api_key": key, "client_id": client_id, "key_id": ring.hash_key(key)[:12]}
    answer(facts, as_json=as_json, sentence=f"{key}\nKeep it now: only its hash is stored.")


@keys.command(name="list")
@click.argument("client_id", required=False)
@json_option
def list_(client_id: str | None, *, as_json: bool) -> None:
    """List keys, of one client or of all."""
    found = ring.list_keys(open_lake_store(), client_id)
    rows = [{"key_id": key.key_id, **as_mapping(key, "key_hash")} for key in found]
    answer_rows(rows, as_json=as_json, none="There are no keys yet: caselog keys issue CLIENT")


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
