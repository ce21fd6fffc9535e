"""A snapshot of any object as JSON text: what a log was at the moment it was shipped.

`dump` is the only thing the workflow waits for, so it tries the C encoder first and walks in Python only
where that cannot do it: cycles, NaN, keys that are no strings, a dict that another thread is changing, objects
that are no data.
"""

from __future__ import annotations

import json
import math
import re
from collections import UserList, UserString, deque
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any, Callable, cast

from .guard import let_pass
from .model import MAX_LOG_BYTES
from .objects import describe, is_data, not_readable, read_fields, read_or
from .times import format_time

#: Deeper levels become a marker; deeper nesting is a cycle in disguise more often than data.
MAX_DEPTH = 60
#: Objects that are no data are looked into so deep and so many in a log: a client holds a pool that holds a loop ...
_MAX_OBJECT_DEPTH, _MAX_OBJECTS = 6, 2_000
_MAX_ARRAY = 10_000
_SCALARS = (str, int, float, bool, type(None))


def dump(value: Any) -> str:
    """JSON text (ASCII) of any object; never raises for what the object is made of."""
    try:
        return _FAST.encode(value)
    except BaseException as error:  # noqa: BLE001 - foreign objects raise anything at all; the walk below deals with each
        let_pass(error)
        return json.dumps(plain(value), allow_nan=False, separators=(",", ":"))


def load(text: str) -> Any:
    """What `dump` wrote. Of keys that were equal as text each is kept: ``rot``, ``rot (2)``."""
    return json.loads(text, object_pairs_hook=tell_apart)


def plain(value: Any) -> Any:
    """The same value made of dicts with string keys, lists, strings, finite numbers, booleans and None.

    NaN and infinities become None, a cycle, a level too deep or an object that cannot be read a marker.
    """
    return _Walk().walk(value, 0, 0, ())


class _Walk:
    """One walk over a value, which looks into so many objects and no more."""

    def __init__(self) -> None:
        self._objects = 0

    def walk(self, value: Any, depth: int, objects: int, above: tuple[int, ...]) -> Any:
        try:
            if isinstance(value, _SCALARS):
                return _plain_scalar(value)
            if id(value) in above:
                return "[cycle]"
            if depth >= MAX_DEPTH:
                return f"[cut: nested deeper than {MAX_DEPTH} levels]"
            return self._walk_container(value, depth + 1, objects, (*above, id(value)))
        except BaseException as error:  # noqa: BLE001 - see dump
            let_pass(error)
            return not_readable(error)

    def _walk_container(self, value: Any, depth: int, objects: int, above: tuple[int, ...]) -> Any:
        if isinstance(value, dict):
            # list() first: it is one step for the interpreter, so another thread cannot change the dict meanwhile.
            pairs = [
                (plain_key(key), self.walk(item, depth, objects, above)) for key, item in _items_of(value)
            ]
            return tell_apart(pairs)
        if isinstance(value, (list, tuple)):
            return [self.walk(item, depth, objects, above) for item in _members_of(value)]
        found = convert(value)
        if found is not _UNKNOWN:
            return self.walk(found, depth, objects, above)
        self._objects += 1
        fields = read_fields(value) if objects < _MAX_OBJECT_DEPTH and self._objects < _MAX_OBJECTS else None
        return self.walk(fields, depth, objects + 1, above) if fields else describe(value)


def read_mapping(value: Mapping[Any, Any]) -> dict[Any, Any]:
    """The mapping as a dict; an item that raises, and what lies behind keys that end by raising, is a marker."""
    if type(value) is dict:
        return value.copy()  # one step for the interpreter: another thread may be changing it
    try:
        return dict(value.items() if isinstance(value, dict) else value)
    except BaseException as error:  # noqa: BLE001 - see dump
        let_pass(error)
        return dict(_items_of(value)) if isinstance(value, dict) else _read_each(value)


def _read_each(value: Mapping[Any, Any]) -> dict[Any, Any]:
    read: dict[Any, Any] = {}
    keys = iter(value)
    while True:
        key: Any = _REST
        try:
            key = next(keys)
            read[key] = value[key]
        except StopIteration:
            return read
        except BaseException as error:  # noqa: BLE001 - see dump
            let_pass(error)
            read[key] = not_readable(error)
            if key is _REST:
                return read


def _items_of(value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """The items as its class gives them, or where that raises those that are stored."""
    given = read_or(None, _list_items, value)
    return list(dict.items(value)) if given is None else cast("list[tuple[Any, Any]]", given)


def _list_items(value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    return [(key, item) for key, item in list(value.items())]


def _members_of(value: Any) -> list[Any]:
    """The members as its class gives them, or where that raises those that are stored."""
    try:
        return list(value)
    except BaseException as error:  # noqa: BLE001 - see dump
        let_pass(error)
        kind = next(kind for kind in _STORES if issubclass(type(value), kind))
        return list(kind.__iter__(value))


def tell_apart(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a dict; keys that are equal are numbered from the second on."""
    told = dict(pairs)
    if len(told) == len(pairs):
        return told
    told = {}
    #: Of each key the last number that it was told apart by: thousands may be equal as text.
    numbers: dict[str, int] = {}
    for key, value in pairs:
        name, number = key, numbers.get(key, 1)
        while name in told:
            number += 1
            name = f"{key} ({number})"
        numbers[key] = number
        told[name] = value
    return told


def shallow(value: Any) -> Any:
    """Plain data with everything deeper than `MAX_DEPTH` cut; the value itself where nothing is as deep."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return value
    return plain(value)


def _children(value: Any) -> list[Any]:
    inside = value.values() if isinstance(value, dict) else value
    return [child for child in inside if isinstance(child, (dict, list))]


def _plain_scalar(value: Any) -> Any:
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, bool) or value is None:
        return value
    # Subclasses such as enums of strings carry behaviour of their own: keep only the data.
    return str.__str__(value) if isinstance(value, str) else _plain_int(value)


def _plain_int(value: int) -> Any:
    # Beyond 4300 digits Python refuses to write an int in decimal.
    return int(value) if value.bit_length() <= 4096 else f"[integer of {value.bit_length()} bits]"


def plain_key(key: Any) -> str:
    """The text of a key of any kind."""
    if issubclass(type(key), str):
        return str.__str__(key)
    text = plain(key)
    return text if isinstance(text, str) else json.dumps(text, ensure_ascii=False, separators=(",", ":"))


def plain_object(value: Any) -> Any:
    """One step towards plain data for an object the JSON encoder does not know; its parts may need more steps."""
    found = convert(value)
    if found is not _UNKNOWN:
        return found
    if not is_data(value):
        raise TypeError  # the walk counts how many such objects it looks into
    return read_fields(value) or describe(value)


def read_object(value: Any) -> Any:
    """An object as a mapping of its fields, where it has some; otherwise as it is."""
    if type(value) is dict:
        return value
    found = convert(value)
    fields = read_fields(value) if found is _UNKNOWN else found
    return fields if fields and isinstance(fields, Mapping) else value


def convert(value: Any) -> Any:
    """What an object of a well-known kind is in JSON, one step; `_UNKNOWN` for any other."""
    for kind, to_plain in _CONVERSIONS:
        if isinstance(value, kind):
            return to_plain(value)
    kind = type(value)
    for name, read in _PROTOCOLS:
        if hasattr(kind, name):
            return read(value)
    if is_message(value):
        return read_message(value)
    return value.root if getattr(kind, "__pydantic_root_model__", False) else _UNKNOWN


def is_message(value: Any) -> bool:
    """Whether it is a message of LangChain's: by its class, for many things have a type and a content."""
    return any(
        kind.__name__ == "BaseMessage" and kind.__module__.startswith("langchain")
        for kind in type(value).__mro__
    )


def read_message(value: Any) -> dict[str, Any] | None:
    """``role``, ``content`` and all else that a message of LangChain's says; None for anything else."""
    if not is_message(value):
        return None
    fields = read_fields(value) or {}
    kind = fields.pop("type", None)
    role = _ROLES.get(str(kind)) or fields.pop("role", kind)
    content = fields.pop("content", None)
    rest = {name: part for name, part in fields.items() if part and name not in _NOT_SAID}
    return {"role": role, "content": content, **rest}


#: Fields of a message that say nothing of what was said: an old flag, and pieces of what ``tool_calls`` has whole.
_NOT_SAID = frozenset(("example", "tool_call_chunks", "chunk_position"))
_ROLES = {
    "human": "user",
    "ai": "assistant",
    "system": "system",
    "tool": "tool",
    "function": "tool",
    "AIMessageChunk": "assistant",
    "HumanMessageChunk": "user",
}


def _read_bytes(value: Any) -> str:
    raw = bytes(value)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        kind = next((kind for start, kind in _FILES if re.match(start, raw, re.DOTALL)), None)
        if kind is None:
            return f"[bytes: {len(raw)}]"
        start = f"data:{kind};base64,"
        if len(raw) > _MAX_FILE:
            return f"{start}[cut: {len(raw)} bytes]"
        import binascii  # not at import: few states have one

        return start + binascii.b2a_base64(raw, newline=False).decode()


#: How pictures and the like begin; others in bytes are named only.
_FILES = (
    (rb"\x89PNG\r\n\x1a\n", "image/png"),
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"GIF8[79]a", "image/gif"),
    (rb"RIFF....WEBP", "image/webp"),
    (rb"RIFF....WAVE", "audio/wav"),
    (rb"%PDF-", "application/pdf"),
)
#: In base64 more than that does not fit into a log.
_MAX_FILE = MAX_LOG_BYTES // 4 * 3


def _read_exception(value: BaseException) -> dict[str, Any]:
    try:
        message = str(value)
    except BaseException as error:  # noqa: BLE001 - see dump
        let_pass(error)
        message = not_readable(error)
    notes = getattr(value, "__notes__", None)
    return {"type": type(value).__name__, "message": message, **({"notes": notes} if notes else {})}


def _read_decimal(value: Any) -> float | str | None:
    if not value.is_finite():
        return None
    number = float(value)
    return number if math.isfinite(number) and type(value)(repr(number)) == value else str(value)


def _read_set(value: Any) -> list[Any]:
    members = _members_of(value)
    return cast("list[Any]", read_or(members, sorted, members))


def _read_array(value: Any) -> Any:
    count = getattr(value, "size", None)  # numpy's; of other arrays and tensors it is a method, or not there
    count = count if isinstance(count, int) else value.numel() if hasattr(value, "numel") else len(value)
    return value.tolist() if count <= _MAX_ARRAY else f"[array of {count}]"


#: What stands in the place of what is behind the last key that could be read.
_REST = "[rest]"
#: What members lie in, whatever a class of its own says of them.
_STORES: tuple[Any, ...] = (list, tuple, set, frozenset, deque)
_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
_CONVERSIONS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (datetime, format_time),
    ((date, time), lambda value: value.isoformat()),
    (timedelta, timedelta.total_seconds),
    (type, describe),
    (Enum, lambda value: value.value),
    (BaseException, _read_exception),
    ((bytes, bytearray, memoryview), _read_bytes),
    ((set, frozenset), _read_set),
    (Mapping, read_mapping),
    (deque, _members_of),
    ((UserList, *_VIEWS), list),
    (UserString, str),
)

#: By what a type has, so that no framework need be imported: pydantic's secrets, rows, numpy, decimals, paths, UUIDs,
#: addresses of the network, pydantic's of the web.
_PROTOCOLS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("get_secret_value", repr),
    ("_asdict", lambda value: value._asdict()),
    ("tolist", _read_array),
    ("is_signed", _read_decimal),
    ("__fspath__", str),
    ("urn", str),
    ("exploded", str),
    ("unicode_string", str),
)

_UNKNOWN = object()
_FAST = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=plain_object)
