"""The shape of a JSON text, without building what it says: how deep it is, and how many items it has. Pure.

Eight MiB of empty lists become half a GiB of objects, and seconds in which nothing else runs. What is only looked at
is looked at in pieces, each of which takes a millisecond or so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, compress, repeat
from operator import eq, sub
from typing import Final, NamedTuple

_PIECE_BYTES: Final = 8 * 1024
#: A piece does not end within an escape.
_ESCAPE: Final = re.compile(rb"\\*+.", re.DOTALL)
_OPEN, _COMMA, _CLOSE = 2, 1, 0  # less one: by how many levels each of them changes the depth
_STEPS: Final = bytes.maketrans(b"[{,]}", bytes([_OPEN, _OPEN, _COMMA, _CLOSE, _CLOSE]))
_NO_STEPS: Final = bytes(set(range(256)) - set(b"[{,]}"))


class Shape(NamedTuple):
    """``depth`` is that of the innermost array or object, ``commas`` those directly in the outermost one."""

    depth: int
    commas: int


def measure(text: bytes) -> Shape:
    r"""The shape of ``text``; where it is no JSON, of what a parser reads before it notices.

    >>> measure(b'{"a": [1, {"b": "[[["}], "c": 2}'), measure(b"7"), measure(b'["\\", ["]')
    (Shape(depth=3, commas=1), Shape(depth=0, commas=0), Shape(depth=1, commas=0))
    """
    depth = deepest = commas = 0
    for steps in _steps_of(text):
        levels = list(accumulate(map(sub, steps, repeat(1)), initial=depth))
        depth, innermost = levels[-1], max(levels)
        deepest = max(deepest, innermost)
        if 1 in levels:
            commas += list(compress(levels[1:], map(eq, steps, repeat(_COMMA)))).count(1)
    return Shape(deepest, commas)


def count_items(array: bytes) -> int:
    """How many items a JSON array has; of anything else, none.

    >>> [count_items(array) for array in (b"[]", b"[ ]", b"[[1, 2], 3]", b"null")]
    [0, 0, 2, 0]
    """
    is_array = array[:1] == b"[" and bool(array[1:-1].strip())
    return measure(array).commas + 1 if is_array else 0


def _steps_of(text: bytes) -> Iterator[bytes]:
    """Brackets and commas outside of strings, as `_OPEN`, `_COMMA` and `_CLOSE`, piece by piece."""
    within = 0  # 1 inside of a string
    for piece in _pieces_of(text):
        bare = piece.replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in piece else piece
        parts = bare.split(b'"')
        if steps := b"".join(parts[within::2]).translate(_STEPS, _NO_STEPS):
            yield steps
        within ^= (len(parts) - 1) % 2


def _pieces_of(text: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(text):
        end = start + _PIECE_BYTES
        if text[end - 1 : end] == b"\\" and (rest := _ESCAPE.match(text, end - 1)):
            end = rest.end()
        yield text[start:end]
        start = end
