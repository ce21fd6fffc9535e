"""`show`: what each of the notebooks calls.

Behind the gateway everything slow was done before a visitor came; then the kernel waits to be admitted. In stock
Voila or JupyterLab, without a gateway, it reads the lake that `CASELOG_LAKE_URL` names with the operator's own rights.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from IPython.display import display

from access.viewer import Viewer
from lake.reader import Reader, read_lake
from lake.scope import EVERYONE
from voila_dashboards.kernel.answers import Answers, failed_page
from voila_dashboards.kernel.connection import GatewayConnection, adopted
from voila_dashboards.kernel.errors import NoAdmission, PageError
from voila_dashboards.kernel.sources import LakeSource, ScopeSource
from voila_dashboards.kernel.widget import CaselogPage

#: What one kernel may take of a machine for one query: a page that asks for more is told so.
_QUERY_TIMEOUT_S: Final = 10.0
_QUERY_MEMORY: Final = "512MB"
_THREADS: Final = 2

_OPERATOR: Final = Viewer("operator", "Operator", EVERYONE)

_warm: list[Reader] = []


def open_reader() -> Reader:
    """The kernel's reader, opened once and asked once: what is slow the first time is behind it, and no thread runs."""
    if not _warm:
        reader = Reader({}, memory_limit=_QUERY_MEMORY, time_limit_s=_QUERY_TIMEOUT_S, is_confined=False)
        # not `sql`, which watches the time in a thread
        reader.connection.execute("SELECT to_timestamp(0), count(*) FROM logs").fetchall()
        _warm.append(reader)
    return _warm[0]


def confine_reader(folder: Path) -> None:
    """Let the reader open nothing but what the gateway opened in ``folder``; call it in the kernel itself.

    Where the kernel's user may not walk to that folder, DuckDB takes a descriptor for what it is called.
    """
    open_reader().confine([folder, "/proc/self/fd"], _THREADS)


def show(page: str, params: Mapping[str, str] | None = None) -> None:
    """Show a page (its name in `voila_dashboards.pages.PAGES`) and answer its questions.

    ``params`` are those of the page's URL; where they are left out, stock Voila's query string counts.
    """
    gateway = adopted()
    if gateway is not None:
        _show_visit(page, gateway)
    else:
        env = os.environ  # a notebook has no other way to learn where it runs
        _show_lake(page, params if params is not None else dict(parse_qsl(env.get("QUERY_STRING", ""))), env)


def _show_visit(page: str, gateway: GatewayConnection) -> None:
    """Prepare, wait to be admitted, show what that is worth."""
    widget = CaselogPage()
    try:
        first = _admit(page, gateway, widget, open_reader())
    except PageError as error:
        first = failed_page(page, {}, error)
    widget.page = first
    display(widget.as_bundle(), raw=True)  # type: ignore[no-untyped-call]


def _admit(page: str, gateway: GatewayConnection, widget: CaselogPage, reader: Reader) -> dict[str, Any]:
    admission = gateway.wait_for_admission(page, widget.comm.comm_id)
    if admission.page != page:
        raise NoAdmission
    source = ScopeSource(reader, gateway, admission.snapshot, admission.snapshot_max_age_s)
    answers = Answers(source, Viewer.from_json(admission.viewer))
    widget.when_asked(answers.answer)
    return answers.page(page, admission.params)


def _show_lake(page: str, params: Mapping[str, str], env: Mapping[str, str]) -> None:
    """Show the lake with the rights of whoever runs the notebook; raises `PageError`."""
    from lake.store import open_store

    widget = CaselogPage()
    answers = Answers(LakeSource(read_lake(open_store(env["CASELOG_LAKE_URL"], env))), _OPERATOR)
    widget.when_asked(answers.answer)
    widget.page = answers.payload(page, params)
    display(widget)  # type: ignore[no-untyped-call]
