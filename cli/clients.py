"""``caselog clients``: the companies whose workflows send logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click

from access import clients as registry
from access.clients import MOST_DAYS, ClientLimits, Kept, Level
from access.daily_bytes import count_bytes
from caselog.settings import Limits
from cli.environment import open_lake_store
from cli.output import answer, answer_rows, as_mapping, json_option
from cli.this_user import this_user

_level = click.Choice([level.value for level in Level])
_FOREVER = "forever"
_OFF_MEANS = "OFF answers its logs with 200 and stores nothing"
#: Numbers of more digits than this do not fit everywhere a record is read.
_DIGITS = 15
#: So long an SDK's spool may hold a log back before it arrives.
_SPOOL_DAYS = int(Limits().max_spool_age_s / 86_400)


class _Days(click.ParamType[int]):
    """A number of days, or `forever`, which is 0 here."""

    name = "days"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What `--help` shows."""
        del param, ctx
        return "DAYS|forever"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The days; fails in words."""
        is_days = str(value).isascii() and str(value).isdigit() and 1 <= int(value) <= MOST_DAYS
        if value != _FOREVER and not is_days:
            self.fail(f"{value!r} is neither 1 to {MOST_DAYS} days nor {_FOREVER}.", param, ctx)
        return int(value) if is_days else 0


class _Amount(click.ParamType[int]):
    """A whole number from 1, or `none`, which is 0 here."""

    name = "amount"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What `--help` shows."""
        del param, ctx
        return "N|none"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; fails in words."""
        text = str(value)
        is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) >= 1
        if text != "none" and not is_number:
            self.fail(f"{text!r} is neither a whole number from 1 nor none.", param, ctx)
        return int(text) if is_number else 0


_keep_logs = click.option("--keep-logs", type=_Days(), help="Days after which logs are removed.")
_keep_traces = click.option(
    "--keep-traces", type=_Days(), help="Days after which traces are removed; the figures of a log stay."
)


def _kept(logs: int | None, traces: int | None, before: Kept = registry.FOR_EVER) -> Kept:
    """How long what is kept, where ``None`` leaves it as it was."""
    return Kept(
        before.logs_days if logs is None else logs or None,
        before.traces_days if traces is None else traces or None,
    )


def _limits(given: Mapping[str, int | None], before: ClientLimits) -> ClientLimits:
    """How much may be sent, where ``None`` leaves it as it was."""
    return replace(before, **{name: limit or None for name, limit in given.items() if limit is not None})


def _warn_of_spools(kept: Kept) -> None:
    for what, days in (("Logs", kept.logs_days), ("The traces of logs", kept.traces_days)):
        if days is not None and days < _SPOOL_DAYS:
            click.echo(
                f"caselog: {what} that wait in a workflow's spool for longer than {days} days are dropped when they "
                f"arrive: an SDK may hold logs back for {_SPOOL_DAYS} days.",
                err=True,
            )


@click.group()
def clients() -> None:
    """The companies whose workflows send logs."""


@clients.command()
@click.argument("client_id")
@click.option("--name", help="Name for people; the id where it is missing.")
@click.option(
    "--level",
    type=_level,
    default=Level.FULL_TRACE.value,
    help=f"METRICS_ONLY stores no traces, {_OFF_MEANS}.",
)
@_keep_logs
@_keep_traces
@click.option("--again", is_flag=True, help="Also where a client of this id was deleted.")
@json_option
def create(
    client_id: str,
    name: str | None,
    level: str,
    keep_logs: int | None,
    keep_traces: int | None,
    *,
    again: bool,
    as_json: bool,
) -> None:
    """Make a client."""
    kept = _kept(keep_logs, keep_traces)
    client = registry.create_client(
        open_lake_store(),
        client_id,
        datetime.now(UTC),
        name=name,
        level=Level(level),
        kept=kept,
        again=again,
        by=this_user(),
    )
    _warn_of_spools(kept)
    then = f"The client {client_id} exists. Next: caselog keys issue {client_id}"
    answer(as_mapping(client), as_json=as_json, sentence=then)


@clients.command(name="list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the clients."""
    rows = [as_mapping(client) for client in registry.list_clients(open_lake_store())]
    answer_rows(rows, as_json=as_json, none="There are no clients yet: caselog clients create ID")


@clients.command()
@click.argument("client_id")
@json_option
def show(client_id: str, *, as_json: bool) -> None:
    """Show one client, and of one with a limit of bytes how many it has sent today, as collectors told last."""
    store = open_lake_store()
    client = registry.get_client(store, client_id)
    counts = count_bytes(store, datetime.now(UTC).date()) if client.bytes_per_day else {}
    told = {"bytes_today": counts.get(client_id, 0) if client.bytes_per_day else None}
    _answer_row({**as_mapping(client), **told}, as_json=as_json)


@clients.command(name="set")
@click.argument("client_id")
@click.option("--name", help="A new name for people.")
@click.option(
    "--level", type=_level, help=f"METRICS_ONLY stores no traces from now on, {_OFF_MEANS} from now on."
)
@_keep_logs
@_keep_traces
@click.option("--logs-per-minute", type=_Amount(), help="Most logs a minute, of each collector process.")
@click.option("--bytes-per-day", type=_Amount(), help="Most bytes of logs in a day of UTC, uncompressed.")
@click.option("--log-bytes", type=_Amount(), help="Largest single log, in bytes of JSON.")
@json_option
def set_(
    client_id: str,
    name: str | None,
    level: str | None,
    keep_logs: int | None,
    keep_traces: int | None,
    *,
    as_json: bool,
    **limits: int | None,
) -> None:
    """Change a client's name or level, how long its logs are kept, or how much it may send.

    What is older is removed with the ETL's next upkeep, and then once a day. Level and limits hold at all collectors
    within seconds; limits hold beside those of the collector (CASELOG_COLLECTOR_*), and the smaller one counts.
    """
    given = [name, level, keep_logs, keep_traces, *limits.values()]
    if all(value is None for value in given):
        raise click.UsageError(
            "Nothing to change: give --name, --level, --keep-logs, --keep-traces, --logs-per-minute, --bytes-per-day "
            "or --log-bytes."
        )
    store = open_lake_store()
    before = registry.get_client(store, client_id)
    kept = _kept(keep_logs, keep_traces, before.kept)
    changed = registry.set_client(
        store,
        client_id,
        name=name,
        level=Level(level) if level else None,
        kept=kept,
        limits=_limits(limits, before.limits),
        by=this_user(),
        now=datetime.now(UTC),
    )
    if keep_logs is not None or keep_traces is not None:
        _warn_of_spools(kept)
    answer_rows_of_one(changed, as_json=as_json)


@clients.command()
@click.argument("client_id")
@json_option
def remove(client_id: str, *, as_json: bool) -> None:
    """Refuse a client's logs from now on, whatever its keys; what is stored stays.

    Its users go on reading. `caselog delete client` deletes what is stored.
    """
    removed = registry.refuse_client(open_lake_store(), client_id, datetime.now(UTC))
    sentence = (
        f"The logs of {client_id} are refused; collectors notice within seconds. What is stored stays until its time "
        f"is over, or until: caselog delete client {client_id}"
    )
    answer(as_mapping(removed), as_json=as_json, sentence=sentence)


@clients.command()
@click.argument("client_id")
@json_option
def restore(client_id: str, *, as_json: bool) -> None:
    """Take a removed client's logs again, with the keys it had that were not revoked and have not expired."""
    restored = registry.readmit_client(open_lake_store(), client_id)
    sentence = f"The logs of {client_id} are taken again. Its keys: caselog keys list {client_id}"
    answer(as_mapping(restored), as_json=as_json, sentence=sentence)


def answer_rows_of_one(client: registry.Client, *, as_json: bool) -> None:
    """Print one client: an object for a script, a table of one row for a person."""
    _answer_row(as_mapping(client), as_json=as_json)


def _answer_row(row: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        answer(row, as_json=True, sentence="")
    else:
        answer_rows([row], as_json=False, none="")
