"""Takes out of a log what must not leave the client: on by default, and closed where it fails.

A secret is known by the name it stands under (`keys`) or by its look (`values`, `cards`). Every string of a log
is looked at, names of fields included, and JSON inside strings is opened. What cannot be looked at is replaced
by a marker: nothing unmasked passes because a rule failed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any, Callable

from caselog.model import CLIENT_ID_PATTERN
from caselog.settings import Settings

from . import keys
from .cards import is_card
from .emails import may_hold_email, replace_emails
from .numbers import replace_numbers
from .values import replace_secrets

SECRET_MARKER = "[secret]"  # noqa: S105 - stands where a secret stood
CARD_MARKER = "[card]"
IBAN_MARKER = "[iban]"
PHONE_MARKER = "[phone]"
NAME_MARKER = "[name]"
_MARKERS = {
    keys.SECRET: SECRET_MARKER,
    keys.SECRET_TEXT: SECRET_MARKER,
    keys.CARD: CARD_MARKER,
    keys.PHONE: PHONE_MARKER,
}

#: Fields of ours whose form is checked instead: masking them would break what the log is.
_STRUCTURAL = {
    "log_id": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "client_id": re.compile(CLIENT_ID_PATTERN),
    "executed_at": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)"),
}
_NAME_FIELDS = ("name", "key", "field", "header", "param", "parameter", "variable")
_VALUE_FIELDS = ("value", "val", "content", "data", "text", "default")
# Shorter than any token: a plain word of this length is nothing private by its look.
_SHORTEST_TOKEN = 15
_MAX_TEXT = 256 * 1024
#: Some 0.2 ms of masking.
_CHARS_BETWEEN_RESTS = 3000
_MAX_NESTED_JSON = 4
_MAX_EMBEDDED_JSON = 100
#: Trace, part of it, item of that, field of the item.
_LEVELS_LOOKED_AT_ALONE = 4
# An object, an array, or a string with an escape in it.
_JSON_OPENING = re.compile(r'\{\s*"|\[\s*[\[{"]|"(?=[^"\\]*\\)|\A\s*"')
_JSON_NAME = re.compile(r'"([^"]{1,80})"\s*:')
_DECODER = json.JSONDecoder()
_DIGIT = re.compile(r"\d")
_BOUNDARY = re.compile(r"[\s\S]*\s(?=\S*\Z)")


class Masker:
    """Masks logs of one client: the same e-mail address always becomes the same hash."""

    def __init__(
        self,
        hash_key: bytes,
        own_secrets: tuple[str, ...] = (),
        masks_also: frozenset[str] = frozenset(),
        rest: Callable[[], None] | None = None,
    ) -> None:
        """``own_secrets`` are masked wherever they stand, whatever they look like.

        ``rest`` is called now and then, so that masking need not keep other threads waiting.
        """
        self._hash_key = hash_key
        self._masks_names, self._masks_bodies = "names" in masks_also, "bodies" in masks_also
        self._own_secrets = tuple(secret for secret in own_secrets if len(secret) >= 6)
        self._rest = rest
        self._chars_since_rest = 0

    @classmethod
    def from_settings(cls, settings: Settings, rest: Callable[[], None] | None = None) -> Masker:
        """A masker whose hashes are keyed by the settings' own key, or by one derived from the API key."""
        given = settings.hash_key or settings.api_key
        key = hmac.new(given.encode(), b"caselog e-mail hash v1", hashlib.sha256).digest()
        return cls(key, (settings.api_key, settings.hash_key or ""), settings.masks_also, rest)

    def mask(self, log: dict[str, Any]) -> dict[str, Any]:
        """The log with everything private replaced; a part that cannot be looked at becomes a marker."""
        return {self.mask_text(name): self._mask_field(name, value) for name, value in log.items()}

    def mask_text(self, text: str, nested: int = 0) -> str:
        """A string with everything private in it replaced."""
        if len(text) < 6 or (
            len(text) < _SHORTEST_TOKEN and text.isidentifier() and text not in self._own_secrets
        ):
            return text
        if self._rest:
            self._rest_after(len(text))
        if len(text) > _MAX_TEXT:
            text = _shorten(text)
        if nested < _MAX_NESTED_JSON and self._may_hide_in_json(text):
            text = self._mask_json(text, nested)
        return self._mask_look(text)

    def _rest_after(self, chars: int) -> None:
        self._chars_since_rest += chars
        if self._rest and self._chars_since_rest > _CHARS_BETWEEN_RESTS:
            self._chars_since_rest = 0
            self._rest()

    def hash_email(self, address: str) -> str:
        """A stand-in for an address: the same for the same address and client, of no use to anybody else."""
        return f"email:{self._hash(address.lower())}"

    def _hash(self, text: str) -> str:
        return hmac.new(self._hash_key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]

    def _mask_field(self, name: str, value: Any) -> Any:
        structural = _STRUCTURAL.get(name)
        if structural and isinstance(value, str) and structural.fullmatch(value):
            return value
        masked = self._mask_safely(value, name, "", 0)
        # Two ids must not become one: what stands for an identity is a hash of the whole.
        return f"masked-{self._hash(str(value))}" if name == "log_id" and masked != value else masked

    def _mask_safely(self, value: Any, name: str, parent: str, level: int) -> Any:
        """The value masked; where that fails, as little of it as possible becomes a marker."""
        try:
            return self._mask_value(value, name, parent, 0)
        except Exception as error:  # noqa: BLE001 - fails closed, whatever the mistake
            if level < _LEVELS_LOOKED_AT_ALONE and isinstance(value, dict):
                return {
                    self.mask_text(key): self._mask_safely(item, key, name, level + 1)
                    for key, item in value.items()
                }
            if level < _LEVELS_LOOKED_AT_ALONE and isinstance(value, list):
                return [self._mask_safely(item, "", name, level + 1) for item in value]
            return f"[not maskable: {type(error).__name__}]"

    def _mask_value(self, value: Any, name: str, parent: str, nested: int) -> Any:
        verdict = keys.judge_key(name, parent) if name else None
        if verdict and not _is_about(value, verdict):
            return _MARKERS[verdict]
        if self._masks_also(value, name, parent):
            return _mark_removed(value, keys.is_persons_name(name, parent))
        if isinstance(value, str):
            return self.mask_text(value, nested)
        if isinstance(value, dict):
            return self._mask_dict(value, name, nested)
        if isinstance(value, list):
            return self._mask_list(value, name, parent, nested)
        return CARD_MARKER if _is_card_number(value) else value

    def _masks_also(self, value: Any, name: str, parent: str) -> bool:
        if self._masks_bodies and name == "final_response" and value is not None:
            return True
        return self._masks_names and isinstance(value, (str, list)) and keys.is_persons_name(name, parent)

    def _mask_dict(self, fields: dict[str, Any], parent: str, nested: int) -> dict[str, Any]:
        fields = _mask_named_value(fields)
        if self._masks_bodies and "role" in fields and isinstance(fields.get("content"), (str, list, dict)):
            fields = {**fields, "content": _mark_removed(fields["content"], is_name=False)}
        masked: dict[str, Any] = {}
        for name, value in fields.items():
            key = self.mask_text(name, _MAX_NESTED_JSON)
            masked[key if key not in masked else f"{key} ({len(masked)})"] = self._mask_value(
                value, name, parent, nested
            )
        return masked

    def _mask_list(self, items: list[Any], name: str, parent: str, nested: int) -> list[Any]:
        if len(items) == 2 and isinstance(items[0], str) and isinstance(items[1], str):
            verdict = keys.judge_key(items[0])
            if verdict:
                return [items[0], _MARKERS[verdict]]
        return [self._mask_value(item, name, parent, nested) for item in items]

    def _may_hide_in_json(self, text: str) -> bool:
        """Whether JSON in a text must be opened: for names that tell of a secret, or escapes that hide its look."""
        if '"' not in text:
            return False
        if "\\" in text or self._masks_names or self._masks_bodies:
            return True
        names = set(_JSON_NAME.findall(text))
        return not names.isdisjoint(keys.TELLING_TOGETHER) or any(map(keys.judge_key, names))

    def _mask_json(self, text: str, nested: int) -> str:
        """The text with the JSON in it masked as the data it is; untouched where nothing in it is private."""
        done: list[str] = []
        at = 0
        for _ in range(_MAX_EMBEDDED_JSON):
            opening = _JSON_OPENING.search(text, at)
            if not opening:
                break
            end, masked = self._mask_json_at(text, opening.start(), nested)
            done += [text[at : opening.start()], masked]
            at = end
        return "".join([*done, text[at:]]) if done else text

    def _mask_json_at(self, text: str, start: int, nested: int) -> tuple[int, str]:
        """Where the JSON that starts here ends, and what to write in its place."""
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            return start + 1, text[start]
        try:
            masked = self._mask_value(value, "", "", nested + 1)
        except RecursionError:
            return end, "[not maskable: nested too deep]"
        return end, text[start:end] if masked == value else json.dumps(masked, ensure_ascii=False)

    def _mask_look(self, text: str) -> str:
        for secret in self._own_secrets:
            text = text.replace(secret, SECRET_MARKER)
        text = replace_secrets(text, SECRET_MARKER, CARD_MARKER)
        if may_hold_email(text):
            text = replace_emails(text, self.hash_email)
        return replace_numbers(text, CARD_MARKER, IBAN_MARKER, PHONE_MARKER)


def _mark_removed(value: Any, is_name: bool) -> str:  # noqa: FBT001
    return (
        NAME_MARKER
        if is_name
        else f"[body: {len(value if isinstance(value, str) else str(value))} characters]"
    )


def _is_about(value: Any, verdict: str) -> bool:
    """Whether a value cannot be the secret its name speaks of."""
    if value is None or isinstance(value, bool) or value in ("", [], {}):
        return True
    if verdict == keys.PHONE:
        return isinstance(value, (dict, list)) or len(_DIGIT.findall(str(value))) < 6
    if verdict == keys.CARD:
        return not _DIGIT.search(str(value))
    return verdict == keys.SECRET_TEXT and not _holds_text(value)


def _holds_text(value: Any) -> bool:
    if isinstance(value, str):
        return not value.replace(".", "").isdigit()
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_holds_text, inner))


def _is_card_number(value: Any) -> bool:
    return (
        isinstance(value, (int, float))
        and 1e12 <= value < 1e19
        and value == int(value)
        and is_card(str(int(value)))
    )


def _mask_named_value(fields: dict[str, Any]) -> dict[str, Any]:
    """``{"name": "api_key", "value": "..."}`` with the value masked: headers and variables come so."""
    for name_field in _NAME_FIELDS:
        name = fields.get(name_field)
        verdict = keys.judge_key(name) if isinstance(name, str) else None
        if verdict:
            return {
                key: _MARKERS[verdict]
                if key.lower() in _VALUE_FIELDS and not _is_about(value, verdict)
                else value
                for key, value in fields.items()
            }
    return fields


def _shorten(text: str) -> str:
    """The beginning of an enormous text, cut between words: half a secret would no longer be known by its look."""
    whole = _BOUNDARY.match(text[:_MAX_TEXT], max(0, _MAX_TEXT - 4096))
    kept = (whole[0] if whole else text[: _MAX_TEXT - 4096]).rstrip(" -0123456789")
    return f"{kept}… [cut: {len(text)} characters]"
