"""What the gateway is made of beside its handlers: who is signed in, and what is open or on its way for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from access.audit import Event
from access.snapshots import SnapshotSource
from lake.store import Store
from voila_dashboards.gateway.audit import Audit
from voila_dashboards.gateway.client_facts import FactsOfClients
from voila_dashboards.gateway.kernels import Kernels
from voila_dashboards.gateway.lifetimes import SWEEP_EVERY_S, Lifetimes
from voila_dashboards.gateway.names import Names
from voila_dashboards.gateway.open_pages import OpenPages
from voila_dashboards.gateway.renders import Renders
from voila_dashboards.gateway.sending import SentFile
from voila_dashboards.gateway.session_checks import SessionChecks
from voila_dashboards.gateway.sessions import Sessions
from voila_dashboards.gateway.signouts import SignOuts
from voila_dashboards.gateway.visits import Visits
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.client import Voila
from voila_dashboards.voila.process import VoilaProcess


@dataclass(frozen=True)
class Accounts:
    """Who is signed in, what clients are called, and what is noted of both."""

    names: Names
    audit: Audit
    sign_outs: SignOuts
    sessions: Sessions


def make_accounts(
    settings: DashboardSettings, secret: str, store: Store, clock: Callable[[], float]
) -> Accounts:
    """Accounts of ``store``; ``clock`` gives seconds since the epoch."""
    names, audit = Names(store, clock), Audit(store, clock)
    sign_outs = SignOuts(store, clock, settings.user_cache_s)
    sessions = Sessions(settings, secret, store, sign_outs, clock)
    sessions.client_names = lambda: names.current
    sessions.proxy_header.on_refused = lambda request: audit.note_failure(
        Event.HEADER_REFUSED, request, user=None
    )
    return Accounts(names, audit, sign_outs, sessions)


@dataclass(frozen=True)
class Underway:
    """What is open or on its way: pages with their kernels, and files; and what ends them."""

    visits: Visits
    open_pages: OpenPages
    files: set[SentFile]
    checks: SessionChecks
    lifetimes: Lifetimes
    facts: FactsOfClients
    kernels: Kernels
    renders: Renders


def make_underway(
    settings: DashboardSettings,
    store: Store,
    accounts: Accounts,
    voila: Voila,
    snapshots: SnapshotSource,
    *,
    kernel_folders: Path,
    process: VoilaProcess | None,
    clock: Callable[[], float],
) -> Underway:
    """Nothing is open yet."""

    async def end_kernel(kernel_id: str) -> None:
        if process is not None:  # at once, whatever it is doing; Voila is told of it afterwards
            await process.kill_kernel(kernel_id)
        await voila.end_kernel(kernel_id)

    visits, files = Visits(), set[SentFile]()
    open_pages = OpenPages(accounts.sessions, settings.public_url)
    checks = SessionChecks(settings, accounts.sessions, store, clock, SWEEP_EVERY_S)
    lifetimes = Lifetimes(settings, checks, visits, open_pages, files, end_kernel, clock)
    facts = FactsOfClients(store, accounts.names)
    kernels = Kernels(
        visits, snapshots, facts, kernel_folders, settings.snapshot_max_age_s, settings.page_timeout_s
    )
    renders = Renders(voila, visits, kernels, end_kernel, settings.max_renders)
    lifetimes.is_making = renders.is_making
    return Underway(visits, open_pages, files, checks, lifetimes, facts, kernels, renders)
