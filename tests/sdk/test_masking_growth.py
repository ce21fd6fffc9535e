"""A log of eight times as many parts takes eight times the time: masking, and writing keys that are equal as text."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselog.masking import Masker
from caselog.masking.known_names import _is_apart, _Places
from caselog.masking.report import describe_masking
from caselog.serialize import dump

_CHANCE = random.Random(7)


def _name() -> str:
    return _CHANCE.choice("BCDFGHKLMNPRST") + "".join(_CHANCE.choice("aeioulnrst") for _ in range(7))


class Key:
    """As a name of a field each of these is the same text."""


#: From so many parts to a trace of them.
TRACES: dict[str, Callable[[int], Any]] = {
    "letters": lambda parts: [
        f"Dear Ms. {_name()},\nplease help with bag {place}.\nBest regards,\n{_name()} {_name()}"
        for place in range(parts)
    ],
    "names in fields": lambda parts: [
        {"first_name": _name(), "text": f"{_name()} came"} for _ in range(parts)
    ],
    "names in JSON in a text": lambda parts: json.dumps([{"first_name": _name()} for _ in range(parts)]),
    "secrets in JSON in a text": lambda parts: json.dumps([{"password": _name()} for _ in range(parts)]),
    "one name everywhere": lambda parts: {"first_name": "Emma", "text": "Emma and " * parts},
    "one first name and many last ones": lambda parts: [
        *({"first_name": "Emma", "last_name": _name()} for _ in range(parts)),
        "emma_" * parts,
        "emma" * parts,
    ],
    "labels in Chinese": lambda parts: "名字: 金" * parts,
    "heads of mails": lambda parts: "Subject: bag\n" + "From: Ada Lovelace\n" * parts,
    "addresses": lambda parts: [f"{_name()}@{_name()}.com" for _ in range(parts)],
    "addresses as names": lambda parts: {f"{_name()}@{_name()}.com": 1 for _ in range(parts)},
    "names of fields": lambda parts: {f"{_name()} {_name()}": 1 for _ in range(parts)},
    "one field again and again": lambda parts: "{" + ", ".join(['"password": "hunter2"'] * parts) + "}",
    "pairs": lambda parts: [["password", _name()] for _ in range(parts)],
}


def _seconds(work: Callable[[Any], object], given_part: Any) -> float:
    began = time.thread_time()
    work(given_part)
    return time.thread_time() - began


def _mask(trace: Any) -> None:
    log = {"trace": trace}
    describe_masking(log, Masker(b"k").mask(log))


def _check(work: Callable[[Any], object], make: Callable[[int], Any]) -> None:
    ratios = []
    for _ in range(3):  # measured again before it is believed
        few, many = make(400), make(3200)
        short, long = _seconds(work, few), _seconds(work, many)
        if long <= 16 * short + 0.05:
            return
        ratios.append(long / short)
    pytest.fail(f"{ratios} times the time for eight times as much")


@pytest.mark.parametrize("kind", TRACES)
def test_eight_times_as_many_parts_are_masked_in_eight_times_the_time(kind: str) -> None:
    _check(_mask, TRACES[kind])


def test_eight_times_as_many_keys_that_are_equal_as_text_are_told_apart_in_eight_times_the_time() -> None:
    _check(dump, lambda parts: {Key(): place for place in range(parts)})


_PIECES = ("Ada", "ada", "Lee", "O'Neil", "x", " ", ".", "@", "_", "王", "明", "é", "7", "\u0301")
_NAMES = ("Ada", "Ada Lee", "O'Neil", "Lee.Ada", "王明", "é", "Ada 7", "'x", "Ada\u0301")


@given(st.lists(st.sampled_from(_PIECES)).map("".join), st.sampled_from(_NAMES))
def test_a_name_is_found_in_an_index_wherever_it_stands_apart(text: str, name: str) -> None:
    apart = [
        (start, start + len(name))
        for start in range(len(text))
        if text.startswith(name, start) and _is_apart(text, start, start + len(name))
    ]

    found = list(_Places(text, many=True).find(name))

    # Of places that overlap a search finds the first.
    assert set(_Places(text, many=False).find(name)) <= set(found) <= set(apart)
    assert found == apart or "王" in name
