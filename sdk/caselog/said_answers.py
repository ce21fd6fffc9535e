"""Which result is whose: by the id that both name, by the name of the tool, else by where they stand.

The page of a ticket puts them together in the same way: `web/trace/answers.ts` and `queues.ts` of the pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from .said_parts import Said

#: So many calls of one id, or of one name, are looked at for a result: with as many before it, it is nobody's.
MOST_LOOKED_AT = 256
_NO_WORD = re.compile(r"[\W_]+")


class Waiter:
    """A call, and the place of its message."""

    __slots__ = ("at", "call")

    def __init__(self, call: Said, at: int) -> None:
        self.call = call
        self.at = at


def answer_all(messages: Iterable[tuple[int, Sequence[Said]]]) -> list[Said]:
    """The calls in their order, each with its result; then the results that are nobody's.

    ``messages`` are those that call or give back, each with its place among all.
    """
    told = list(messages)
    waiting = Waiting()
    calls: list[Said] = []
    alone: list[Said] = []
    n = 0
    while n < len(told):
        at, parts = told[n]
        theirs = [part for part in parts if part.is_call]
        calls += theirs
        waiting.add(at, theirs)
        end = _end_of_results(told, n)
        results = [part for _, each in told[n:end] for part in each if not part.is_call]
        alone += waiting.answer(results, at)
        n = max(n + 1, end)
    return [*calls, *alone]


def _end_of_results(told: Sequence[tuple[int, Sequence[Said]]], first: int) -> int:
    """Behind the messages, one after the other, that have results, and but for the first no calls."""
    end = first
    while end < len(told):
        at, parts = told[end]
        is_next = end == first or (at == told[end - 1][0] + 1 and not any(part.is_call for part in parts))
        if not is_next or all(part.is_call for part in parts):
            break
        end += 1
    return end


class Waiting:
    """Calls without a result so far."""

    def __init__(self) -> None:
        self._by_id: dict[str, Queue] = {}
        self._by_name: dict[str, Queue] = {}
        #: Those of the last messages that call, one after the other; the place of the first, and of the last.
        self._batch: list[Waiter] = []
        self._begun, self._last = 0, -2
        #: What has come back, by the id of its call.
        self._known: dict[str, Said] = {}

    def add(self, at: int, calls: Sequence[Said]) -> None:
        """The calls of the message ``at``."""
        if not calls:
            return
        if self._last != at - 1:
            self._batch, self._begun = [], at
        self._last = at
        for call in calls:
            if call.has_answer:
                self._note(call)
            else:
                self._wait(Waiter(call, at))

    def _wait(self, waiter: Waiter) -> None:
        self._batch.append(waiter)
        for key in waiter.call.ids:
            self._by_id.setdefault(key, Queue()).add(waiter)
        self._by_name.setdefault(waiter.call.name, Queue()).add(waiter)

    def answer(self, results: Sequence[Said], at: int) -> list[Said]:
        """Put each result, which begin in the message ``at``, to its call; those that are nobody's."""
        rest = [result for result in results if not self._by_its_id(result) and not self._is_known(result)]
        left = [result for result in rest if result.name and not self._by_its_name(result)]
        return [*left, *self._by_place([result for result in rest if not result.name], at)]

    def _by_its_id(self, result: Said) -> bool:
        """Of calls that share an id the last message's; within a message the first."""
        queue = self._by_id.get(result.ids[0]) if result.ids else None
        alike = queue.last(lambda waiter: not is_other(waiter.call.name, result.name)) if queue else []
        return self._settle(next((each for each in alike if each.at == alike[-1].at), None), result)

    def _is_known(self, result: Said) -> bool:
        """Whether the call that it names has a result already."""
        call = self._known.get(result.ids[0]) if result.ids else None
        return call is not None and not is_other(call.name, result.name)

    def _by_its_name(self, result: Said) -> bool:
        queue = self._by_name.get(result.name)
        if queue is None:
            return False
        return self._settle(queue.first(result, self._begun) or queue.first(result), result)

    def _by_place(self, results: list[Said], at: int) -> list[Said]:
        """Where as many wait as come back at once, right behind them, each is the next one's."""
        waiters = [waiter for waiter in self._batch if not waiter.call.has_answer]
        is_clear = at <= self._last + 1 and len(results) == len(waiters)
        if not is_clear or not all(map(may_answer, waiters, results)):
            return results
        for waiter, result in zip(waiters, results):
            self._settle(waiter, result)
        return []

    def _settle(self, waiter: Waiter | None, result: Said) -> bool:
        if waiter is None:
            return False
        waiter.call.answer(result)
        self._note(waiter.call)
        return True

    def _note(self, call: Said) -> None:
        for key in call.ids:
            self._known[key] = call


class Queue:
    """Calls in their order, of which those that have a result are passed over once."""

    __slots__ = ("_all", "_head")

    def __init__(self) -> None:
        self._all: list[Waiter] = []
        self._head = 0

    def add(self, waiter: Waiter) -> None:
        """Behind the others."""
        self._all.append(waiter)

    def first(self, result: Said, begun: int = 0) -> Waiter | None:
        """The first that waits and that the result may be of, in a message from ``begun`` on."""
        while self._head < len(self._all) and self._all[self._head].call.has_answer:
            self._head += 1
        near = self._all[self._head : self._head + MOST_LOOKED_AT]
        fits = (w for w in near if w.at >= begun and not w.call.has_answer and may_answer(w, result))
        return next(fits, None)

    def last(self, suits: Callable[[Waiter], bool]) -> list[Waiter]:
        """The last that wait and suit."""
        while self._all and self._all[-1].call.has_answer:
            self._all.pop()
        return [each for each in self._all[-MOST_LOOKED_AT:] if not each.call.has_answer and suits(each)]


def may_answer(waiter: Waiter, result: Said) -> bool:
    """Ids that both say, and that differ, say that they do not belong together."""
    return not result.ids or not waiter.call.ids


def is_other(name: str, other: str) -> bool:
    """Whether two names are of different tools. Some makers put the tool's server before its name."""
    if name == other:
        return False
    a, b = plain_words(name), plain_words(other)
    return bool(a and b) and a != "tool" and not f" {a}".endswith(f" {b}") and not f" {b}".endswith(f" {a}")


@lru_cache(maxsize=4096)
def plain_words(name: str) -> str:
    """A name in small letters, its words parted by spaces."""
    return _NO_WORD.sub(" ", name.lower()).strip()
