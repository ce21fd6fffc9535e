"""The one line a user sees when something is wrong: on stderr, rate limited, never a log's content."""

from __future__ import annotations

import sys
import time
from typing import Callable

#: A sentence of one kind is printed at most this often; what was held back is counted in the next one.
QUIET_S = 60.0


class Console:
    """Says each kind of sentence at most once in `QUIET_S` seconds, or once ever; never raises."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, debug: bool = False) -> None:
        self._clock = clock
        self.is_debugging = debug
        self._said_at: dict[str, float] = {}
        self._held_back: dict[str, int] = {}

    def say(self, kind: str, sentence: str) -> None:
        """Print the sentence, unless one of its kind was printed a moment ago."""
        now = self._clock()
        if now - self._said_at.get(kind, -QUIET_S) < QUIET_S:
            self._held_back[kind] = self._held_back.get(kind, 0) + 1
            return
        self._said_at[kind] = now
        more = self._held_back.pop(kind, 0)
        _print(f"{sentence} ({more} more of this kind)" if more else sentence)

    def say_once(self, kind: str, sentence: str) -> None:
        """Print the sentence the first time only."""
        if kind not in self._said_at:
            self._said_at[kind] = self._clock()
            _print(sentence)

    def debug(self, sentence: str) -> None:
        """Print the sentence where CASELOG_DEBUG asks for one line per decision."""
        if self.is_debugging:
            _print(sentence)


def _print(sentence: str) -> None:
    line = " ".join(sentence.split())
    try:
        sys.stderr.write(f"caselog: {line}\n")
        sys.stderr.flush()
    except Exception:  # noqa: BLE001, S110 - a workflow may have closed or replaced stderr; there is nobody left to tell
        pass
