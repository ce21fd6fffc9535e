"""What the structure of data says of its values: names of fields, neighbours in objects and lists, conversations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Callable

from . import bodies, field_names
from .cards import is_card
from .kinds import CARD, MARKERS, NAME, PHONE, SECRET, SECRET_TEXT
from .neighbours import mask_listed, mask_named, read_together
from .people import (
    can_be_name,
    find_parts_of_name,
    is_name,
    is_typed_person,
    may_hold_name,
    names_itself,
    names_person_together,
)
from .possible_values import can_be, find_numbers
from .rows import mask_beside_columns, mask_rows

_NO_DIGIT = re.compile(r"\D")


class Masked(str):
    """What stands in the place of a private value of a kind."""

    __slots__ = ("kind",)
    kind: str

    @classmethod
    def of(cls, text: str, kind: str) -> Masked:
        masked = cls(text)
        masked.kind = kind
        return masked


class PartlyMasked(Masked):
    """The same, where not all of the value was private: the rest of it is still to be looked at."""

    __slots__ = ()


class Places:
    """Where each text of some data stands, and the names of fields."""

    def __init__(self) -> None:
        self.of: dict[str, list[tuple[Any, Any]]] = {}
        self.names: set[str] = set()

    def add(self, text: str, container: Any, key: Any) -> None:
        """A text as the item of an object or a list."""
        places = self.of.get(text)
        if places is None:
            self.of[text] = [(container, key)]
        else:
            places.append((container, key))

    def add_all(self, container: Any, items: Iterable[tuple[Any, Any]]) -> None:
        """The texts among the items of an object or a list, each given with its key."""
        for key, item in items:
            if item.__class__ is str or item.__class__ is PartlyMasked:
                self.add(item, container, key)


class FieldMasker:
    """Replaces in plain data what its names and fields say is private; what its texts say is asked of ``mask_text``."""

    def __init__(self, left: frozenset[str], hash_phone: Callable[[str], str], *, masks_bodies: bool) -> None:
        """``left``: kinds that are not masked."""
        self._left = left
        self._hash_phone = hash_phone
        self._masks_bodies = masks_bodies
        self._masks_names = NAME not in left
        #: Names of people that were found since the last `forget`.
        self.people: set[str] = set()

    def forget(self) -> None:
        """Begin a new log."""
        self.people = set()

    def replace(self, value: Any, name: str, parent: str) -> Any:
        """The value with what its name and its fields say replaced, one level deep."""
        if name and (self._masks_bodies or _tells(name, parent)):
            kind = field_names.judge_key(name, parent)
            if kind and kind not in self._left and can_be(value, kind, name, parent):
                return self._replace_private(value, kind)
            if self._masks_bodies:
                value = bodies.remove_body(value, name, parent)
            if self._masks_names and is_name(value, name, parent):
                return self._replace_private(value, NAME)
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return self._replace_fields(value)
        if isinstance(value, (list, tuple)):
            return self._replace_items(value)
        return _replace_number(value)

    def name_items(self, name: str, parent: str) -> str:
        """The name under which the items of a list stand: the list's own, unless all was done by that already."""
        return "" if self._masks_bodies and bodies.is_conversation(name, parent) else name

    def mask(self, value: Any, name: str = "", parent: str = "", texts: Places | None = None) -> Any:
        """All of the data masked by its structure: a new one, in which texts and names of fields are as they are.

        Into ``texts`` goes where each text stands in it.
        """
        if value.__class__ is not str or (name and (self._masks_bodies or _tells(name, parent))):
            value = self.replace(value, name, parent)
        if isinstance(value, dict):
            return self._mask_fields(value, name, texts)
        if isinstance(value, list):
            return self._mask_items(value, name, parent, texts)
        return value

    def _mask_fields(self, fields: dict[str, Any], name: str, texts: Places | None) -> dict[str, Any]:
        pieces = read_together(tuple(fields)).texts
        masked: dict[str, Any] = {}
        for field, value in fields.items():
            masked[field] = self.mask(value, field if field not in pieces else "", name, texts)
        if texts is not None:
            texts.names.update(masked)
            texts.add_all(masked, masked.items())
        return masked

    def _mask_items(self, items: list[Any], name: str, parent: str, texts: Places | None) -> list[Any]:
        inner = self.name_items(name, parent)
        masked = [self.mask(item, inner, parent, texts) for item in items]
        if texts is not None:
            texts.add_all(masked, enumerate(masked))
        return masked

    def _replace_private(self, value: Any, kind: str) -> Any:
        if kind in self._left:
            return value
        if kind == NAME:
            return self._replace_names(value)
        if kind == PHONE:
            return self._replace_phones(value)
        return Masked.of(
            MARKERS[SECRET if kind == SECRET_TEXT else kind], SECRET if kind == SECRET_TEXT else kind
        )

    def _replace_names(self, value: Any) -> Any:
        """Each text in the value as a mark: first and last names may stand in an object or a list."""
        if isinstance(value, dict):
            return {field: self._replace_names(item) for field, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._replace_names(item) for item in value]
        if not isinstance(value, str) or not can_be_name(value, "") or value == MARKERS[NAME]:
            return value
        self.people.add(value)
        return Masked.of(MARKERS[NAME], NAME)

    def _replace_phones(self, value: Any) -> str:
        """The numbers in the value as hashes; where they cannot be told from the rest, all of it as one."""
        text = f"{value:.0f}" if isinstance(value, float) else str(value)
        if is_card(_NO_DIGIT.sub("", text)):
            return Masked.of(MARKERS[CARD], CARD)
        done, at = [], 0
        rest = text
        for start, end in find_numbers(text):
            done += [text[at:start], self._hash_phone(text[start:end])]
            rest = rest.replace(text[start:end], "")
            at = end
        if not done:
            return Masked.of(self._hash_phone(text), PHONE)
        kind = PartlyMasked if any(map(str.isalnum, rest)) else Masked
        return kind.of("".join([*done, text[at:]]), PHONE)

    def _note_full_name(self, fields: dict[str, Any]) -> None:
        """First and last name of one object are one person's: user ids are made of both."""
        parts = [fields[field] for field in find_parts_of_name(tuple(fields))]
        if all(isinstance(part, str) and part and can_be_name(part, "") for part in parts):
            self.people.add(" ".join(parts))

    def _replace_fields(self, fields: dict[str, Any]) -> dict[str, Any]:
        together = read_together(tuple(fields))
        if self._masks_names and find_parts_of_name(tuple(fields)):
            self._note_full_name(fields)
        if together.named:
            fields = mask_named(fields, together.named, self._replace_private)
        if self._masks_names and (names_person_together(tuple(fields)) or is_typed_person(fields)):
            fields = {
                field: self._replace_private(value, NAME)
                if names_itself(field) and can_be(value, NAME, field)
                else value
                for field, value in fields.items()
            }
        fields = mask_beside_columns(fields, self._replace_private)
        return bodies.remove_bodies(fields) if self._masks_bodies else fields

    def _replace_items(self, items: Any) -> list[Any]:
        listed: list[Any] = list(items) if isinstance(items, tuple) else items
        if listed and isinstance(listed[0], (str, list, tuple)):
            listed = mask_listed(listed, self._replace_private)
            if not isinstance(listed[0], str):
                listed = mask_rows(listed, self._replace_private)
        return bodies.remove_from_pair(listed) if self._masks_bodies else listed


@lru_cache(maxsize=8192)
def _tells(name: str, parent: str) -> bool:
    """Whether the name of a field tells anything of its value: most do not."""
    return bool(field_names.judge_key(name, parent)) or may_hold_name(name, parent)


def _replace_number(value: Any) -> Any:
    """A number, a flag or nothing; a marker for what no JSON holds, and for a card's number."""
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, (int, float)):
        return f"[not maskable: {type(value).__name__}]"
    if 1e12 <= value < 1e19 and value == int(value) and is_card(str(int(value))):
        return Masked.of(MARKERS[CARD], CARD)
    return value
