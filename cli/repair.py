"""``caselog etl repair``: tables that were damaged, mended from what lies in the store."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from cli.environment import open_lake_store
from cli.output import answer, json_option
from lake.damage import mark_seen
from lake.repair import mend, plan_all


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
    told = [sentence for each in needed for sentence in each.sentences()]
    answer({"mended" if yes else "would_mend": told}, as_json=as_json, sentence=_sentence(told, yes=yes))


def _sentence(told: list[str], *, yes: bool) -> str:
    if not told:
        return "Nothing to mend: the tables are what was committed to them."
    return "\n".join([*told, "Done." if yes else "Say --yes to do this."])
