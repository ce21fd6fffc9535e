"""Takes out of a log what must not leave the client: on by default, and closed where it fails.

A secret is known by the name it stands under (`keys`) or beside (`together`), if it can be one at all (`plausible`),
or by its look (`text`). Every string of a log is looked at, names of fields included, and JSON inside strings is
opened. What cannot be looked at is replaced by a marker: nothing unmasked passes because a rule failed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any, Callable

from caselog.model import CLIENT_ID_PATTERN
from caselog.settings import Settings

from . import bodies, keys
from .cards import is_card
from .people import is_name, names_person_together
from .plausible import can_be
from .text import TextMasker
from .together import judge_name, judge_name_of_person, mask_listed, mask_named, read_together
from .verdicts import CARD, IBAN, MARKERS, NAME, PHONE

#: Fields of ours whose form is checked instead: masking them would break what the log is.
_STRUCTURAL = {
    "log_id": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "client_id": re.compile(CLIENT_ID_PATTERN),
    "executed_at": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)"),
}
_MARKER = re.compile(r"\[(?:secret|card|iban|phone|name|body|cut|not maskable)\b")
#: Trace, part of it, item of that, field of the item.
_LEVELS_LOOKED_AT_ALONE = 4


class Masker:
    """Masks logs of one client: the same e-mail address always becomes the same hash."""

    def __init__(
        self,
        hash_key: bytes,
        own_secrets: tuple[str, ...] = (),
        masks_also: frozenset[str] = frozenset(),
        masks_not: frozenset[str] = frozenset(),
        rest: Callable[[], None] = lambda: None,
    ) -> None:
        """``own_secrets`` are masked wherever they stand, whatever they look like.

        ``masks_also`` may hold ``names`` of people (see `people`) and ``bodies`` of conversations (see `bodies`),
        ``masks_not`` ``ibans`` and ``phones``. ``rest`` is called now and then, so that masking need not keep other
        threads waiting.
        """
        self.rest = rest
        self._masks_names, self._masks_bodies = "names" in masks_also, "bodies" in masks_also
        left = {verdict for word, verdict in (("ibans", IBAN), ("phones", PHONE)) if word in masks_not}
        self._markers = {verdict: marker for verdict, marker in MARKERS.items() if verdict not in left}
        self._judge_any = judge_name_of_person if self._masks_names else judge_name
        self._text = TextMasker(
            hash_key, own_secrets, self._mask_data, self._judge, self._markers, masks_also, rest
        )

    @classmethod
    def from_settings(cls, settings: Settings, rest: Callable[[], None] = lambda: None) -> Masker:
        """A masker whose hashes are keyed by the settings' own key, or by one derived from the API key."""
        given = settings.hash_key or settings.api_key
        key = hmac.new(given.encode(), b"caselog e-mail hash v1", hashlib.sha256).digest()
        return cls(
            key, (settings.api_key, settings.hash_key or ""), settings.masks_also, settings.masks_not, rest
        )

    def mask(self, log: dict[str, Any]) -> dict[str, Any]:
        """The log with everything private replaced; a part that cannot be looked at becomes a marker."""
        self._text.forget()
        return {self.mask_text(name): self._mask_field(name, value) for name, value in log.items()}

    def mask_text(self, text: str, nested: int = 0) -> str:
        """A string with everything private in it replaced."""
        return self._text.mask_text(text, nested)

    def hash_email(self, address: str) -> str:
        """A stand-in for an address: the same for the same address and client, of no use to anybody else."""
        return self._text.hash_email(address)

    def _mask_data(self, value: Any, nested: int) -> Any:
        return self._mask_value(value, "", "", nested)

    def _judge(self, name: str) -> str | None:
        verdict = self._judge_any(name)
        return verdict if verdict in self._markers else None

    def _mask_field(self, name: str, value: Any) -> Any:
        structural = _STRUCTURAL.get(name)
        if structural and isinstance(value, str) and structural.fullmatch(value):
            return value
        masked = self._mask_safely(value, name, "", 0)
        if masked == value or not _is_identity(name, masked):
            return masked
        # Two ids must not become one: what stands for an identity is a hash of the whole.
        return f"masked-{self._text.hash(str(value))}"

    def _mask_safely(self, value: Any, name: str, parent: str, level: int) -> Any:
        """The value masked; where that fails, as little of it as possible becomes a marker."""
        try:
            return self._mask_value(value, name, parent, 0)
        except Exception as error:  # noqa: BLE001 - fails closed, whatever the mistake
            if level < _LEVELS_LOOKED_AT_ALONE and isinstance(value, (dict, list)):
                return self._mask_apart(value, name, parent, level)
            return _not_maskable(error)

    def _mask_apart(self, value: Any, name: str, parent: str, level: int) -> Any:
        """The value with each of its parts masked safely."""
        try:
            replaced = self._replace(value, name, parent)
        except Exception as error:  # noqa: BLE001 - as in _mask_safely
            return _not_maskable(error)
        if isinstance(replaced, list):
            inner = self._name_items(name, parent)
            return [self._mask_safely(item, inner, parent, level + 1) for item in replaced]
        if isinstance(replaced, dict):
            masked: dict[str, Any] = {}
            for field, item in replaced.items():
                key = self._mask_safely(str(field), "", "", _LEVELS_LOOKED_AT_ALONE)
                masked[_free_key(key, masked)] = self._mask_safely(item, field, name, level + 1)
            return masked
        return replaced

    def _mask_value(self, value: Any, name: str, parent: str, nested: int) -> Any:
        replaced = self._replace(value, name, parent)
        if isinstance(replaced, str):
            return self._text.mask_text(replaced, nested) if replaced is value else replaced
        if isinstance(replaced, dict):
            return self._mask_dict(replaced, name, nested)
        if isinstance(replaced, list):
            inner = self._name_items(name, parent)
            return [self._mask_value(item, inner, parent, nested) for item in replaced]
        return replaced

    def _name_items(self, name: str, parent: str) -> str:
        """The name under which the items of a list stand: the list's own, unless all was done by that already."""
        return "" if self._masks_bodies and bodies.is_conversation(name, parent) else name

    def _replace(self, value: Any, name: str, parent: str) -> Any:
        """The value with what its name and its fields say replaced; what its texts say is not looked at yet."""
        if name:
            verdict = keys.judge_key(name, parent)
            if verdict in self._markers and can_be(value, verdict, name, parent):
                return self._markers[verdict]
            if self._masks_bodies:
                value = bodies.remove_body(value, name, parent)
            if self._masks_names and is_name(value, name, parent):
                return MARKERS[NAME]
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return self._replace_fields(value)
        if isinstance(value, (list, tuple)):
            return self._replace_items(value)
        return _replace_number(value)

    def _replace_fields(self, fields: dict[str, Any]) -> dict[str, Any]:
        together = read_together(tuple(fields))
        if together.named:
            fields = mask_named(fields, together.named, self._judge)
        if self._masks_names and names_person_together(tuple(fields)):
            fields = {
                field: MARKERS[NAME] if field.lower() == "name" and can_be(value, NAME, field) else value
                for field, value in fields.items()
            }
        return bodies.remove_bodies(fields) if self._masks_bodies else fields

    def _replace_items(self, items: Any) -> list[Any]:
        listed: list[Any] = list(items) if isinstance(items, tuple) else items
        if listed and isinstance(listed[0], (str, list, tuple)):
            listed = mask_listed(listed, self._judge)
        return bodies.remove_from_pair(listed) if self._masks_bodies else listed

    def _mask_dict(self, fields: dict[str, Any], parent: str, nested: int) -> dict[str, Any]:
        texts = read_together(tuple(fields)).texts
        masked: dict[str, Any] = {}
        for name, value in fields.items():
            key = self._text.mask_name(name)
            if key in masked:
                key = _free_key(key, masked)
            masked[key] = self._mask_value(value, "" if name in texts else name, parent, nested)
        return masked


def _is_identity(name: str, masked: Any) -> bool:
    """Whether what was masked tells logs or tickets apart, and no longer does."""
    return name == "log_id" or (name == "ticket_id" and bool(_MARKER.search(str(masked))))


def _free_key(key: str, taken: dict[str, Any]) -> str:
    return key if key not in taken else f"{key} ({len(taken)})"


def _not_maskable(error: Exception) -> str:
    return f"[not maskable: {type(error).__name__}]"


def _replace_number(value: Any) -> Any:
    """A number, a flag or nothing; a marker for what no JSON holds, and for a card's number."""
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, (int, float)):
        return f"[not maskable: {type(value).__name__}]"
    return (
        MARKERS[CARD] if 1e12 <= value < 1e19 and value == int(value) and is_card(str(int(value))) else value
    )
