"""``caselog etl repair``: tables that were damaged, mended from what lies in the store."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from cli.environment import open_lake_store
from cli.output import answer, json_option
from lake import layout
from lake.damage import mark_seen
from lake.repair import Plan, mend, newest_transaction, plan
from lake.store import Store

_TABLES = (layout.TRACES, layout.LOGS)


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
    plans = _plans(store)
    needed = [each for each in plans if each.is_needed]
    if yes and needed:
        for each in needed:
            mend(store, each)
        mark_seen(store)
    told = [sentence for each in needed for sentence in each.sentences()]
    answer({"mended" if yes else "would_mend": told}, as_json=as_json, sentence=_sentence(told, yes=yes))


def _plans(store: Store) -> list[Plan]:
    # What is raw may be of a run that was killed between its two commits: then the next run makes it right.
    is_idle = not any(True for _ in store.list(layout.RAW))
    numbers = {layout.LOGS: newest_transaction(store, layout.TRACES) if is_idle else 0, layout.TRACES: 0}
    return [plan(store, table, datetime.now(UTC), numbers[table]) for table in _TABLES]


def _sentence(told: list[str], *, yes: bool) -> str:
    if not told:
        return "Nothing to mend: the tables are what was committed to them."
    return "\n".join([*told, "Done." if yes else "Say --yes to do this."])
