"""What entries of ``errors`` say under other names than those of the model. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from lake.said_errors import entry_says, is_exception_name

#: Of more errors than a trace's rows may be, none is looked at twice.
_MOST_ENTRIES: Final = 20_000
_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


class Entry(Protocol):
    """An entry, as far as it matters here."""

    type: str | None
    message: str | None
    name: str | None


class _Listed(msgspec.Struct):
    errors: list[msgspec.Raw] | None = None


_as_listed = msgspec.json.Decoder(_Listed).decode
_as_any = msgspec.json.Decoder().decode


def complete_entries(errors: Sequence[Entry], trace: bytes | memoryview | str) -> None:
    """Has those ``errors`` of ``trace`` that lack a type or a message say what they say otherwise."""
    if len(errors) > _MOST_ENTRIES or all(error.type and error.message for error in errors):
        return
    try:
        listed = _as_listed(trace).errors or []
    except _UNREADABLE:
        return
    for error, entry in zip(errors, listed, strict=False):
        if not (error.type and error.message):
            _complete(error, entry)


def _complete(error: Entry, entry: msgspec.Raw) -> None:
    try:
        told = _as_any(entry)
    except _UNREADABLE:
        return
    if isinstance(told, dict):
        error.type, error.message = entry_says(told)
        if is_exception_name(told):
            error.name = None
