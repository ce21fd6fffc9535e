"""``caselog delete``: logs removed for good, everywhere in the lake, with a receipt."""

from __future__ import annotations

import os
import secrets
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from access import deletions
from access import keys as keys_of_clients
from access.deletions import Deletion, Kind
from caselog.ids import uuid7_at
from cli.environment import HASH_KEY, hash_key, open_lake_store
from cli.errors import CliError
from cli.output import answer, answer_rows, json_option
from cli.this_user import this_user
from etl import deletion as doing
from etl.deletion_pass import Pass
from lake import layout
from lake.snapshot import Lake
from lake.subjects import TOKEN, hash_address, is_address, salted

_SALT_BYTES: Final = 16

_yes = click.option("--yes", is_flag=True, help="Do it. Without it, nothing is changed.")
_why = click.option(
    "--why", default="", help="The reason, for the receipt: its client reads it. Name no person."
)
_by = click.option("--by", help="Who does it, for the receipt; this user where it is missing.")


@click.group()
def delete() -> None:
    """Remove a client's, a ticket's or a person's logs for good, with a receipt.

    Removed are raw objects, rows and old versions of the tables, and what is in quarantine; what was deleted stays
    deleted when it is sent again.
    """


@delete.command()
@click.argument("client_id")
@_why
@_by
@_yes
@json_option
def client(client_id: str, why: str, by: str | None, *, yes: bool, as_json: bool) -> None:
    """Remove a client: all its logs, its keys, and the users who see it alone."""
    _delete(_deletion(Kind.CLIENT, client_id, why, by), yes=yes, as_json=as_json)


@delete.command()
@click.argument("ticket_id")
@click.option("--client", "client_id", required=True, help="Whose ticket it is.")
@_why
@_by
@_yes
@json_option
def ticket(ticket_id: str, client_id: str, why: str, by: str | None, *, yes: bool, as_json: bool) -> None:
    """Remove every log of a ticket."""
    salt = secrets.token_bytes(_SALT_BYTES)
    named = {"salt": salt.hex(), "digest": salted(salt, ticket_id)}
    _delete(_deletion(Kind.TICKET, client_id, why, by, **named), yes=yes, as_json=as_json)


@delete.command()
@click.option("--email", required=True, help="The person's e-mail address; - reads it from standard input.")
@click.option("--client", "client_id", help="With this client only; with all where it is missing.")
@click.option(
    "--hash-key-file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help=f"File with the clients' hash keys (or API keys), one a line; - is standard input. Beside {HASH_KEY}.",
)
@click.option(
    "--hashed", multiple=True, metavar="email:...", help="What stands for the address in the client's logs."
)
@_why
@_by
@_yes
@json_option
def subject(
    email: str,
    client_id: str | None,
    hash_key_file: str | None,
    hashed: tuple[str, ...],
    why: str,
    by: str | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove every log that tells of a person, by the e-mail address.

    Found is what the SDK wrote for the address, keyed by CASELOG_HASH_KEY or else the API key, and the address itself,
    in any text of a log and however it is written.
    """
    address = _address(email)
    keys = {hash_key(), *_lines(hash_key_file)} - {""}
    tokens = _tokens(address, keys, hashed)
    without_key = _without_key(client_id, keys)
    if not tokens:
        _warn(
            "Without the client's hash key only the address itself is looked for, not what the SDK wrote for it."
        )
    elif without_key:
        _warn(
            f"No API key was given of {', '.join(without_key)}: what the SDK wrote for the address in their logs is "
            "found only where another hash key that was given is theirs."
        )
    if address in why.lower() or address in (by or "").lower():
        raise click.UsageError("--why and --by stand in the receipt: leave the address out.")
    salt = secrets.token_bytes(_SALT_BYTES)
    named = {"salt": salt.hex(), "digest": salted(salt, address)}
    told = {"tokens": tuple(salted(salt, token) for token in tokens), "without_key": without_key}
    _delete(_deletion(Kind.SUBJECT, client_id, why, by, **told, **named), yes=yes, as_json=as_json)


def _address(told: str) -> str:
    address = (sys.stdin.readline() if told == "-" else told).strip()
    if not is_address(address):
        raise click.UsageError("--email is no e-mail address.")
    return address.lower()


def _without_key(client_id: str | None, given: Collection[str]) -> tuple[str, ...]:
    """Clients that have API keys of which none was given."""
    known: dict[str, set[str]] = defaultdict(set)
    for each in keys_of_clients.list_keys(open_lake_store(), client_id):
        known[each.client_id].add(each.key_hash)
    hashes = set(map(keys_of_clients.hash_key, given))
    return tuple(sorted(each for each, own in known.items() if not own & hashes))


def _tokens(address: str, keys: Collection[str], hashed: tuple[str, ...]) -> tuple[str, ...]:
    if not all(map(TOKEN.fullmatch, hashed)):
        raise click.UsageError("--hashed is email: and 16 hexadecimal digits, as it stands in the logs.")
    return tuple(sorted({*hashed, *(token for key in keys for token in hash_address(address, key))}))


def _lines(path: str | None) -> Iterator[str]:
    if path is not None:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        yield from map(str.strip, text.splitlines())


def _deletion(kind: Kind, client_id: str | None, why: str, by: str | None, **named: Any) -> Deletion:
    now = datetime.now(UTC)
    if client_id is not None and not layout.is_client_id(client_id):
        raise click.UsageError(f"{client_id!r} is no client's id.")
    return Deletion(
        deletion_id=uuid7_at(now, os.urandom(10)),
        kind=kind,
        client_id=client_id,
        requested_at=now,
        active_at=now,
        by=by or this_user(),
        why=why,
        **named,
    )


def _delete(deletion: Deletion, *, yes: bool, as_json: bool) -> None:
    lake = _open_lake()
    if not yes:
        found = doing.preview(lake, deletion)
        answer(_told(found), as_json=as_json, sentence=_preview(found))
        return
    if not deletion.why:
        raise click.UsageError("Say --why: it stands in the receipt.")
    doing.begin(lake, deletion)
    receipt = doing.finish(lake, deletion, _now, lambda said: _progress(said, as_json=as_json))
    answer(receipt, as_json=as_json, sentence=_in_words(receipt))


def _open_lake() -> Lake:
    store = open_lake_store()
    store.require_lake()
    return Lake(store)


def _now() -> datetime:
    return datetime.now(UTC)


def _progress(said: str, *, as_json: bool) -> None:
    if not as_json and sys.stderr.isatty():
        click.echo(f"{said} ...", err=True)


def _warn(sentence: str) -> None:
    click.echo(f"caselog: {sentence}", err=True)


def _told(found: Pass) -> dict[str, Any]:
    return {
        "would_remove": dict(sorted(found.counts.items())),
        "not_looked_at": {**found.left, **found.unseen},
    }


def _preview(found: Pass) -> str:
    counts = [f"{number:,} {name}" for name, number in sorted(found.counts.items()) if number]
    unseen = [f"Not looked at: {key!r}: {reason}" for key, reason in {**found.left, **found.unseen}.items()]
    what = f"This would remove {', '.join(counts)}." if counts else "Nothing of it is in the lake."
    return "\n".join(
        [what, *unseen, "Say --yes to do it: then it is gone for good, and stays so when it is sent again."]
    )


# ------------------------------------------------------------ what was done


@delete.command(name="list")
@json_option
def list_(*, as_json: bool) -> None:
    """List deletions, done and begun."""
    store = open_lake_store()
    rows = [
        {
            "id": each.deletion_id,
            "kind": each.kind.value,
            "client_id": each.client_id,
            "requested_at": each.requested_at.isoformat(timespec="seconds"),
            "ended_at": each.ended_at.isoformat(timespec="seconds") if each.ended_at else None,
            "by": each.by,
            "why": each.why,
        }
        for each in deletions.list_deletions(store)
    ]
    answer_rows(rows, as_json=as_json, none="Nothing was ever deleted.")


@delete.command()
@click.argument("deletion_id")
@click.option(
    "--of",
    help="Check that it is the receipt of this ticket, address or client; - reads it from standard input.",
)
@json_option
def receipt(deletion_id: str, of: str | None, *, as_json: bool) -> None:
    """Print the receipt of a deletion. DELETION_ID may be cut short."""
    store = open_lake_store()
    deletion = deletions.get_deletion(store, deletion_id)
    found = deletions.find_receipt(store, deletion.deletion_id)
    if found is None:
        raise CliError(
            f"The deletion {deletion.deletion_id} is not done: there is no receipt. `caselog delete resume` goes on."
        )
    if doubts := deletions.doubts(store, found):
        raise CliError(" ".join(["This receipt cannot be trusted.", *doubts]))
    value = sys.stdin.readline().strip() if of == "-" else of
    if value is not None and not deletion.is_of(value):
        raise CliError("This is the receipt of something else.")
    answer(found, as_json=as_json, sentence=_in_words(found))


@delete.command()
@json_option
def resume(*, as_json: bool) -> None:
    """Go on with deletions that were interrupted; the ETL does so by itself after a quarter of an hour."""
    receipts = doing.resume(_open_lake(), _now, idle_only=False)
    told = [f"{each['id']} is done." for each in receipts] or ["Nothing was interrupted."]
    answer({"done": list(receipts)}, as_json=as_json, sentence="\n".join(told))


def _in_words(found: Mapping[str, Any]) -> str:
    removed = [f"{number:,} {name}" for name, number in found["removed"].items() if number]
    checked = found["checked"]
    read = ", ".join(f"{number:,} {name}" for name, number in checked["read"].items())
    facts = {
        "receipt": found["id"],
        "deleted": _what(found),
        "why": found["why"],
        "by": found["by"],
        "asked": found["requested_at"],
        "done": found["ended_at"],
        "removed": ", ".join(removed) or "nothing was there",
        "checked": f"{checked['how']} Read: {read}.",
        "not seen": "; ".join(f"{key!r}: {reason}" for key, reason in checked["not_looked_at"].items()),
        "not ours": "\n".ljust(11).join(found["out_of_reach"]),
        "before it": found["previous"] or "none",
        "digest": found["digest"],
    }
    return "\n".join(f"{name:<9} {value}" for name, value in facts.items() if value)


def _what(found: Mapping[str, Any]) -> str:
    named = found["named_by"]
    whose = f"client {found['client_id']}" if found["client_id"] else "all clients"
    if found["kind"] == Kind.CLIENT.value:
        return f"{whose}, with all its logs"
    digest = f"HMAC-SHA256 {named['hmac_sha256']} with the salt {named['salt']}"
    if found["kind"] == Kind.TICKET.value:
        return f"a ticket of {whose}: its id has the {digest}"
    hashes = (
        f", and {len(named['keyed_hashes'])} hashes that stand for it" if named.get("keyed_hashes") else ""
    )
    return f"a person, with {whose}: the address has the {digest}{hashes}"
