"""What docs/ promises to clients is held by tests: each promise has a name, and a test that bears the same name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest

from tests.house.tree import ROOT, modules

PAGES: Final = ("docs/what-we-log.md", "docs/what-we-dont-log.md", "docs/how-to-opt-out.md")
NAMES: Final = re.compile(r"<!-- claim: ([a-z0-9, -]+) -->")
#: What promises nothing: what a page is for, where to read on, and what a word means.
PROMISES_NOTHING: Final = re.compile(
    r"For a client's engineer|\[The log\]\(log\.md\) lists|All rules, words and forms:|\[Retention and deletion\]"
    r"|These pass\.|- \*[A-Z]|```|#|\| (what|part|to) \||\|---"
)


def claims_of(page: str) -> set[str]:
    found = NAMES.findall((ROOT / page).read_text(encoding="utf-8"))
    return {name.strip() for names in found for name in names.split(",")}


def marked(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each claim with the test that bears its name."""
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for call in function.decorator_list:
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.claim":
                    yield from ((ast.literal_eval(name), function.name) for name in call.args)


@cache
def held() -> dict[str, list[str]]:
    tests: dict[str, list[str]] = {}
    for path, tree in modules("tests"):
        for claim, name in marked(tree):
            tests.setdefault(claim, []).append(f"{path}::{name}")
    return tests


def blocks(page: str) -> Iterator[str]:
    """Paragraphs, items of lists and rows of tables."""
    text = re.sub(
        r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        yield from re.split(r"\n(?=- |\|)", paragraph.strip())


def test_each_promise_is_held_by_a_test_that_bears_its_name() -> None:
    tests = held()

    assert {claim for page in PAGES for claim in claims_of(page)} - tests.keys() == set()


def test_no_test_bears_the_name_of_a_promise_that_no_page_makes() -> None:
    promised = {claim for page in PAGES for claim in claims_of(page)}

    assert {claim: tests for claim, tests in held().items() if claim not in promised} == {}


def test_what_bears_the_name_of_a_promise_is_run_as_a_test() -> None:
    assert [test for tests in held().values() for test in tests if "::test_" not in test] == []


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_said_to_clients_that_has_no_name(page: str) -> None:
    nameless = [
        block for block in blocks(page) if not NAMES.search(block) and not PROMISES_NOTHING.match(block)
    ]

    assert nameless == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_for_clients_is_read_in_some_minutes(page: str) -> None:
    words = re.sub(r"<!--.*?-->", "", (ROOT / page).read_text(encoding="utf-8")).split()

    assert len(words) < 1050
