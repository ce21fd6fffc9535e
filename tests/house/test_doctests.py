from __future__ import annotations

import doctest
import importlib

import pytest

from tests.house.tree import ROOMS, ROOT, modules

WITH_EXAMPLES = [
    path for path, _ in modules(*ROOMS, "tests") if "\n    >>> " in (ROOT / path).read_text(encoding="utf-8")
]


@pytest.mark.parametrize("path", WITH_EXAMPLES)
def test_what_docstrings_show_is_what_happens(path: str) -> None:
    name = path.removeprefix("sdk/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    failed, tried = doctest.testmod(importlib.import_module(name))

    assert tried > 0
    assert failed == 0
