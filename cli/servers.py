"""``caselog collector`` and ``caselog dashboards``: one server each, in the foreground."""

from __future__ import annotations

import click

from cli.environment import (
    COLLECTOR_PREFIX,
    DASHBOARDS_PREFIX,
    default_cache_dir,
    open_lake_store,
    read_settings,
    start_service_log,
)
from cli.errors import CliError
from cli.parent import die_with_parent
from cli.supervise import require_free_port
from lake.errors import LakeMissing, StoreUnavailable
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
    start_service_log()
    die_with_parent()
    store = _answering_store(creates=True)
    require_free_port(settings.host, settings.port, "--port")
    serve(settings, store)


@click.command()
@_host
@_port
def dashboards(host: str | None, port: int | None) -> None:
    """Serve the pages to signed-in users."""
    from voila_dashboards.serve import serve
    from voila_dashboards.settings import DashboardSettings

    settings = read_settings(DashboardSettings, DASHBOARDS_PREFIX, host=host, port=port)
    if settings.cache_dir is None:
        settings = settings.model_copy(update={"cache_dir": default_cache_dir()})
    start_service_log()
    die_with_parent()
    store = _answering_store(creates=False)
    require_free_port(settings.host, settings.port, "--port")
    serve(settings, store)


def _answering_store(*, creates: bool) -> Store:
    """The store, after it answered once: a wrong address stops the start, not the first log.

    ``creates``: a folder is made where there is none; otherwise there has to be a lake.
    """
    store = open_lake_store(create=creates)
    try:
        store.check()  # not the async one: its threads may outlive an interpreter that ends at once, and abort it
        if not creates:
            store.require_lake()
    except LakeMissing as error:
        raise CliError(str(error)) from error
    except StoreUnavailable as error:
        hint = "Is CASELOG_LAKE_URL right, are the AWS_* variables set, does the bucket exist?"
        raise CliError(f"{error} {hint} `caselog init` makes it.") from error
    return store
