"""The way of a log is the one that `caselog.api` tells, and what it passes can be read in one sitting."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from types import CodeType, FrameType
from typing import Any, Final

from caselog import Client, api, flush, ship_log_async
from tests.sdk.fake_collector import FakeCollector

LOG: Final = {"ticket_id": "T-1", "status": "SUCCESS"}
#: As long as a file may be in this house.
ONE_FILE: Final = 350


def _told() -> list[CodeType]:
    """The functions that the docstring names, in its order."""
    names = re.findall(r"`([\w.]+)`", api.__doc__ or "")
    return [inspect.unwrap(_find(*name.split("."))).__code__ for name in names]


def _find(module: str, *path: str) -> Callable[..., Any]:
    found: Any = importlib.import_module(f"caselog.{module}")
    return reduce(getattr, path, found)  # type: ignore[no-any-return]


@contextmanager
def _entered() -> Iterator[list[CodeType]]:
    """The functions that are entered in the block, in this thread and in those that it starts, each once."""
    entered: dict[CodeType, None] = {}

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            entered.setdefault(frame.f_code)

    functions: list[CodeType] = []
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield functions
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
        functions += entered


def _is_function(code: CodeType) -> bool:
    """Whether it is a function of its own: no module, no class, no comprehension, nothing inside another."""
    return bool(code.co_flags & inspect.CO_OPTIMIZED) and "<" not in code.co_qualname


def test_a_log_goes_the_way_that_is_told(
    collector: FakeCollector, open_client: Callable[..., Client]
) -> None:
    told = _told()
    before = api.swap_client(open_client())

    with _entered() as entered:
        ship_log_async(LOG)
        flush(10)

    api.swap_client(before)
    assert len(collector.logs) == 1
    assert [code.co_qualname for code in entered if code in told] == [code.co_qualname for code in told]


def test_what_a_log_passes_on_its_way_is_one_file_long(open_client: Callable[..., Client]) -> None:
    files = {code.co_filename for code in _told()}
    before = api.swap_client(open_client())

    with _entered() as entered:
        ship_log_async(LOG)
        flush(10)

    api.swap_client(before)
    passed = [code for code in entered if code.co_filename in files and _is_function(code)]
    assert len(_told()) < len(passed)
    assert sum(len(inspect.getsource(code).splitlines()) for code in passed) <= ONE_FILE
