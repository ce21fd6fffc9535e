"""``caselog etl repair``: tables that were damaged, mended from what lies in the store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import click

from cli.environment import open_lake_store
from cli.output import answer, json_option
from etl.derive import derive
from lake.damage import mark_seen
from lake.layout import LOGS
from lake.repair import Plan, mend, plan_all
from lake.snapshot import Lake


@click.command()
@click.option("--yes", is_flag=True, help="Do it. Without it, nothing is changed.")
@json_option
def repair(*, yes: bool, as_json: bool) -> None:
    """Check the tables, say what can be mended, and with --yes mend it.

    Stop the ETL first. Where there is a copy of what is lost, put that back instead: it brings all logs back, a
    repair only those that some file still holds.
    """
    store = open_lake_store()
    store.require_lake()
    needed = [each for each in plan_all(store, datetime.now(UTC)) if each.is_needed]
    if yes and needed:
        for each in needed:
            mend(store, each)
        mark_seen(store)
        _derive_again(Lake(store), needed)
    told = [sentence for each in needed for sentence in each.sentences()]
    answer({"mended" if yes else "would_mend": told}, as_json=as_json, sentence=_sentence(told, yes=yes))


def _derive_again(lake: Lake, done: Iterable[Plan]) -> None:
    """What was lost of ``logs`` must not stand in the tables that are derived from them."""
    clients = {client_id for each in done if each.table == LOGS for client_id in each.lost}
    if clients:
        derive(lake, clients, again=True)


def _sentence(told: list[str], *, yes: bool) -> str:
    if not told:
        return "Nothing to mend: the tables are what was committed to them."
    return "\n".join([*told, "Done." if yes else "Say --yes to do this."])
