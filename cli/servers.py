"""``caselog collector`` and ``caselog dashboards``: one server each, in the foreground."""

from __future__ import annotations

import uuid

import click

from access.lookups import try_lookups
from access.passwords import read_password
from access.signouts import read_sign_out
from cli.environment import (
    COLLECTOR_PREFIX,
    DASHBOARDS_PREFIX,
    default_cache_dir,
    open_lake_store,
    read_settings,
    start_service_log,
)
from cli.errors import CliError
from cli.parent import die_with_parent, has_parent
from cli.supervise import require_free_port
from lake.errors import LakeError, LakeMissing, StoreRefused, StoreUnavailable
from lake.layout import RAW, probe_key
from lake.probe import probe
from lake.store import Store

_host = click.option("--host", help="Address to listen on.")
_port = click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.")


@click.command()
@_host
@_port
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Processes that share the port: one for each core that the collector may fill.",
)
@click.option("--shares-port", is_flag=True, hidden=True, help="For the processes that `--workers` starts.")
def collector(host: str | None, port: int | None, workers: int | None, *, shares_port: bool) -> None:
    """Receive logs over HTTP and store them."""
    from cli.workers import run_workers
    from collector.serve import serve
    from collector.settings import CollectorSettings

    settings = read_settings(CollectorSettings, COLLECTOR_PREFIX, host=host, port=port, workers=workers)
    start_service_log()
    die_with_parent()
    store = _collectors_store()
    _require_writing(store)
    if not shares_port:
        require_free_port(settings.host, settings.port, "--port")
    if settings.workers > 1:
        run_workers(settings)
    else:
        serve(settings, store, shares_port=shares_port)


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
    store = _answering_store(creates=False, needs_lake=True)
    _require_accounts(store)
    require_free_port(settings.host, settings.port, "--port")
    serve(settings, store)


def _require_writing(store: Store) -> None:
    """Raises `CliError` where a log could not be stored: credentials may be good for reading only, or for writing."""
    key = probe_key(uuid.uuid4().hex)
    try:
        probe(store, key)
        try_lookups(store)
    except LakeError as error:
        hint = (
            "A collector may write below raw/, read and delete below raw/probes/, and read control/keys/ and "
            "control/clients/."
        )
        raise CliError(f"Logs could not be stored. {error} {hint}") from error


def _require_accounts(store: Store) -> None:
    """Raises `CliError` where it could not be read whose password was changed: then nobody could sign in."""
    nobody = uuid.uuid4().hex
    try:
        read_password(store, nobody)
        read_sign_out(store, nobody)
    except StoreRefused as error:
        hint = "Dashboards may read and write below control/passwords/ and control/sign_outs/, see minio-compose.yml."
        raise CliError(f"Nobody could sign in. {error} {hint}") from error


def _collectors_store() -> Store:
    """The store, whose folder is made where there is none: but not by a process that is started again by another.

    That one has opened the lake before; where its folder is gone since, it is to come back.
    """
    if not has_parent():
        return _answering_store(creates=True, needs_lake=False)
    is_folder = open_lake_store().local_path(RAW) is not None
    return _answering_store(creates=False, needs_lake=is_folder)


def _answering_store(*, creates: bool, needs_lake: bool) -> Store:
    """The store, after it answered once: a wrong address stops the start, not the first log.

    ``creates``: a folder is made where there is none. ``needs_lake``: there has to be something of a lake in it.
    """
    store = open_lake_store(create=creates)
    try:
        store.check()  # not the async one: its threads may outlive an interpreter that ends at once, and abort it
        if needs_lake:
            store.require_lake()
    except LakeMissing as error:
        raise CliError(str(error)) from error
    except StoreUnavailable as error:
        hint = "Is CASELOG_LAKE_URL right, are the AWS_* variables set, does the bucket exist?"
        raise CliError(f"{error} {hint} `caselog init` makes it.") from error
    return store
