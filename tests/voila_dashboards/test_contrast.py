"""What is told by a colour can be told from what is beside it, in light and in dark: WCAG 2.2, 1.4.3 and 1.4.11.

Colours are read as Chromium computes them: the palette from its custom properties, marks where they are painted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any, Final, Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from tests.voila_dashboards.every_page import DESK, STATES, every_page, look_at, window
from tests.voila_dashboards.widget_harness import Harness

pytestmark = pytest.mark.browser

MARK, TEXT = 3.0, 4.5
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
#: What things stand on.
GROUNDS: Final = ("card", "paper", "sunken", "accent-soft")
#: Bars, dots, swatches, arcs, lines, edges of fields, and the ring around what has the focus.
MARKS: Final = (
    *("success", "failed", "escalated", "other", "own0", "own1", "own2", "own3", "own4"),
    *("node", "iteration", "call", "accent", "edge"),
)
TEXTS: Final = ("ink", "muted", "accent", "good-ink", "bad-ink")
#: Text upon what is coloured itself.
PAIRS: Final = (
    ("on-accent", "accent-strong"),
    *((text, ground) for text in ("ink", "muted", "bad-ink") for ground in ("bad-soft", "warn-soft")),
)
#: Where a mark is painted, by its selector: the property that holds its colour, and the pseudo-element that has it.
PAINTED: Final = {
    ".cl-swatch": ("backgroundColor", None),
    ".cl-badge": ("backgroundColor", "::before"),
    ".cl-meter > span": ("backgroundColor", None),
    ".cl-bar": ("fill", None),
    ".cl-arc:not(.cl-track)": ("stroke", None),
    ".cl-band-median": ("stroke", None),
    ".cl-band-high": ("stroke", None),
    ".cl-g-bar": ("backgroundColor", None),
    ".cl-dot": ("backgroundColor", None),
    ".cl-call": ("borderLeftColor", None),
    ".cl-input": ("borderLeftColor", None),
}
_COLLECT: Final = """(painted) => {
    const ground = (element) => {
        const layers = [];
        for (let at = element; at; at = at.parentElement) layers.push(getComputedStyle(at).backgroundColor);
        return layers;
    };
    return Object.entries(painted).flatMap(([selector, [property, pseudo]]) =>
        [...document.querySelectorAll(selector)].filter((each) => each.checkVisibility()).map((each) => ({
            name: `${selector} ${each.getAttribute("class")}`,
            colour: getComputedStyle(each, pseudo)[property],
            ground: ground(pseudo ? each : each.parentElement),
        })));
}"""


class Colour(NamedTuple):
    """sRGB, each from 0 to 255, and how much of it covers what is below."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0


def read(text: str) -> Colour:
    """A colour as Chromium computes it."""
    numbers = [float(each) for each in re.findall(r"[\d.]+", text.removeprefix("color(srgb"))]
    scale = 255 if text.startswith("color(srgb") else 1
    return Colour(*(each * scale for each in numbers[:3]), *numbers[3:4])


def over(layers: list[Colour]) -> Colour:
    """What is seen of layers, the uppermost first, on white."""
    seen = Colour(255, 255, 255)
    for layer in reversed(layers):
        mixed = (
            layer.alpha * top + (1 - layer.alpha) * low for top, low in zip(layer[:3], seen[:3], strict=True)
        )
        seen = Colour(*mixed)
    return seen


def luminance(colour: Colour) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    shares = (each / 255 for each in colour[:3])
    linear = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: Colour, other: Colour) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with every_page(tmp_path_factory.mktemp("lake")) as running:
        yield running


@pytest.fixture(scope="module")
def page(chromium_browser: Browser) -> Iterator[Page]:
    with window(chromium_browser, DESK) as context:
        yield context.new_page()


def palette(page: Page, names: set[str]) -> dict[str, Colour]:
    """Custom properties as colours."""
    told: dict[str, str] = page.evaluate(
        """(names) => Object.fromEntries(names.map((name) => {
            const probe = document.body.appendChild(document.createElement("i"));
            probe.style.color = `var(--${name})`;
            const colour = getComputedStyle(probe).color;
            probe.remove();
            return [name, colour];
        }))""",
        sorted(names),
    )
    return {name: read(text) for name, text in told.items()}


def test_contrast_is_counted_as_wcag_says() -> None:
    white, black, grey = read("rgb(255, 255, 255)"), read("rgb(0, 0, 0)"), read("rgb(118, 118, 118)")

    assert contrast(white, black) == contrast(black, white) == 21
    assert round(contrast(white, grey), 2) == 4.54
    assert over([read("rgba(0, 0, 0, 0.5)"), read("rgb(255, 255, 255)")]) == (127.5, 127.5, 127.5, 1)
    assert read("color(srgb 1 0.5 0 / 0.25)") == (255, 127.5, 0, 0.25)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_palette_tells_marks_and_texts_from_what_they_stand_on(
    page: Page, harness: Harness, scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    look_at(page, harness, STATES["message"])

    has = palette(page, {*GROUNDS, *MARKS, *TEXTS, *(name for pair in PAIRS for name in pair)})

    wanted = {
        **{(mark, ground): MARK for mark in MARKS for ground in GROUNDS},
        **{(text, ground): TEXT for text in TEXTS for ground in GROUNDS},
        **dict.fromkeys(PAIRS, TEXT),
    }
    told = {pair: round(contrast(has[pair[0]], has[pair[1]]), 2) for pair in wanted}
    assert {pair: ratio for pair, ratio in told.items() if ratio < wanted[pair]} == {}


@pytest.mark.timeout(400)  # on a busy machine
def test_every_mark_that_is_painted_can_be_told_from_what_is_around_it_in_either_scheme(
    page: Page, harness: Harness
) -> None:
    pale: dict[str, float] = {}
    met: set[tuple[str, str]] = set()
    grounds: dict[str, set[Colour]] = {scheme: set() for scheme in SCHEMES}

    for name, state in STATES.items():
        look_at(page, harness, state)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for mark in page.evaluate(_COLLECT, PAINTED):
                met |= {(scheme, each) for each in PAINTED if mark["name"].startswith(f"{each} ")}
                ground = over([read(each) for each in mark["ground"]])
                grounds[scheme].add(ground)
                ratio = contrast(over([read(mark["colour"]), ground]), ground)
                if ratio < MARK:
                    pale[f"{name}, {scheme}: {mark['name']}"] = round(ratio, 2)

    assert pale == {}
    assert met == {*product(SCHEMES, PAINTED)}, "a selector that nothing has any more tests nothing"
    assert grounds["light"] != grounds["dark"], "one of the schemes was not painted"


@pytest.mark.parametrize("name", ["overview", "tickets", "ticket", "steps of a ticket", "sign-in"])
def test_what_has_the_focus_has_a_ring_that_is_seen(page: Page, harness: Harness, name: str) -> None:
    page.emulate_media(color_scheme="light")
    look_at(page, harness, STATES[name])
    faint: list[str] = []

    for _ in range(40):
        page.keyboard.press("Tab")
        faint += page.evaluate(
            """() => {
                const at = document.activeElement;
                if (!at || at === document.body) return [];
                const style = getComputedStyle(at.matches("svg a") ? at.querySelector(".cl-hit") : at);
                const isRinged = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
                const isDrawn = style.stroke !== "none" && parseFloat(style.strokeWidth) >= 2;
                const told = `${at.tagName} ${at.getAttribute("class")}`;
                const box = at.getBoundingClientRect();
                const isSeen = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0;
                return (isRinged || isDrawn) && isSeen ? [] : [told];
            }"""
        )

    assert faint == []
