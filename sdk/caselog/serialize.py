"""A snapshot of any object as JSON text: what a log was at the moment it was shipped.

`dump` is the only thing the workflow waits for, so it tries the C encoder first and walks in Python only
where that cannot do it: cycles, NaN, keys that are no strings, a dict that another thread is changing.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any, Callable

from .times import format_time

#: Deeper levels become a marker; deeper nesting is a cycle in disguise more often than data.
MAX_DEPTH = 60
_MAX_REPR_CHARS = 500
_MAX_ARRAY = 10_000
_SCALARS = (str, int, float, bool, type(None))


def dump(value: Any) -> str:
    """JSON text (ASCII) of any object; never raises for what the object is made of."""
    try:
        return _FAST.encode(value)
    except Exception:  # noqa: BLE001 - foreign objects raise anything at all; the walk below deals with each
        return json.dumps(plain(value), allow_nan=False, separators=(",", ":"))


def plain(value: Any, depth: int = 0, above: tuple[int, ...] = ()) -> Any:
    """The same value made of dicts with string keys, lists, strings, finite numbers, booleans and None.

    NaN and infinities become None, a cycle, a level too deep or an object that cannot be read a marker.
    """
    if isinstance(value, _SCALARS):
        return _plain_scalar(value)
    if id(value) in above:
        return "[cycle]"
    if depth >= MAX_DEPTH:
        return f"[cut: nested deeper than {MAX_DEPTH} levels]"
    try:
        return _plain_container(value, depth + 1, (*above, id(value)))
    except Exception as error:  # noqa: BLE001 - see dump
        return f"[not serialisable: {type(error).__name__}]"


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


def _plain_container(value: Any, depth: int, above: tuple[int, ...]) -> Any:
    if isinstance(value, dict):
        # list() first: it is one step for the interpreter, so another thread cannot change the dict meanwhile.
        return {_plain_key(key): plain(item, depth, above) for key, item in list(value.items())}
    if isinstance(value, (list, tuple)):
        return [plain(item, depth, above) for item in list(value)]
    return plain(plain_object(value), depth, above)


def _plain_key(key: Any) -> str:
    return str.__str__(key) if isinstance(key, str) else dump(key).strip('"')


def plain_object(value: Any) -> Any:
    """One step towards plain data for an object the JSON encoder does not know; its parts may need more steps."""
    for kind, convert in _CONVERSIONS:
        if isinstance(value, kind):
            return convert(value)
    for name, read in _PROTOCOLS:
        if hasattr(type(value), name):
            return read(value)
    return _short_repr(value)


def read_message(value: Any) -> dict[str, Any] | None:
    """``role``, ``content`` and the like of a LangChain-style message object; None for anything else."""
    kind, content = getattr(value, "type", None), getattr(value, "content", None)
    if not isinstance(kind, str) or content is None:
        return None
    role = _ROLES.get(kind) or getattr(value, "role", kind)
    names = ("name", "tool_calls", "tool_call_id", "status", "usage_metadata")
    parts = {name: getattr(value, name, None) for name in names}
    return {"role": role, "content": content, **{name: part for name, part in parts.items() if part}}


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
        return f"[bytes: {len(raw)}]"


def _read_exception(value: BaseException) -> dict[str, str]:
    return {"type": type(value).__name__, "message": str(value)}


def _read_decimal(value: Any) -> float | None:
    return float(value) if value.is_finite() else None


def _read_set(value: Any) -> list[Any]:
    members = list(value)
    try:
        return sorted(members)
    except TypeError:
        return members


def _read_model(value: Any) -> Any:
    message = read_message(value)
    return message if message is not None else value.model_dump()


def _read_dataclass(value: Any) -> Any:
    message = read_message(value)
    if message is not None or isinstance(value, type):
        return message or _short_repr(value)
    return {name: getattr(value, name, None) for name in value.__dataclass_fields__}


def _read_array(value: Any) -> Any:
    count = getattr(value, "size", None)  # numpy's; of other arrays and tensors it is a method, or not there
    count = count if isinstance(count, int) else value.numel() if hasattr(value, "numel") else len(value)
    return value.tolist() if count <= _MAX_ARRAY else f"[array of {count}]"


def _read_v1_model(value: Any) -> Any:
    return value.dict()


def _short_repr(value: Any) -> str:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - see dump
        return f"[{type(value).__name__}: its repr raised {type(error).__name__}]"
    return (
        text if len(text) <= _MAX_REPR_CHARS else f"{text[:_MAX_REPR_CHARS]}… [cut: {len(text)} characters]"
    )


_CONVERSIONS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (datetime, format_time),
    ((date, time), lambda value: value.isoformat()),
    (timedelta, timedelta.total_seconds),
    (Enum, lambda value: value.value),
    (BaseException, _read_exception),
    ((bytes, bytearray, memoryview), _read_bytes),
    ((set, frozenset), _read_set),
    (Mapping, dict),
    (deque, list),
)

#: By what a type has, so that no framework need be imported: pydantic, dataclasses, attrs, numpy, decimals, UUIDs.
_PROTOCOLS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("model_dump", _read_model),
    ("__dataclass_fields__", _read_dataclass),
    (
        "__attrs_attrs__",
        lambda value: {field.name: getattr(value, field.name, None) for field in value.__attrs_attrs__},
    ),
    ("__fields__", _read_v1_model),
    ("tolist", _read_array),
    ("is_signed", _read_decimal),
    ("__fspath__", str),
    ("urn", str),
)

_FAST = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=plain_object)
