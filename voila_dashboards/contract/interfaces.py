"""TypeScript of Python's types: `TypedDict` becomes an interface, `Literal` and `Words` a union."""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Mapping
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from voila_dashboards.words import Words

_PLAIN: Final[Mapping[Any, str]] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
    Any: "unknown",
    object: "unknown",
}


class Interfaces:
    """The interfaces and unions of all types that were asked for, each written once, those needed first."""

    def __init__(self) -> None:
        self._written: dict[str, str] = {}
        self._types: dict[str, Any] = {}

    def name(self, python: Any) -> str:
        """The TypeScript of ``python`` as it stands in an annotation; raises `TypeError` for what JSON cannot hold."""
        if python in _PLAIN:
            return _PLAIN[python]
        if is_typeddict(python):
            return self._interface(python)
        if isinstance(python, TypeVar):
            return python.__name__
        return self._generic(python, get_origin(python), get_args(python))

    def words(self, words: Words) -> str:
        """The name of a union of words, beside a list of them: `LOSS_REASONS` and `LossReason`."""
        self._remember(words.name, words, lambda: _union(words))
        return words.name

    def text(self) -> str:
        """Everything that was named, as a module says it."""
        return "\n\n".join(self._written.values())

    def _generic(self, python: Any, origin: Any, args: tuple[Any, ...]) -> str:
        if origin is Annotated:
            (words,) = [each for each in args if isinstance(each, Words)]
            return self.words(words)
        if origin is Literal:
            return " | ".join(json.dumps(each) for each in args)
        if origin in {Union, types.UnionType}:
            return " | ".join(self.name(each) for each in args)
        if origin is list:
            return f"{_in_brackets(self.name(args[0]))}[]"
        if origin is dict and args[0] is str:
            return f"Record<string, {self.name(args[1])}>"
        raise TypeError(f"{python} has no counterpart in TypeScript")

    def _interface(self, python: Any) -> str:
        name: str = python.__name__
        self._remember(name, python, lambda: self._fields(python))
        return name

    def _fields(self, python: Any) -> str:
        hints = get_type_hints(python, include_extras=True)
        fields = [
            f"  {name}{'' if name in python.__required_keys__ else '?'}: {self.name(hint)};"
            for name, hint in hints.items()
        ]
        about = _comment(inspect.getdoc(python) or "")
        return "\n".join([about, f"export interface {python.__name__} {{", *fields, "}"])

    def _remember(self, name: str, python: Any, write: Any) -> None:
        if self._types.setdefault(name, python) != python:
            raise TypeError(f"two types of the payloads are called {name}")
        if name not in self._written:
            written = write()  # names what it needs first
            self._written[name] = written


def constant(name: str) -> str:
    """A type's name as that of a list of its words.

    >>> constant("LossReason"), constant("Status")
    ('LOSS_REASONS', 'STATUSES')
    """
    words = "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in name).lstrip("_")
    return words + ("ES" if words.endswith("S") else "S")


def _union(words: Words) -> str:
    listed = "".join(f"\n  {json.dumps(word)}," for word in words.words)
    many = constant(words.name)
    return (
        f"export const {many} = [{listed}\n] as const;\nexport type {words.name} = (typeof {many})[number];"
    )


def _comment(text: str) -> str:
    return f"/** {' '.join(text.split())} */"


def _in_brackets(name: str) -> str:
    return f"({name})" if "|" in name else name
