"""JSON that every later reader can read. Pure.

Valid UTF-8, no lone surrogates, no NaN, numbers in the range of a double, bounded depth.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

#: Deeper than any real trace; far below the recursion limits of the parsers that read the log later.
MAX_DEPTH: Final = 200

_decode = msgspec.json.Decoder().decode
_split = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class NotJson(ValueError):
    """The text is not JSON of that kind; the reason quotes nothing."""


def split_object(text: bytes) -> dict[str, msgspec.Raw]:
    """The members of a JSON object, each as its own bytes; of a repeated name the last one counts. Raises `NotJson`.

    >>> {name: bytes(raw) for name, raw in split_object(b'{"a": [1, 2], "a": {"b": 0.10}}').items()}
    {'a': b'{"b": 0.10}'}
    """
    try:
        return _split(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise NotJson("is not a JSON object in UTF-8") from error


def decode_strictly(text: bytes | msgspec.Raw) -> Any:
    """The value of ``text``. Raises `NotJson`.

    >>> decode_strictly(b'["x", 1.5, null]')
    ['x', 1.5, None]
    """
    try:
        value = _decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise NotJson(
            "is not valid JSON: UTF-8 without lone surrogates, numbers in the range of a double"
        ) from error
    if memoryview(text).nbytes > MAX_DEPTH and _may_be_deep(bytes(text)) and not _is_shallow(value):
        raise NotJson(f"is nested more than {MAX_DEPTH} levels deep")
    return value


def _may_be_deep(text: bytes) -> bool:
    """Counting brackets is cheap, and nothing is nested deeper than it has brackets.

    ``replace`` finds them with ``memchr``; ``count`` looks at each byte and takes many times as long.
    """
    return len(text) - len(text.replace(b"{", b"").replace(b"[", b"")) > MAX_DEPTH


def _is_shallow(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return True
    return False


def _children(value: Any) -> list[Any]:
    """The objects and arrays directly inside ``value``."""
    if type(value) is dict:
        return [child for child in value.values() if type(child) in (dict, list)]
    if type(value) is list:
        return [child for child in value if type(child) in (dict, list)]
    return []
