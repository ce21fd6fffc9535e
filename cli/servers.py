"""``caselog collector`` and ``caselog dashboards``: one server each, in the foreground."""

from __future__ import annotations

import asyncio

import click

from cli.environment import COLLECTOR_PREFIX, DASHBOARDS_PREFIX, open_lake_store, read_settings
from cli.errors import CliError
from cli.parent import die_with_parent
from lake.errors import StoreUnavailable
from lake.store import Store

_host = click.option("--host", help="Address to listen on.")
_port = click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.")


@click.command()
@_host
@_port
def collector(host: str | None, port: int | None) -> None:
    """Receive logs over HTTP and store them."""
    from collector.serve import serve
    from collector.settings import CollectorSettings

    settings = read_settings(CollectorSettings, COLLECTOR_PREFIX, host=host, port=port)
    die_with_parent()
    serve(settings, _answering_store())


@click.command()
@_host
@_port
def dashboards(host: str | None, port: int | None) -> None:
    """Serve the pages to signed-in users."""
    from voila_dashboards.serve import serve
    from voila_dashboards.settings import DashboardSettings

    settings = read_settings(DashboardSettings, DASHBOARDS_PREFIX, host=host, port=port)
    die_with_parent()
    serve(settings, _answering_store())


def _answering_store() -> Store:
    """The store, after it answered once: a wrong address stops the start, not the first log."""
    store = open_lake_store()
    try:
        asyncio.run(store.check_async())
    except StoreUnavailable as error:
        hint = "Is CASELOG_LAKE_URL right, are the AWS_* variables set, does the bucket exist?"
        raise CliError(f"{error} {hint} `caselog init` makes it.") from error
    return store
