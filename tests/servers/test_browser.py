from __future__ import annotations

from playwright.sync_api import Browser


def test_chromium_draws_a_page(chromium_browser: Browser) -> None:
    with chromium_browser.new_context(viewport={"width": 420, "height": 800}) as context:
        page = context.new_page()

        page.set_content("<h1>Caselog</h1>")

        assert page.inner_text("h1") == "Caselog"
        assert page.evaluate("innerWidth") == 420
