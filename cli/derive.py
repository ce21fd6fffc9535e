"""``caselog etl derive``: the tables that are derived from traces, completed or made anew."""

from __future__ import annotations

import click

from cli.environment import open_lake_store
from cli.output import answer, json_option
from etl.derive import DeriveReport
from etl.derive import derive as derive_all
from lake.snapshot import Lake


@click.command()
@click.option("--again", is_flag=True, help="Drop their rows first, and make all of them anew.")
@click.option("--client", metavar="ID", help="Of this client alone.")
@json_option
def derive(*, again: bool, client: str | None, as_json: bool) -> None:
    """Make what is missing of the tables iterations, tool_calls, errors and nodes, from the traces.

    Logs that were compacted before there was a search text get theirs. It may run beside the ETL, and be stopped
    and started again: it goes on where it was.
    """
    store = open_lake_store()
    store.require_lake()
    report = derive_all(Lake(store), None if client is None else {client}, again=again)
    answer(report.to_json(), as_json=as_json, sentence=_sentence(report))


def _sentence(report: DeriveReport) -> str:
    dropped = f", after {report.dropped} files were dropped" if report.dropped else ""
    beyond = f" {report.beyond} parts of traces were too many and are in no table." if report.beyond else ""
    texts = f" {report.texts} logs got their search text." if report.texts else ""
    return f"Made the derived rows of {report.logs} logs in {report.seconds:.1f} s{dropped}.{texts}{beyond}"
