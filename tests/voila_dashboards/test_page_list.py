"""A page is a folder and a line of the list: everything else follows, and nothing else names a page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypedDict

import pytest

from access.viewer import Viewer
from lake.scope import EVERYONE
from tests.clock import FakeClock
from tests.house.tree import ROOT, tracked
from tests.voila_dashboards.gateway_fakes import Site
from voila_dashboards.contract.module import contract, views
from voila_dashboards.gateway.messages import read_question
from voila_dashboards.gateway.origin import local_path
from voila_dashboards.pages import PAGES, Page
from voila_dashboards.params import Param
from voila_dashboards.payload import page_payload
from voila_dashboards.queries import Source

ROOM: Final = Path("voila_dashboards")
#: Every page is said here, and in its own folder.
LISTS: Final = {
    "voila_dashboards/pages/__init__.py",
    "voila_dashboards/web/generated/contract.ts",
    "voila_dashboards/web/generated/views.ts",
}
#: Names of fields of a log: one of them is a page's name too.
FIELDS: Final = {"voila_dashboards/web/generated/said-errors.ts"}
SOURCES: Final = {".py", ".html", ".j2", ".ts", ".tsx", ".mjs", ".js"}


class PulseData(TypedDict):
    """What the page of these tests shows."""

    beats: int


def pulse(
    _source: Source, viewer: Viewer, params: Mapping[str, str], _now_ms: int
) -> tuple[dict[str, str], PulseData]:
    return {"client_id": params["client_id"]}, {"beats": len(viewer.name)}


PULSE: Final = Page(
    name="pulse",
    path="/pulse",
    title="Pulse <3",
    query=pulse,
    params={"client_id": Param(), "beat": Param("slow", ("slow", "fast"))},
    data=PulseData,
    navigation="Pulse",
)
BEAT: Final = replace(PULSE, name="beat", path="/pulse/{client_id}", navigation="", under="pulse")


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pages that are on the list, and nowhere else."""
    for page in (PULSE, BEAT):
        monkeypatch.setitem(PAGES, page.name, page)


def question(page: str) -> str:
    asked = {"kind": "query", "id": 1, "page": page}
    content = {"comm_id": "c", "data": {"method": "custom", "content": asked}}
    return json.dumps({"channel": "shell", "header": {"msg_type": "comm_msg"}, "content": content})


class NoSource:
    """A page of these tests asks for no log."""

    def sql(self, query: str, params: Any = ()) -> list[tuple[Any, ...]]:
        raise AssertionError(query)

    def need(self, *parts: str) -> frozenset[str]:
        raise AssertionError(parts)

    def trace(self, client_id: str, month: str, log_id: str, executed_at_ms: int) -> bytes | None:
        raise AssertionError(log_id)

    def client_facts(self, client_id: str) -> None:
        raise AssertionError(client_id)


def test_a_line_of_the_list_makes_route_navigation_and_title(
    listed: None, tmp_path: Path, clock: FakeClock
) -> None:
    browser = Site(tmp_path, clock).browser("ann")

    answer = browser.get("/pulse/acme?beat=fast")

    assert answer.status_code == 200
    assert "<title>Pulse &lt;3 · Caselog</title>" in answer.text
    assert '<a href="/pulse" aria-current="page">Pulse</a>' in answer.text
    assert '<a href="/tickets">Tickets</a>' in answer.text


def test_the_gateway_hands_a_listed_page_to_its_kernel_and_guards_the_client(
    listed: None, tmp_path: Path, clock: FakeClock
) -> None:
    site = Site(tmp_path, clock)
    browser = site.browser("ann")

    own, foreign = browser.get("/pulse/acme?beat=fast&client_id=globex"), browser.get("/pulse/globex")

    assert (own.status_code, foreign.status_code) == (200, 404)
    (admission,) = site.voila.admissions
    assert (admission.page, admission.params) == ("beat", {"beat": "fast", "client_id": "acme"})
    assert site.voila.requests[0].url.path == "/voila/render/beat/notebook.ipynb"


def test_the_kernel_answers_for_a_listed_page(listed: None) -> None:
    payload = page_payload(NoSource(), Viewer("ann", "Ann", EVERYONE), "pulse", {"client_id": "acme"}, 7)

    assert (payload["page"], payload["data"]) == ("pulse", {"beats": 3})
    assert payload["may"] == {"see_clients": True}


def test_a_browser_may_ask_for_a_listed_page_and_for_no_other(listed: None) -> None:
    asked = [read_question(question(page), "c") for page in ("pulse", "pulses")]

    assert [each and each.page for each in asked] == ["pulse", None]


def test_signing_in_leads_to_a_listed_page(listed: None) -> None:
    assert local_path("/pulse/acme?beat=fast") == "/pulse/acme?beat=fast"
    assert local_path("/pulse/acme/more") == "/"


def test_the_contract_tells_the_browser_of_a_listed_page(listed: None) -> None:
    text = contract()

    assert "export interface PulseData {\n  beats: number;\n}" in text
    assert '  pulse: {\n    client_id: string;\n    beat: "slow" | "fast";\n  };' in text
    assert "  pulse: PulseData;" in text
    assert '  pulse: () => import("../../pages/pulse/view.tsx"),' in views()


@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_is_named_in_its_folder_and_in_the_list_and_nowhere_else(name: str) -> None:
    naming = re.compile(rf"""["'`]{name}["'`]|pages[./]{name}\b""")

    places = {
        path.as_posix()
        for path in tracked()
        if path.is_relative_to(ROOM)
        and not path.is_relative_to(ROOM / "static")
        and not _is_in_a_pages_folder(path)
        and path.suffix in SOURCES
        and naming.search((ROOT / path).read_text(encoding="utf-8"))
    }

    assert places - FIELDS == LISTS


def _is_in_a_pages_folder(path: Path) -> bool:
    """Its own, or that of a page that leads to it: a link is no place that a new page must touch."""
    return path.is_relative_to(ROOM / "pages") and len(path.parts) > 3
