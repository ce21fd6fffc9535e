"""Calls that steps of a run tell, and those that its messages tell: which of them are one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .blocks import read_json
from .said_answers import is_other, plain_words
from .said_fields import ABSENT, is_blank, text_of
from .said_parts import Said


class Step:
    """A call as a step tells it; what it was given is read where it is asked for."""

    __slots__ = ("arguments", "key", "name")

    def __init__(self, key: Any, name: Any, arguments: Callable[[], Any]) -> None:
        self.key = text_of(key)
        self.name = text_of(name)
        self.arguments = arguments


def join_steps(steps: Sequence[Step], said: Iterable[Said]) -> tuple[dict[int, Said], list[Said]]:
    """What messages say of steps, by their places, and the calls that no step tells.

    A call and a step are one where both have the id, as often as both have it; else where they have the name and the
    arguments in common, or the name alone where one of them does not say what was given.
    """
    joining = _Joining(steps)
    left = joining.by_id(said)
    for of_step, of_call in ((_given, _given), (_given, _any), (_any, _given)):
        left = joining.by_name(left, of_step, of_call) if left else left
    return joining.theirs, [each for each in left if each.is_call]


class _Joining:
    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._told: set[int] = set()
        self.theirs: dict[int, Said] = {}

    def by_id(self, said: Iterable[Said]) -> list[Said]:
        """Those that have no step of their id."""
        places: dict[str, list[int]] = {}
        for place, step in enumerate(self._steps):
            if step.key:
                places.setdefault(step.key, []).append(place)
        alike: dict[tuple[str, bool], list[Said]] = {}
        left = []
        for each in said:
            key = next((key for key in each.ids if key in places), None)
            if key is None:
                left.append(each)
            else:
                alike.setdefault((key, each.is_call), []).append(each)
        for (key, _), those in alike.items():
            left += self._alike(places[key], those)
        return left

    def _alike(self, places: Sequence[int], those: Sequence[Said]) -> list[Said]:
        """Calls and steps of one id: where there are as many, they belong together in their order."""
        are_as_many = len(places) == len(those)
        left = []
        for n, each in enumerate(those):
            place = places[n if are_as_many else -1]
            if is_other(each.name, self._steps[place].name):
                left.append(each)
            elif are_as_many:
                self._tell(place, each)
            else:
                self._told.update(places)
        return left

    def by_name(
        self, said: Sequence[Said], of_step: Callable[[Any], str], of_call: Callable[[Any], str]
    ) -> list[Said]:
        """Those that have no step left of their name and arguments, as far as these are compared."""
        names = {_last_word(each.name) for each in said if each.is_call}
        free: dict[tuple[str, str], list[int]] = {}
        for place in range(len(self._steps) - 1, -1, -1):
            step = self._steps[place]
            word = _last_word(step.name)
            if word in names and place not in self._told:
                free.setdefault((word, of_step(step.arguments())), []).append(place)
        return [each for each in said if not (free and self._takes(each, free, of_call))]

    def _takes(
        self, each: Said, free: dict[tuple[str, str], list[int]], of_call: Callable[[Any], str]
    ) -> bool:
        places = free.get((_last_word(each.name), of_call(each.arguments))) if each.is_call else None
        if not places or is_other(each.name, self._steps[places[-1]].name):
            return False
        self._tell(places.pop(), each)
        return True

    def _tell(self, place: int, each: Said) -> None:
        self._told.add(place)
        known = self.theirs.setdefault(place, each)
        if known is not each and not known.has_answer and not each.is_call:
            known.answer(each)


def _last_word(name: str) -> str:
    """Some makers put the tool's server before its name."""
    return plain_words(name).rpartition(" ")[2]


def _given(arguments: Any) -> str:
    """Arguments as text that is the same for the same ones; empty where none are told."""
    if arguments is ABSENT or is_blank(arguments):
        return ""
    try:
        return json.dumps(read_json(arguments), sort_keys=True, default=str)
    except (TypeError, ValueError, RecursionError):
        return str(arguments)


def _any(_arguments: Any) -> str:
    return ""
