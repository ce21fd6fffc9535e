"""``caselog up``: collector, ETL and dashboards on one machine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import click

from cli.environment import (
    COLLECTOR_PREFIX,
    DASHBOARDS_PREFIX,
    ETL_PREFIX,
    LAKE_URL,
    default_lake_url,
    open_lake_store,
    read_settings,
)
from cli.supervise import Part, require_free_port, running
from collector.settings import CollectorSettings
from etl.settings import EtlSettings
from lake.snapshot import Lake
from serving.address import url_of
from voila_dashboards.settings import DashboardSettings

#: So long everything but the collector may take to stop.
_OTHERS_STOP_S: Final = 25


@dataclass(frozen=True)
class House:
    """The settings of everything `up` starts, checked before anything is started."""

    collector: CollectorSettings
    dashboards: DashboardSettings
    etl: EtlSettings

    @property
    def collector_url(self) -> str:
        """Where workflows send their logs."""
        return url_of(self.collector.host, self.collector.port)

    @property
    def dashboards_url(self) -> str:
        """Where users sign in."""
        return self.dashboards.public_url or url_of(self.dashboards.host, self.dashboards.port)

    @property
    def longest_stop_s(self) -> int:
        """So long everything may take to stop."""
        return max(_OTHERS_STOP_S, self.collector.longest_stop_s)

    def parts(self) -> Sequence[Part]:
        """What to start, in order."""
        health = url_of(self.dashboards.host, self.dashboards.port)
        return (
            Part(
                "collector",
                _listening("collector", self.collector.host, self.collector.port),
                f"{self.collector_url}/healthz",
            ),
            Part("ETL", ("etl", "schedule", "--interval-s", str(self.etl.interval_s))),
            Part(
                "dashboards",
                _listening("dashboards", self.dashboards.host, self.dashboards.port),
                f"{health}/readyz",
            ),
        )

    def require_free_ports(self) -> None:
        """Raises `cli.errors.CliError` where a port is taken."""
        require_free_port(self.collector.host, self.collector.port, "--collector-port")
        require_free_port(self.dashboards.host, self.dashboards.port, "--dashboards-port")


def read_house(
    env: Mapping[str, str],
    *,
    host: str | None = None,
    collector_port: int | None = None,
    dashboards_port: int | None = None,
    interval_s: float | None = None,
) -> House:
    """Every setting of `up`; raises `cli.errors.SettingsError`."""
    return House(
        read_settings(CollectorSettings, COLLECTOR_PREFIX, env, host=host, port=collector_port),
        read_settings(DashboardSettings, DASHBOARDS_PREFIX, env, host=host, port=dashboards_port),
        read_settings(EtlSettings, ETL_PREFIX, env, interval_s=interval_s),
    )


def _listening(command: str, host: str, port: int) -> Sequence[str]:
    return (command, "--host", host, "--port", str(port))


_port_range = click.IntRange(1, 65535)


@click.command()
@click.option("--host", help="Address that both servers listen on.")
@click.option("--collector-port", type=_port_range, help="8000 where missing.")
@click.option("--dashboards-port", type=_port_range, help="8080 where missing.")
def up(host: str | None, collector_port: int | None, dashboards_port: int | None) -> None:
    """Run collector, ETL and dashboards on this machine until Ctrl-C."""
    is_default = not os.environ.get(LAKE_URL)
    env = {**os.environ, LAKE_URL: os.environ.get(LAKE_URL) or default_lake_url()}
    house = read_house(env, host=host, collector_port=collector_port, dashboards_port=dashboards_port)
    store = open_lake_store(env, create=is_default)
    house.require_free_ports()
    if is_default:
        Lake(store).create_tables()
    else:
        store.require_lake()  # an address that was mistyped is no new lake
    with running(env, house.longest_stop_s) as (parts, stop):
        parts.start(house.parts())
        if not stop.is_set():
            click.echo(_welcome(house, store.url))
        parts.watch(click.echo)
    click.echo("Stopped.")


def _welcome(house: House, lake_url: str) -> str:
    return (
        f"dashboards  {house.dashboards_url}\n"
        f"collector   {house.collector_url}  (POST /v1/logs; reference: {house.collector_url}/docs)\n"
        f"ETL         every {house.etl.interval_s:.0f} s\n"
        f"lake        {lake_url}\n"
        "New here? In a second terminal: caselog clients create ID, caselog keys issue ID, "
        "caselog users create NAME --role provider\n"
        "Ctrl-C stops everything."
    )
