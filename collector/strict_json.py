"""JSON that every later reader can read, from whatever legal JSON was sent. Pure.

What is legal is taken: half of a surrogate pair, as is left of an emoji that was cut, becomes U+FFFD, and a number
beyond a double is kept as the text it is. What is not legal, not UTF-8 or too deep is refused, and its place is told.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from lake.json_shape import measure

#: Deeper than any real trace; far below the recursion limits of the parsers that read the log later.
MAX_DEPTH: Final = 200
#: So many fields of a log are told apart at all; a log has twelve, and may have some of its own.
MAX_MEMBERS: Final = 4096

#: Fewer bytes than this hold too few values to take much memory.
_SMALL_BYTES: Final = 64 * 1024
_BOM: Final = b"\xef\xbb\xbf"
#: An escaped backslash, a whole pair, or half of one.
_ESCAPES: Final = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
#: So many digits before the point are beyond a double, or nearly; msgspec reads whole numbers of up to 4300.
_LONG: Final = 309
_LONG_NUMBER: Final = re.compile(rb"[0-9]{%d}" % _LONG)
_BYTE: Final = re.compile(r"\(byte (\d+)\)")

_decode = msgspec.json.Decoder().decode
_split = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Members(NamedTuple):
    """The members of an object by name, each as its own bytes; ``is_shallow`` where none of them can be too deep."""

    by_name: dict[str, msgspec.Raw]
    is_shallow: bool


class BeyondDouble(str):
    """A number that no double holds, as it was written."""

    __slots__ = ()


class NotJson(ValueError):
    """The text is not JSON of that kind; the reason quotes nothing. ``at`` is the byte, where it is known."""

    def __init__(self, reason: str, at: int | None = None) -> None:
        super().__init__(reason)
        self.at = at


class TooDeep(NotJson):
    """The text is nested deeper than `MAX_DEPTH`."""

    def __init__(self) -> None:
        super().__init__(f"is nested more than {MAX_DEPTH} levels deep")


def without_bom(text: bytes) -> bytes:
    """The text without the mark that some programs put before UTF-8."""
    return text.removeprefix(_BOM)


def mend_surrogates(text: bytes) -> bytes:
    r"""The text, each escape that is half of a surrogate pair replaced by that of U+FFFD, which is as long.

    >>> mend_surrogates(rb'["\ud83d", "\ud83d\ude00", "\\ud83d"]')
    b'["\\ufffd", "\\ud83d\\ude00", "\\\\ud83d"]'
    """
    mended = bytearray(text)  # in place: a list of what was found would be many times as large
    for found in _ESCAPES.finditer(text):
        if found[1]:
            mended[found.start() : found.end()] = rb"\ufffd"
    return bytes(mended)


def told_apart(text: bytes, name: str, mended: str) -> str:
    r"""Field ``name`` as a text that no other value of it has; of most it is ``mended``, the value itself.

    Values that differ only in halves of surrogate pairs are the same once they are mended: each half is told beside
    them as another character. ``text`` is the whole object, legal once it is mended.

    >>> told_apart(rb'{"a": "T-\ud83d"}', "a", "T-\ufffd"), told_apart(b'{"a": "T-1"}', "a", "T-1")
    ('T-\ufffd\nT-\ue03d', 'T-1')
    """
    if "\ufffd" not in mended:
        return mended
    marked = bytearray(text)
    for found in _ESCAPES.finditer(text):
        if found[1]:  # d800 to dfff become e000 to e7ff
            marked[found.start() + 2 : found.start() + 4] = b"e%x" % (int(found[1][3:4], 16) - 8)
    told: str = _decode(_split(bytes(marked))[name])
    return mended if told == mended else f"{mended}\n{told}"


def split_object(text: bytes) -> Members:
    """The members of a JSON object; of a repeated name the last one counts. Raises `NotJson`.

    Halves of surrogate pairs are mended where there are any: the parser finds them, which costs others nothing.

    >>> {name: bytes(raw) for name, raw in split_object(b'{"a": [1, 2], "a": {"b": 0.10}}').by_name.items()}
    {'a': b'{"b": 0.10}'}
    """
    is_shallow = False
    if len(text) > _SMALL_BYTES:
        shape = measure(text)
        is_shallow = shape.depth <= MAX_DEPTH
        if shape.commas >= MAX_MEMBERS:
            raise NotJson(f"holds more than {MAX_MEMBERS} fields")
    try:
        text.isascii() or str(text, "utf-8")
        return Members(_split_mended(text), is_shallow)
    except UnicodeDecodeError as error:
        raise NotJson("holds bytes that are not UTF-8", error.start) from None
    except RecursionError:
        raise TooDeep from None
    except msgspec.ValidationError as error:
        raise NotJson("is not a JSON object") from error
    except msgspec.DecodeError as error:
        raise NotJson("is not valid JSON", _place_of(error, text)) from error


def _split_mended(text: bytes) -> dict[str, msgspec.Raw]:
    try:
        return _split(text)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        mended = mend_surrogates(text)
        if mended == text:
            raise
        return _split(mended)


def check_depth(text: bytes | msgspec.Raw) -> None:
    """Raises `TooDeep`."""
    if memoryview(text).nbytes > MAX_DEPTH:
        whole = bytes(text)
        if _may_be_deep(whole) and measure(whole).depth > MAX_DEPTH:
            raise TooDeep


def decode_strictly(text: bytes | msgspec.Raw, *, beyond_double: type[str] = BeyondDouble) -> Any:
    """The value of what is legal JSON; a number beyond a double is a ``beyond_double``. Raises `TooDeep`.

    >>> decode_strictly(b'["x", 1.5, null, 1e400]')
    ['x', 1.5, None, '1e400']
    """
    check_depth(text)
    try:
        if memoryview(text).nbytes < _LONG or not _LONG_NUMBER.search(bytes(text)):
            return _decode(text)
    except msgspec.ValidationError:
        pass
    floats, ints = _reader(float, beyond_double), _reader(int, beyond_double)
    return json.loads(bytes(text), parse_float=floats, parse_int=ints)


def _reader(kind: type[float], beyond_double: type[str]) -> Callable[[str], float | str]:
    return lambda text: kind(text) if math.isfinite(float(text)) else beyond_double(text)


def _place_of(error: msgspec.DecodeError, text: bytes) -> int:
    """The byte that the error's message names; it names none where the text ends too early."""
    found = _BYTE.search(str(error))
    return int(found[1]) if found else len(text)


def _may_be_deep(text: bytes) -> bool:
    """Counting brackets is cheap, and nothing is nested deeper than it has brackets.

    ``replace`` finds them with ``memchr``; ``count`` looks at each byte and takes many times as long.
    """
    return len(text) - len(text.replace(b"{", b"").replace(b"[", b"")) > MAX_DEPTH
