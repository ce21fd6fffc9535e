"""axe-core finds nothing to complain of: no page, in no state, on no screen, in neither scheme of colours.

axe-core is a development dependency of the view (npm), which nobody is served. It is put into a page past its CSP, as
the browser's own tools are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import missing
from tests.house.tree import ROOT
from tests.voila_dashboards.every_page import DESK, PHONE, STATES, every_page, look_at, window
from tests.voila_dashboards.widget_harness import Harness

pytestmark = pytest.mark.browser

AXE: Final = ROOT / "voila_dashboards" / "web" / "node_modules" / "axe-core"
#: Every rule that axe has on, and sizes of what is pressed, which it has not.
OPTIONS: Final = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


@cache
def axe() -> str:
    """The script, of the version that the view's lock names."""
    if not (AXE / "axe.min.js").is_file():
        missing("no axe-core: `make pytest` installs it where npm is (apt-get install npm)")
    return (AXE / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with every_page(tmp_path_factory.mktemp("lake")) as running:
        yield running


@pytest.fixture(scope="module")
def page(chromium_browser: Browser) -> Iterator[Page]:
    with window(chromium_browser, DESK) as context:
        yield context.new_page()


def findings(page: Page) -> list[str]:
    """Rule, impact and element of everything that axe finds on the page as it is."""
    page.evaluate(f"window.axe || (() => {{ {axe()} }})()")
    found: list[dict[str, Any]] = page.evaluate(
        "(options) => axe.run(options).then((done) => done.violations)", OPTIONS
    )
    return [
        f"{rule['id']} ({rule['impact']}): {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def test_axe_is_the_version_that_is_locked() -> None:
    axe()
    lock = json.loads((AXE.parents[1] / "package-lock.json").read_text(encoding="utf-8"))

    installed = json.loads((AXE / "package.json").read_text(encoding="utf-8"))["version"]

    assert installed == lock["packages"]["node_modules/axe-core"]["version"]


def test_axe_finds_what_is_wrong(page: Page) -> None:
    page.set_content(
        "<html lang=en><title>x</title><main><h1>x</h1><img src=''><p style='color:#aaa'>pale</p></main>"
    )

    found = findings(page)

    assert [line.split(" ")[0] for line in found] == ["color-contrast", "image-alt"]


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("width", [DESK, PHONE])
def test_axe_finds_nothing(page: Page, harness: Harness, width: int, name: str) -> None:
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": width, "height": 900})
    look_at(page, harness, STATES[name])

    found = {"light": findings(page)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = findings(page)

    assert found == {"light": [], "dark": []}
