"""The fields of any object, each read on its own: no property runs, nothing is loaded, what one costs costs only it.

Known by what their classes have, so that no framework need be imported: pydantic, dataclasses, attrs, slots, plain
objects.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any, Callable, Optional

from .guard import let_pass

_MAX_REPR_CHARS = 500
_ADDRESS = r" at 0x[0-9A-Fa-f]+"
#: Classes of the standard library that only hold what was put into them.
_HOLDERS = frozenset(("SimpleNamespace", "Namespace"))
_STANDARD: frozenset[str] = getattr(
    sys, "stdlib_module_names", frozenset(("asyncio", "logging", "threading", "_io", "re"))
)
_MISSING = object()


def read_fields(value: Any) -> dict[str, Any] | None:
    """The object's own fields by name; None for an object that has none, such as a function or a lock."""
    kind = type(value)
    if hasattr(kind, "model_dump") and hasattr(kind, "__pydantic_decorators__"):
        return _read_model(value)
    names = _declared(kind)
    if names is None:
        return None if is_opaque(value) else _read_own(value, list_attributes(value))
    # What was set on the object beside its fields is its own, too.
    return _read_own(value, dict.fromkeys((*names, *list_attributes(value))))


def is_data(value: Any) -> bool:
    """Whether its class declares its fields: then it is data, and not a client, a connection or a lock."""
    kind = type(value)
    return hasattr(kind, "__pydantic_decorators__") or _declared(kind) is not None


def is_opaque(value: Any) -> bool:
    """Whether it is a part of Python rather than of a workflow: a class, a logger, a lock, a module."""
    kind = type(value)
    is_pythons = kind.__module__.partition(".")[0] in _STANDARD or kind.__module__ == "builtins"
    return isinstance(value, type) or (is_pythons and kind.__name__ not in _HOLDERS)


def list_attributes(value: Any) -> list[str]:
    """Names of the attributes that were set on the object itself and are not private."""
    slots = (name for kind in type(value).__mro__ for name, found in vars(kind).items() if _is_slot(found))
    named = dict.fromkeys((*_own_dict(value), *slots))
    return [name for name in named if not str(name).startswith("_")]


def describe(value: Any) -> str:
    """One line about an object that has no fields: its name or its repr, never its address."""
    if isinstance(value, type):
        return value.__name__
    if getattr(type(value), "__repr__", None) is object.__repr__:
        return f"[{type(value).__name__}]"
    try:
        text = re.sub(_ADDRESS, "", repr(value))
    except BaseException as error:  # noqa: BLE001 - a foreign class
        let_pass(error)
        return f"[{type(value).__name__}: its repr raised {type(error).__name__}]"
    if len(text) > _MAX_REPR_CHARS:
        return f"{text[:_MAX_REPR_CHARS]}… [cut: {len(text)} characters]"
    return text


def read_or(otherwise: Any, read: Callable[..., Any], *args: Any) -> Any:
    """What the reading gives, or something else where an object of the workflow's raises in it."""
    try:
        return read(*args)
    except BaseException as error:  # noqa: BLE001 - a foreign class
        let_pass(error)
        return otherwise


def read_field(source: Any, name: str) -> Any:
    """A value of a mapping or of an object; None where it has none, or where it cannot be read."""
    try:
        if isinstance(source, Mapping):
            return source.get(name)
        value = getattr(source, name, None)
    except BaseException as error:  # noqa: BLE001 - a property of a foreign object may raise anything
        let_pass(error)
        return None
    return None if callable(value) else value


def not_readable(error: BaseException) -> str:
    """What stands where a value could not be read."""
    return f"[not readable: {type(error).__name__}]"


def _declared(kind: type) -> list[str] | None:
    for name in ("__dataclass_fields__", "__attrs_attrs__", "__struct_fields__", "__fields__"):
        fields = getattr(kind, name, None)
        if isinstance(fields, dict):
            return [name for name, field in fields.items() if _is_stored(field)]
        if isinstance(fields, tuple):
            return [field if isinstance(field, str) else field.name for field in fields]
    return None


def _is_stored(field: Any) -> bool:
    """Not so the variables of a class and of its making, which a dataclass lists beside its fields."""
    kind = getattr(field, "_field_type", None)
    return kind is None or repr(kind) == "_FIELD"


def _read_own(value: Any, names: Iterable[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in names:
        try:
            found = _read_attribute(value, name)
        except BaseException as error:  # noqa: BLE001 - a foreign class
            let_pass(error)
            found = not_readable(error)
        if found is not _MISSING:
            fields[name] = found
    return fields


def _read_attribute(value: Any, name: str) -> Any:
    """As `getattr`, but of what is stored only: nothing of the object's own code runs."""
    own = _own_dict(value)
    if name in own:
        return own[name]
    for kind in type(value).__mro__:
        found = vars(kind).get(name, _MISSING)
        if _is_slot(found):
            try:
                return found.__get__(value, kind)
            except AttributeError:  # declared and not set
                return _MISSING
        if found is not _MISSING:
            return _MISSING if hasattr(type(found), "__get__") else found
    return _MISSING


def _own_dict(value: Any) -> dict[str, Any]:
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return dict(own) if isinstance(own, dict) else {}


def _is_slot(found: Any) -> bool:
    return isinstance(found, MemberDescriptorType) and not isinstance(found, GetSetDescriptorType)


# ---------------------------------------------------------------- pydantic


def _read_model(value: Any) -> dict[str, Any]:
    """Field by field: what is stored, or what the field's own serializer makes of it."""
    kind = type(value)
    decorators = kind.__pydantic_decorators__
    own = _own_dict(value)
    if decorators.model_serializers:
        whole = _dump(value, None)
        if isinstance(whole, dict):
            return whole
    special = {name for each in decorators.field_serializers.values() for name in each.info.fields}
    fields: dict[str, Any] = {}
    for name, field in _model_fields(kind).items():
        if getattr(field, "exclude", None) is True:
            continue
        if special & {name, "*"} or _has_serializer(field):
            dumped = _dump(value, name)
            fields[name] = dumped.get(name) if isinstance(dumped, dict) else dumped
        elif name in own:
            fields[name] = own[name]
    extra = getattr(value, "__pydantic_extra__", None)
    return {**fields, **(extra if isinstance(extra, dict) else {})}


def _model_fields(kind: Any) -> dict[str, Any]:
    found: Optional[dict[str, Any]] = getattr(kind, "__pydantic_fields__", None) or getattr(
        kind, "model_fields", None
    )
    return found or {}


def _has_serializer(field: Any) -> bool:
    return any(type(each).__name__.endswith("Serializer") for each in getattr(field, "metadata", ()))


def _dump(value: Any, name: str | None) -> Any:
    try:
        return value.model_dump(include=None if name is None else {name}, warnings=False)
    except BaseException as error:  # noqa: BLE001 - a serializer is the workflow's
        let_pass(error)
        return not_readable(error)
