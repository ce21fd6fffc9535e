"""Pictures that steps gave back are drawn, in a real Chromium; broken ones say so, and others are never asked for."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.voila_dashboards.page_lake import log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

PNG: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAACgAAAAeCAIAAADRv8uKAAAAK0lEQVR4nO3NMQ0AAAgDsCmZfynIQgYcTfo3056IWCwWi8Vi"
    "sVgsFov/xgvk2cL9h1Oh3gAAAABJRU5ErkJggg=="
)
#: 24 KB of it unpack to 800 MB: so many pixels it says to have.
BOMB: Final = base64.b64encode(
    base64.b64decode(PNG)[:16] + struct.pack(">II", 14_000, 14_000) + base64.b64decode(PNG)[24:]
).decode()
ADDRESS: Final = f"data:image/png;base64,{PNG}"
RESULTS: Final[dict[str, Any]] = {
    "mcp": {"type": "image", "data": PNG, "mimeType": "image/png"},
    "anthropic": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}],
    "bytes": PNG,
    "address": ADDRESS,
    "json": f'{{"screenshot": "{PNG}"}}',
    "bomb": {"type": "image", "data": BOMB, "mimeType": "image/png"},
    "broken": f"data:image/png;base64,{'A' * 100}",
    "vector": f"data:image/svg+xml;base64,{'A' * 100}",
    "elsewhere": {"type": "image_url", "image_url": {"url": "https://elsewhere.test/a.png"}},
}
TRACE: Final = {"tool_calls": [{"name": name, "result": result} for name, result in RESULTS.items()]}


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    logs = [log("SHOTS", trace=TRACE)]
    with reader_of(tmp_path_factory.mktemp("lake"), logs) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    with chromium_browser.new_context(viewport={"width": 1360, "height": 900}) as context:
        yield context.new_page()


def look_at(page: Page, harness: Harness, name: str) -> None:
    place = list(RESULTS).index(name) + 1
    page.goto(f"{harness.url}/ticket/acme/log-of-SHOTS?step=c{place}")
    page.wait_for_selector("html[data-ready]")
    expect(page.locator(".cl-details h3")).to_contain_text(name)


@pytest.mark.parametrize("name", ["mcp", "anthropic", "bytes", "address", "json"])
def test_a_picture_that_a_step_gave_back_is_drawn(page: Page, harness: Harness, name: str) -> None:
    look_at(page, harness, name)

    picture = page.locator(".cl-details img")
    expect(picture).to_be_visible()
    assert picture.evaluate("(each) => each.decode().then(() => each.naturalWidth)") == 40


def test_a_picture_that_is_broken_says_so(page: Page, harness: Harness) -> None:
    look_at(page, harness, "broken")

    expect(page.locator(".cl-details")).to_contain_text("a picture that cannot be drawn")
    expect(page.locator(".cl-details img")).to_have_count(0)


def test_a_picture_that_would_fill_the_memory_is_not_drawn(page: Page, harness: Harness) -> None:
    look_at(page, harness, "bomb")

    expect(page.locator(".cl-details")).to_contain_text(
        "a picture of 14,000 × 14,000 pixels: more than is drawn"
    )
    expect(page.locator(".cl-details img")).to_have_count(0)


@pytest.mark.parametrize("name", ["vector", "elsewhere"])
def test_what_could_do_something_or_is_elsewhere_stays_text(page: Page, harness: Harness, name: str) -> None:
    look_at(page, harness, name)

    expect(page.locator(".cl-details")).to_contain_text("svg+xml" if name == "vector" else "elsewhere.test")
    expect(page.locator(".cl-details img")).to_have_count(0)
