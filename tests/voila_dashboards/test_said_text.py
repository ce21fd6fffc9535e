"""What somebody said, as a browser shows it: generated texts, none of which may lose a letter, a digit or a sign."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.voila_dashboards.page_lake import log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

#: Written with no thought of Markdown; each stands as it is, or beside something that is.
PLAIN: Final = re.split(
    r"\s*\n| · ",
    r"""5*3*2=30 · 2 * 3 * 4 · a*b*c · *args, **kwargs · 2**10 · x = *p · f(*a, *b) · (2*3)*4 · 4* · *.py *.js
src/*.ts,lib/*.ts · a/**/b/**/c · snake_case_name · __init__ · _x_ · file_*_name_*.txt · ~100~ · ~10
10~20 · #123 · #hash · C# and F# · <tag> · <div>x</div> · List<String> · a<b>c · <a@b.c> · $5 and $6
$x_1^2$ · \frac{a}{b} · \(y\) · \[z\] · C:\temp\_x\* · \\server\share · A\*B\_C · \n · arr[i](j) · [5]
[x](y) · x|y · || · &amp; &lt; · AT&T · 100% · 50 % off · a=b+c-d · +49 30 1234 · (a) · q: 'x' · 1.5
1,000 · x^2 · a@b.test · it's · - 5 degrees · + 3 · >= 5 · ===== · 1986. A year · שלום · 返金_依頼 · 10 €
→ x · 00:15 · 1/2 · ! · ? · a;b · {x} · x_ · _y · *z · **w · ~~v""",
)
#: Marks of Markdown, to stand anywhere.
MARKS: Final = [
    *re.split(" ", r"* ** _ __ ` ~~ ~ | |-| [ ]( ) ![ < > \ *** --- === &lt; x"),
    *("# ", "## ", "> ", "- ", "+ ", "1. ", "07) ", "[ ] ", "    ", "\n", "\n\n", "```\n"),
    "\n|a|b|\n|-|-|\n|1|2|3|\n",
]
#: With it a text is surely read as Markdown.
FIRST: Final = "**Bold** "


def plain_texts() -> list[str]:
    rng = random.Random(13)
    lines = [*PLAIN, *(" ".join(rng.sample(PLAIN, 4)) for _ in range(60))]
    joined = ["\n".join(rng.sample(PLAIN, 3)) for _ in range(60)]
    return [*lines, *joined]


def marked_texts() -> list[str]:
    rng = random.Random(14)
    pieces = [*MARKS, *MARKS, "word", "7", "two words", "é", "42%"]
    return ["".join(rng.choice(pieces) for _ in range(rng.randrange(4, 16))) for _ in range(300)]


def conversation(texts: list[str]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text} for text in texts]}


#: As many turns as a page draws at first.
SIZE: Final = 40
PORTIONS: Final = {
    name: [texts[at : at + SIZE] for at in range(0, len(texts), SIZE)]
    for name, texts in {
        "plain": [FIRST + text for text in plain_texts()] + plain_texts(),
        "marked": [text + " end" for text in marked_texts()],
    }.items()
}
LOGS: Final = [
    *(
        log(f"{name}-{i}", log_id=f"{name}-{i}", trace=conversation(texts))
        for name, portions in PORTIONS.items()
        for i, texts in enumerate(portions)
    ),
    log(
        "LINES",
        trace=conversation(
            ["My address:\n**Anna-Str. 5**\n10115 Berlin", "3. three\n4. four\n7. seven", "0. zero\n"]
        ),
    ),
]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    with chromium_browser.new_context(viewport={"width": 1000, "height": 800}) as context:
        yield context.new_page()


def said(page: Page, harness: Harness, ticket: str) -> list[str]:
    """What is seen of each message once what reads Markdown is there."""
    page.goto(f"{harness.url}/ticket/acme/{ticket}")
    page.wait_for_selector("html[data-ready]")
    page.locator(".cl-md").first.wait_for()
    texts: list[str] = page.locator(".cl-message-body").evaluate_all("all => all.map(each => each.innerText)")
    return texts


def without_space(text: str) -> str:
    return re.sub(r"\s+", "", text)


def letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


@pytest.mark.parametrize("portion", range(len(PORTIONS["plain"])))
def test_plain_text_is_seen_as_it_was_written(page: Page, harness: Harness, portion: int) -> None:
    sent = PORTIONS["plain"][portion]

    seen = said(page, harness, f"plain-{portion}")

    pairs = zip(seen, (text.replace("**Bold**", "Bold") for text in sent), strict=True)
    assert [(a, b) for a, b in pairs if without_space(a) != without_space(b)] == []


@pytest.mark.parametrize("portion", range(len(PORTIONS["marked"])))
def test_no_letter_or_digit_is_lost_whatever_marks_stand_around_it(
    page: Page, harness: Harness, portion: int
) -> None:
    sent = PORTIONS["marked"][portion]

    seen = said(page, harness, f"marked-{portion}")

    lost = [(a, b) for a, b in zip(seen, sent, strict=True) if not _is_in_order(letters(b), letters(a))]
    assert lost == []


def _is_in_order(wanted: str, text: str) -> bool:
    left = iter(text)
    return all(letter in left for letter in wanted)


def test_lines_stay_lines_and_items_keep_their_numbers(page: Page, harness: Harness) -> None:
    address, numbered, zero = said(page, harness, "log-of-LINES")

    assert address == "My address:\nAnna-Str. 5\n10115 Berlin"
    assert [line.split()[0] for line in numbered.splitlines()] == ["3.", "4.", "7."]
    assert zero.split() == ["0.", "zero"]
    expect(page.locator(".cl-md ol")).to_have_count(2)
