"""Looking for tokens takes time in proportion to the text, for each form of a token that comes again and again."""

# ruff: noqa: E501 - lists of examples

from __future__ import annotations

import importlib
import random
import re
import string
import sys
import time
from typing import Any

import pytest

from caselog.masking.token_forms import TOKEN_FORMS
from caselog.masking.tokens import AWS_SECRET, LONGER, OWN_FORMS, find_longer_tokens, find_tokens
from caselog.masking.view import View

_PARSER: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
#: What stands between a beginning of a token and the next: what a form may take for a part of it, and what it may not.
_BETWEEN = ("", "-", "a-", ".")
_CHARS = 12_000


def _split_own() -> list[str]:
    """The alternatives of the forms of our own, the outermost."""
    plain = re.sub(r"\s|#[^\n]*", "", OWN_FORMS)
    parts, depth = [""], 0
    for char in plain:
        depth += (char == "(") - (char == ")")
        parts.append("") if char == "|" and not depth else parts.append(parts.pop() + char)
    return parts


FORMS = {
    **dict(TOKEN_FORMS),
    **{form: form for form in _split_own()},
    **{form.pattern: form.pattern for _, form in LONGER},
    "AWS secret": AWS_SECRET.pattern,
}


def _write(parsed: Any, pieces: list[str]) -> None:
    """The shortest text that a form takes, in pieces: one for each part of the form."""
    for operation, given in parsed:
        name = str(operation)
        if name == "LITERAL":
            pieces.append(chr(given))
        elif name == "IN":
            pieces.append(_write_one(given))
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            for _ in range(min(given[0], 40)):
                _write(given[2], pieces)
        elif name == "BRANCH":
            _write(given[1][0], pieces)
        elif name == "SUBPATTERN":
            _write(given[3], pieces)


def _write_one(members: Any) -> str:
    operation, given = members[0]
    if str(operation) == "CATEGORY":
        return "a" if "WORD" in str(given) else "7"
    return chr(given[0]) if str(operation) == "RANGE" else chr(given)


def _beginnings(form: str) -> list[str]:
    """The literal that a form begins with, half of a token, and all but the end of one."""
    pieces: list[str] = []
    _write(_PARSER.parse(form), pieces)
    text = "".join(pieces)
    return sorted({text[:3], text[:8], text[: len(text) // 2], text[:-1], text})


def _seconds(text: str) -> float:
    began = time.thread_time()
    view = View(text)
    list(find_tokens(view))
    list(find_longer_tokens(view))
    return time.thread_time() - began


def _is_linear(unit: str) -> bool:
    many = unit * (_CHARS // len(unit) + 1)
    for _ in range(3):  # measured again before it is believed
        long = _seconds(many)
        if long <= 0.06 or long <= 16 * _seconds(many[: len(many) // 8]):
            return True
    return False


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_token_that_begins_again_and_again_takes_time_in_proportion(form: str) -> None:
    units = [f"-{start}{between}" for start in _beginnings(FORMS[form]) for between in _BETWEEN]

    assert [unit for unit in units if not _is_linear(unit)] == []


@pytest.mark.parametrize("unit", ["sk-", "sk-a-", "sk-ab_", "-sk-", "sk---", "x-sk-a"])
def test_keys_that_begin_again_and_again_take_time_in_proportion(unit: str) -> None:
    assert _is_linear(unit)


@pytest.mark.parametrize(
    "slug",
    [
        "exa-mple-of-a-long-hyphenated-slug-in-a-url-path", "pa-this-is-a-long-css-class-name-used-in-bootstrap-5-themes",
        "ntn_number_of_total_nodes_in_graph", "figd_some_long_name_of_a_function_of_a_program", "dp.st.something_that_is_a_long_path",
        "sgp_number_of_sub_graphs_per_partition_v2", "hvs.read_from_the_store_of_values", "tskey-is-a-long-name-of-a-class",
    ],
)  # fmt: skip
def test_a_name_made_of_words_is_no_token_whatever_it_begins_with(slug: str) -> None:
    assert list(find_tokens(View(f"see {slug}, please"))) == []


@pytest.mark.parametrize(
    "start", ["exa-", "pa-", "ntn_", "figd_", "dp.st.", "sgp_", "hvs.", "tskey-", "sk-", "sk-proj-", "glpat-"]
)
def test_a_random_run_behind_the_same_beginning_is_a_token(start: str) -> None:
    chance = random.Random(start)
    for _ in range(50):
        token = start + "".join(chance.choices(string.ascii_letters + string.digits, k=44))

        assert [span[:2] for span in find_tokens(View(f"see {token}, please"))] == [(4, 4 + len(token))]
