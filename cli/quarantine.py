"""``caselog etl quarantine``: what the ETL could not read, for somebody to look at and decide."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

from cli.environment import open_lake_store
from cli.output import answer, answer_rows, json_option
from etl import quarantine as kept
from etl.quarantine import SetAside
from lake.store import Store


@click.group()
def quarantine() -> None:
    """See what was set aside, try it again or drop it."""


_names = click.argument("names", nargs=-1, metavar="NAME...")
_all = click.option("--all", "everything", is_flag=True, help="Everything that is in quarantine.")


@quarantine.command(name="list")
@json_option
def list_(*, as_json: bool) -> None:
    """List what was set aside, with the reason: what could not be read, and logs whose ids were taken already."""
    rows = [each.to_json() for each in kept.found(_open_store())]
    answer_rows(rows, as_json=as_json, none="Nothing is in quarantine.")


@quarantine.command()
@click.argument("name")
@click.option("--content", is_flag=True, help="Write what is kept to standard output, byte by byte.")
@json_option
def show(name: str, *, content: bool, as_json: bool) -> None:
    """Show one: where it came from, and what is wrong with which line."""
    store = _open_store()
    aside = kept.find(store, name)
    if content:
        sys.stdout.buffer.write(kept.content(store, aside))
        return
    found = {
        **aside.to_json(),
        "key": aside.key,
        "lines": list(aside.lines),
        "kept": list(aside.kept.values()),
    }
    answer(found, as_json=as_json, sentence=_told(aside))


@quarantine.command()
@_names
@_all
@json_option
def retry(names: Sequence[str], *, everything: bool, as_json: bool) -> None:
    """Put it back into raw/, for the next run of the ETL.

    Needs the right to write raw/, which the ETL's own credentials lack. With --all, what the collector did not write
    and logs whose ids are taken stay in quarantine.
    """
    store = _open_store()
    chosen = _chosen(store, names, everything=everything)
    chosen = [each for each in chosen if each.hindrance is None or not everything]
    for each in chosen:
        kept.retry(store, each)
    sentence = f"{len(chosen)} put back: the next run compacts them, or sets them aside again."
    answer({"retried": [each.name for each in chosen]}, as_json=as_json, sentence=sentence)


@quarantine.command()
@_names
@_all
@click.option("--yes", is_flag=True, help="Do it. Without it, nothing is removed.")
@json_option
def drop(names: Sequence[str], *, everything: bool, yes: bool, as_json: bool) -> None:
    """Remove it for ever."""
    store = _open_store()
    chosen = _chosen(store, names, everything=everything)
    for each in chosen if yes else ():
        kept.drop(store, each)
    told = [each.name for each in chosen]
    sentence = (
        f"{len(told)} removed." if yes else f"{len(told)} would be removed for ever: say --yes to do it."
    )
    answer({"dropped" if yes else "would_drop": told}, as_json=as_json, sentence=sentence)


def _open_store() -> Store:
    store = open_lake_store()
    store.require_lake()
    return store


def _chosen(store: Store, names: Sequence[str], *, everything: bool) -> list[SetAside]:
    if everything == bool(names):
        raise click.UsageError("Name what to take, as `list` shows it, or say --all.")
    return list(kept.found(store)) if everything else [kept.find(store, name) for name in names]


def _told(aside: SetAside) -> str:
    lines = [f"{'name':<9} {aside.name}", f"{'key':<9} {json.dumps(aside.key)}"]
    lines += [f"{'client':<9} {aside.client_id or '-'}", f"{'since':<9} {aside.since.isoformat()}"]
    lines += [f"{'bytes':<9} {aside.bytes:,}", f"{'reason':<9} {aside.reason}"]
    lines += [f"line {line.get('line')}: {line.get('reason')}" for line in aside.lines]
    return "\n".join(lines)
