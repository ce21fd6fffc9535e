"""Takes out of a log what must not leave the client: on by default, and closed where it fails.

A private value is known by the name it stands under or beside (`fields`), or by its look in a text (`engine`, by the
table in `rules`). Every string of a log is looked at, names of fields included. Only what is private is replaced,
everything else comes back as it was. What cannot be looked at is replaced by a marker: nothing unmasked passes because
a rule failed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Callable
from urllib.parse import unquote

from caselog.model import CLIENT_ID_PATTERN, MAX_LOG_BYTES
from caselog.settings import Settings

from .bodies import remove_from_trace
from .engine import Engine, Find, merge, replace
from .fields import FieldMasker, Places
from .json_text import find_in_json, may_hold_json
from .kinds import EMAIL, HASHED, IBAN, MARKERS, NAME, PHONE, SECRET
from .known_names import KnownNames
from .rules import Rule
from .view import SHORTEST_TOKEN, View

#: Fields of ours whose form is checked instead: masking them would break what the log is.
_STRUCTURAL = {
    "log_id": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "client_id": re.compile(CLIENT_ID_PATTERN),
    "executed_at": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)"),
}
_MARKER = re.compile(r"\[(?:secret|card|iban|name|body|cut|not maskable)\b|\bphone:[0-9a-f]{16}")
#: Trace, part of it, item of that, field of the item.
_LEVELS_LOOKED_AT_ALONE = 4
#: What is shorter holds nothing private by its look.
_SHORTEST_TEXT, _SHORTEST_OF_OTHER_SCRIPTS = 6, 3
_WORD = re.compile(r"(?<=[a-z.,])\s(?=[A-Za-z])")
#: A key that is shorter is a word as often as not.
_SHORTEST_OWN_SECRET = 6
#: Texts of earlier logs in which nothing was found are known for their size, up to so many characters together.
_MAX_KNOWN = 1024 * 1024
_SIZE_OF_ANY = 64
_LEAVES = {"ibans": IBAN, "phones": PHONE, "names": NAME}
_NO_DIGIT = re.compile(r"\D")
#: An area, an exchange, four digits: the numbering plan of North America (ATIS-0300051).
_NORTH_AMERICAN = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}", re.ASCII)


class Masker:
    """Masks logs of one client: the same e-mail address or telephone number always becomes the same hash."""

    def __init__(
        self,
        hash_key: bytes,
        own_secrets: tuple[str, ...] = (),
        masks_also: frozenset[str] = frozenset(),
        masks_not: frozenset[str] = frozenset(),
        rest: Callable[[], None] = lambda: None,
    ) -> None:
        """``own_secrets`` are masked wherever they stand, whatever they look like.

        ``masks_also`` may hold ``bodies`` of conversations (see `bodies`), ``masks_not`` ``names``, ``ibans`` and
        ``phones``. ``rest`` is called now and then, so that masking need not keep other threads waiting.
        """
        self.rest = rest
        self._hash_key = hash_key
        self._own_secrets = tuple(secret for secret in own_secrets if len(secret) >= _SHORTEST_OWN_SECRET)
        left = frozenset(kind for word, kind in _LEAVES.items() if word in masks_not)
        self._masks_bodies, self._masks_names = "bodies" in masks_also, NAME not in left
        self._fields = FieldMasker(left, self.hash_phone, masks_bodies=self._masks_bodies)
        self._engine = Engine(self._mark, left, (self._own_rule(), self._json_rule()), rest)
        self._finds: dict[str, list[Find]] = {}
        self._known: dict[str, None] = {}
        self._known_size = 0

    @classmethod
    def from_settings(cls, settings: Settings, rest: Callable[[], None] = lambda: None) -> Masker:
        """A masker whose hashes are keyed by the settings' own key, or by one derived from the API key."""
        given = settings.hash_key or settings.api_key
        key = hmac.new(given.encode(), b"caselog e-mail hash v1", hashlib.sha256).digest()
        return cls(
            key, (settings.api_key, settings.hash_key or ""), settings.masks_also, settings.masks_not, rest
        )

    # ------------------------------------------------------------ what stands instead

    def hash_email(self, address: str) -> str:
        """A stand-in for an address: the same for the same address and client, of no use to anybody else."""
        return f"{EMAIL}:{self.hash(address.lower())}"

    def hash_phone(self, number: str) -> str:
        """A stand-in for a telephone number, however its digits are set apart; in North America with +1 or without."""
        digits = _NO_DIGIT.sub("", number.replace("(0)", ""))
        if _NORTH_AMERICAN.fullmatch(digits) and "+" not in number:
            digits = f"1{digits}"
        return f"{PHONE}:{self.hash(digits.removeprefix('00'))}"

    def hash(self, text: str) -> str:
        """Sixteen hexadecimal digits, a letter among them: no number looks like one."""
        digest = hmac.new(self._hash_key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        cuts = (digest[place : place + 16] for place in range(48))
        return next((cut for cut in cuts if not cut.isdigit()), digest[:15] + "a")

    def _mark(self, kind: str, plain: str) -> str:
        if kind not in HASHED:
            return MARKERS[kind]
        return self.hash_phone(plain) if kind == PHONE else self.hash_email(unquote(plain))

    # ------------------------------------------------------------ rules of this client

    def _own_rule(self) -> Rule:
        def find(view: View) -> Iterator[tuple[int, int, str]]:
            for secret in self._own_secrets:
                for found in re.finditer(re.escape(secret), view.text):
                    yield (*found.span(), SECRET)

        def may_hold(view: View) -> bool:
            return any(secret in view.text for secret in self._own_secrets)

        return Rule("own key", "the SDK's own keys", (SECRET,), may_hold, find, reaches_blobs=True)

    def _json_rule(self) -> Rule:
        def find(view: View) -> Iterator[tuple[int, int, str, str]]:
            return find_in_json(view, self._fields, opens_all=self._masks_bodies)

        return Rule("field", "fields of JSON in a text", (), may_hold_json, find, reaches_blobs=True)

    # ------------------------------------------------------------ a log, a text

    def mask(self, log: dict[str, Any]) -> dict[str, Any]:
        """The log with everything private replaced; a part that cannot be looked at becomes a marker."""
        self._fields.forget()
        places = Places()
        masked = {name: self._mask_fields_of(name, value, places) for name, value in log.items()}
        for name, value in masked.items():
            if value.__class__ is str:
                places.add(value, masked, name)
        places.names.update(masked)
        self._look_at((*places.of, *places.names))
        self._replace_in_places(places)
        if not self._finds.keys().isdisjoint(places.names):
            masked = self._rename(masked)
        masked = {
            name: self._finish(name, value, before)
            for (name, value), before in zip(masked.items(), log.values())
        }
        return remove_from_trace(masked) if self._masks_bodies else masked

    def mask_text(self, text: str) -> str:
        """A string with everything private in it replaced."""
        self._fields.forget()
        text = _shorten(text)
        self._look_at((text,))
        return self._replace_in(text)

    @property
    def finds(self) -> dict[str, list[Find]]:
        """What was found in the texts of the last log, where it stood, and by which rule."""
        return self._finds

    def _mask_fields_of(self, name: str, value: Any, places: Places) -> Any:
        structural = _STRUCTURAL.get(name)
        if structural and isinstance(value, str) and structural.fullmatch(value):
            return _Kept(value)
        return self._mask_safely(value, name, "", 0, places)

    def _finish(self, name: str, value: Any, before: Any) -> Any:
        masked = str(value) if isinstance(value, _Kept) else value
        if masked == before or not _is_identity(name, masked):
            return masked
        # Two ids must not become one: what stands for an identity is a hash of the whole.
        return f"masked-{self.hash(str(before))}"

    # ------------------------------------------------------------ fields

    def _mask_safely(self, value: Any, name: str, parent: str, level: int, places: Places) -> Any:
        """The value masked by its fields; where that fails, as little of it as possible becomes a marker."""
        try:
            return self._fields.mask(value, name, parent, places)
        except Exception as error:  # noqa: BLE001 - fails closed, whatever the mistake
            if level < _LEVELS_LOOKED_AT_ALONE and isinstance(value, (dict, list)):
                return self._mask_apart(value, name, parent, level, places)
            return _not_maskable(error)

    def _mask_apart(self, value: Any, name: str, parent: str, level: int, places: Places) -> Any:
        """The value with each of its parts masked safely."""
        try:
            replaced = self._fields.replace(value, name, parent)
        except Exception as error:  # noqa: BLE001 - as in _mask_safely
            return _not_maskable(error)
        if isinstance(replaced, list):
            inner = self._fields.name_items(name, parent)
            items = [self._mask_safely(item, inner, parent, level + 1, places) for item in replaced]
            places.add_all(items, enumerate(items))
            return items
        if isinstance(replaced, dict):
            fields = {
                str(field): self._mask_safely(item, str(field), name, level + 1, places)
                for field, item in replaced.items()
            }
            places.names.update(fields)
            places.add_all(fields, fields.items())
            return fields
        return replaced

    # ------------------------------------------------------------ texts

    def _look_at(self, texts: tuple[str, ...]) -> None:
        """Find what is private in each of these texts, the names of people known by then included."""
        unknown = [
            text for text in texts if text not in self._known and not _is_short(text, self._own_secrets)
        ]
        self._finds = dict(self._engine.find_all(unknown))
        self._remember(unknown)
        if self._masks_names:
            self._find_people(texts)

    def _remember(self, texts: list[str]) -> None:
        """Texts in which nothing was found need not be looked at again: prompts come with every log."""
        for text in texts:
            if text not in self._finds:
                if self._known_size > _MAX_KNOWN:
                    self._known, self._known_size = {}, 0
                self._known[text] = None
                self._known_size += len(text) + _SIZE_OF_ANY

    def _find_people(self, texts: tuple[str, ...]) -> None:
        """People whose names were found in this ticket, wherever else in it they stand."""
        people = set(self._fields.people)
        for text, finds in self._finds.items():
            people.update(text[find.start : find.end] for find in finds if find.kind == NAME)
        if not people:
            return
        # A character that no name has: none is found across two texts.
        joined = "\0".join(texts)
        starts = [0, *accumulate(len(text) + 1 for text in texts)]
        found: dict[int, list[Find]] = {}
        for start, end in KnownNames(people, joined, joined.lower()).find():
            place = bisect_right(starts, start) - 1
            span = start - starts[place], end - starts[place]
            found.setdefault(place, []).append(Find(*span, NAME, MARKERS[NAME], "known name"))
        for place, more in found.items():
            text = texts[place]
            self._finds[text] = merge([*self._finds.get(text, []), *more], text)

    def _replace_in(self, text: str) -> str:
        finds = self._finds.get(text)
        return replace(text, finds) if finds else text

    def _replace_in_places(self, places: Places) -> None:
        for text, finds in self._finds.items():
            masked = replace(text, finds)
            for container, key in places.of.get(text, ()):
                container[key] = masked

    def _rename(self, value: Any) -> Any:
        """The value with what is private in the names of its fields replaced; two names stay two."""
        if isinstance(value, list):
            return [self._rename(item) for item in value]
        if not isinstance(value, dict):
            return value
        masked: dict[str, Any] = {}
        for name, item in value.items():
            key = self._replace_in(name)
            masked[key if key not in masked else f"{key} ({len(masked)})"] = self._rename(item)
        return masked


class _Kept(str):
    """A text that is not looked at."""

    __slots__ = ()


def _is_short(text: str, own_secrets: tuple[str, ...]) -> bool:
    """Whether a text is too short, or too plain a word, to hold anything private by its look."""
    if not text.isascii():
        return len(text) < _SHORTEST_OF_OTHER_SCRIPTS
    if len(text) < _SHORTEST_TEXT:
        return True
    return len(text) < SHORTEST_TOKEN and text.isidentifier() and text not in own_secrets


def _shorten(text: str) -> str:
    """The beginning of an enormous text, cut between words: half a secret would no longer be known by its look."""
    if len(text) <= MAX_LOG_BYTES:
        return text
    boundary = _WORD.search(text, MAX_LOG_BYTES - 32 * 1024, MAX_LOG_BYTES)
    return f"{text[: boundary.end() if boundary else 0].rstrip()}… [cut: {len(text)} characters]"


def _is_identity(name: str, masked: Any) -> bool:
    """Whether what was masked tells logs or tickets apart, and no longer does."""
    return name == "log_id" or (name == "ticket_id" and bool(_MARKER.search(str(masked))))


def _not_maskable(error: Exception) -> str:
    return f"[not maskable: {type(error).__name__}]"
