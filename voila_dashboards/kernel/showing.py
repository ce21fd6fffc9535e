"""`show`: what each of the three notebooks calls.

Behind the gateway everything slow is done before a visitor comes; then the kernel waits for its grant. In
stock Voila or JupyterLab, without a gateway, it reads the lake that `CASELOG_LAKE_URL` names with the
operator's own rights.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from IPython.display import display

from lake.reader import Reader
from lake.scope import Scope
from lake.snapshot import Snapshot
from voila_dashboards.kernel.desk import Desk, failed_page
from voila_dashboards.kernel.errors import NoGrant, PageError
from voila_dashboards.kernel.gateway import Gateway
from voila_dashboards.kernel.grant import await_grant
from voila_dashboards.kernel.lean import leave_pandas_out
from voila_dashboards.kernel.widget import CaselogPage
from voila_dashboards.names import SOCKET_VARIABLE
from voila_dashboards.viewer import Viewer

_OPERATOR = Viewer("operator", "Operator", "provider", None)
_NOBODY = Viewer("", "", "client", "nobody")


def show(page: str, params: Mapping[str, str] | None = None) -> None:
    """Show a page (``overview``, ``tickets`` or ``ticket``) and answer its questions.

    ``params`` are those of the page's URL; where they are left out, stock Voila's query string counts.
    """
    env = os.environ  # a notebook has no other way to learn where it runs
    if SOCKET_VARIABLE in env:
        _show_visit(page, env)
    else:
        _show_lake(page, params if params is not None else dict(parse_qsl(env.get("QUERY_STRING", ""))), env)


def _show_visit(page: str, env: Mapping[str, str]) -> None:
    """Prepare, wait for the grant, show what it is worth."""
    leave_pandas_out()
    widget = CaselogPage()
    reader = _warm_reader(page)
    try:
        first = _admit(page, env, widget, reader)
    except PageError as error:
        first = failed_page(page, {}, None, error)
    widget.page = first
    display(widget.as_bundle(), raw=True)  # type: ignore[no-untyped-call]


def _admit(page: str, env: Mapping[str, str], widget: CaselogPage, reader: Reader) -> dict[str, Any]:
    gateway = Gateway(env[SOCKET_VARIABLE])
    admission = gateway.redeem(await_grant(env), widget.comm.comm_id)
    if admission.page != page:
        raise NoGrant
    waiting = [admission.snapshot]

    def take_snapshot() -> Snapshot:
        return waiting.pop() if waiting else gateway.renew(admission.token)

    desk = _open_desk(widget, reader, admission.viewer, take_snapshot, admission.snapshot_max_age_s)
    return desk.page(page, admission.params)


def _show_lake(page: str, params: Mapping[str, str], env: Mapping[str, str]) -> None:
    """Show the lake with the rights of whoever runs the notebook; raises `PageError`."""
    from lake.snapshot import Lake
    from lake.store import open_store

    lake = Lake(open_store(env["CASELOG_LAKE_URL"], env))
    widget = CaselogPage()

    def take_snapshot() -> Snapshot:
        return lake.snapshot(Scope(None))

    reader = Reader(take_snapshot())
    widget.page = _open_desk(widget, reader, _OPERATOR, take_snapshot, max_age_s=2).payload(page, params)
    display(widget)  # type: ignore[no-untyped-call]


def _open_desk(
    widget: CaselogPage,
    reader: Reader,
    viewer: Viewer,
    take_snapshot: Callable[[], Snapshot],
    max_age_s: float,
) -> Desk:
    desk = Desk(reader, viewer, take_snapshot, max_age_s)
    widget.when_asked(desk.answer)
    return desk


def _warm_reader(page: str) -> Reader:
    """An empty reader that has been asked once: what is slow the first time is behind it."""
    reader = Reader(Snapshot(Scope.of(), (), (), (), taken_at=datetime.fromtimestamp(0, UTC)))
    Desk(reader, _NOBODY, lambda: reader.snapshot, max_age_s=0).page(page, {})
    return reader
