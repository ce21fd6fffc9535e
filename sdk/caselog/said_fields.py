"""The fields of an object in a message by plain names: makers write one as `tool_call_id` and as `toolCallId`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

#: Of a field that is not there.
ABSENT: Any = type("Absent", (), {"__slots__": ()})()
_EMPTIABLE = frozenset((str, list, dict, tuple))


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def is_record(value: Any) -> bool:
    """Whether it has fields."""
    return type(value) is dict or isinstance(value, Mapping)


def is_blank(value: Any) -> bool:
    """Nothing, an empty text, or an object without members."""
    return value is None or (type(value) in _EMPTIABLE and not value)


def text_of(value: Any) -> str:
    """An id or a name as text; empty where it is neither."""
    return value if type(value) is str else str(value) if type(value) in (int, float) else ""


class Fields:
    """Fields that say something, each of which is read once; of those of one plain name the first counts."""

    __slots__ = ("_blank", "_left")

    def __init__(self, sent: Mapping[str, Any]) -> None:
        self._left: dict[str, Any] = {}
        self._blank: dict[str, Any] = {}
        self._add(sent)

    def _add(self, sent: Mapping[str, Any]) -> None:
        for name, value in sent.items():
            key = _plain(name) if type(name) is str else str(name)
            (self._blank if is_blank(value) else self._left).setdefault(key, value)

    def has(self, name: str) -> bool:
        """Whether a field of this plain name says something."""
        return name in self._left

    def see(self, name: str) -> Any:
        """Its value, or None; it stays unread."""
        return self._left.get(name)

    def take(self, names: Iterable[str]) -> Any:
        """The value of the first of ``names`` that is there, which counts as read; else `ABSENT`."""
        left = self._left
        for name in names:
            if name in left:
                return left.pop(name)
        return ABSENT

    def take_blank(self, names: Iterable[str]) -> Any:
        """The first of ``names`` that is there and empty, such as no arguments; else `ABSENT`."""
        blank = self._blank
        return next((blank[name] for name in names if blank.get(name) is not None), ABSENT)

    def take_text(self, names: Iterable[str]) -> str:
        """As `take`, of fields that are texts; else empty."""
        left = self._left
        for name in names:
            if type(left.get(name)) is str:
                return str(left.pop(name))
        return ""

    def inside(self, names: Iterable[str]) -> Fields:
        """These fields, and in place of the first of ``names`` that is an object the fields of that."""
        for name in names:
            if is_record(self._left.get(name)):
                inner = Fields(self._left.pop(name))
                for left, more in ((inner._left, self._left), (inner._blank, self._blank)):
                    for key, value in more.items():
                        left.setdefault(key, value)
                return inner
        return self
