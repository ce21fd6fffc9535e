"""Takes out of a text what must not leave the client; JSON inside the text is opened and masked as the data it is."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from typing import Any, Callable

from . import keys
from .emails import may_hold_email, replace_emails
from .numbers import replace_numbers
from .pairs import Judge
from .tokens import SHORTEST_TOKEN
from .values import replace_private_keys, replace_secrets
from .verdicts import SECRET
from .views import decode

#: No log is longer; what is, is cut before it is looked at.
_MAX_TEXT = 4 * 1024 * 1024
#: Longer texts are looked at in pieces, so that nothing else has to wait for long.
_PIECE = 32 * 1024
#: Some 0.2 ms of masking.
_CHARS_BETWEEN_RESTS = 3000
#: JSON in strings in JSON is opened so many times; what lies deeper is not sent.
MAX_NESTED_JSON = 8
#: Places that look like JSON and are none, before the rest of a text is taken for prose.
_MAX_FAILURES = 200
_WORTH_REMEMBERING = 100
#: Writings in writings, such as a percent-encoded URL in a percent-encoded URL.
_MAX_VIEWS = 3
# An object, an array, or a string with an escape in it.
_JSON_OPENING = re.compile(r'\{\s*"|\[\s*[\[{"]|"(?=[^"\\]*\\)|\A\s*"')
_JSON_NAME = re.compile(r'"([^"]{1,80})"\s*[:,]')
_DECODER = json.JSONDecoder()
# Where a text may be taken apart: not within a number, nor between a name and its value.
_PARAGRAPH = re.compile(r"(?<=[^\s:=|>-])\n(?=[A-Za-z])")
_WORD = re.compile(r"(?<=[a-z.,])\s(?=[A-Za-z])")
_NAME_STEMS = ("name", "holder", "passenger")


class TextMasker:
    """Masks texts of one client."""

    def __init__(
        self,
        hash_key: bytes,
        own_secrets: tuple[str, ...],
        mask_data: Callable[[Any, int], Any],
        judge: Judge,
        markers: dict[str, str],
        masks_also: frozenset[str],
        rest: Callable[[], None],
    ) -> None:
        """``mask_data`` masks what was found as JSON, given how deep in strings it lay; see `Masker` for the others."""
        self._hash_key = hash_key
        self._own_secrets = tuple(secret for secret in own_secrets if len(secret) >= 6)
        self._mask_data = mask_data
        self._opens_all_json = bool(masks_also)
        self._judge = judge
        self._stems = (*keys.STEMS, *(_NAME_STEMS if "names" in masks_also else ()))
        self._markers = markers
        self._rest = rest
        self._chars_since_rest = 0
        self._done: dict[tuple[str, int], str] = {}

    def mask_text(self, text: str, nested: int = 0) -> str:
        """A string with everything private in it replaced."""
        if len(text) < 6 or (
            len(text) < SHORTEST_TOKEN and text.isidentifier() and text not in self._own_secrets
        ):
            return text
        if len(text) < _WORTH_REMEMBERING:
            return self._mask_anew(text, nested)
        key = (text, nested)
        if key not in self._done:
            self._done[key] = self._mask_anew(text, nested)
        return self._done[key]

    def forget(self) -> None:
        """Begin a new log: what was masked is remembered for one log, in which the same text often comes again."""
        self._done = {}

    def _mask_anew(self, text: str, nested: int) -> str:
        if len(text) > _MAX_TEXT:
            text = _shorten(text)
        if self._may_hide_in_json(text):
            if nested >= MAX_NESTED_JSON:
                return "[not maskable: nested too deep]"
            text = self._mask_json(text, nested)
        return self._mask_views(text)

    def mask_name(self, name: str) -> str:
        """The name of a field with everything private in it replaced."""
        return name if name.isidentifier() and len(name) < SHORTEST_TOKEN else self.mask_text(name)

    def _mask_views(self, text: str) -> str:
        """The text masked; where something private shows in its plainer writing, that writing.

        The plainer one first: what was taken out of the other might have been what gives the rest away.
        """
        view = text
        for _ in range(_MAX_VIEWS):
            view, before = decode(view), view
            if view == before:
                break
        if view != text:
            masked = self._mask_json(view, 0) if self._may_hide_in_json(view) else view
            masked = self._mask_look(masked)
            if masked != view:
                return masked
        return self._mask_look(text)

    def _rest_after(self, chars: int) -> None:
        self._chars_since_rest += chars
        if self._chars_since_rest > _CHARS_BETWEEN_RESTS:
            self._chars_since_rest = 0
            self._rest()

    def hash_email(self, address: str) -> str:
        """A stand-in for an address: the same for the same address and client, of no use to anybody else."""
        return f"email:{self.hash(address.lower())}"

    def hash(self, text: str) -> str:
        return hmac.new(self._hash_key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]

    def _may_hide_in_json(self, text: str) -> bool:
        """Whether JSON in a text must be opened: for names that tell of a secret, or escapes that hide its look."""
        if '"' not in text:
            return False
        if "\\" in text or self._opens_all_json:
            return True
        names = set(_JSON_NAME.findall(text))
        return not names.isdisjoint(keys.TELLING_TOGETHER) or any(map(keys.judge_key, names))

    def _mask_json(self, text: str, nested: int) -> str:
        """The text with the JSON in it masked as the data it is; untouched where nothing in it is private."""
        done: list[str] = []
        at = failures = 0
        while failures < _MAX_FAILURES:
            opening = _JSON_OPENING.search(text, at)
            if not opening:
                break
            end, masked = self._mask_json_at(text, opening.start(), nested)
            failures += end == opening.start() + 1
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
            masked = self._mask_data(value, nested + 1)
        except RecursionError:
            return end, "[not maskable: nested too deep]"
        return end, text[start:end] if masked == value else json.dumps(masked, ensure_ascii=False)

    def _mask_look(self, text: str) -> str:
        for secret in self._own_secrets:
            text = text.replace(secret, self._markers[SECRET])
        text = replace_private_keys(text, self._markers[SECRET])
        return "".join([self._mask_piece(piece) for piece in _pieces(text)])

    def _mask_piece(self, text: str) -> str:
        self._rest_after(len(text))
        text = replace_secrets(text, self._judge, self._stems, self._markers)
        if may_hold_email(text):
            text = replace_emails(text, self.hash_email)
        return replace_numbers(text, self._markers)


def _pieces(text: str) -> Iterator[str]:
    at = 0
    while len(text) - at > 2 * _PIECE:
        boundary = _PARAGRAPH.search(text, at + _PIECE, at + 2 * _PIECE) or _WORD.search(text, at + _PIECE)
        if not boundary:
            break
        yield text[at : boundary.end()]
        at = boundary.end()
    yield text[at:]


def _shorten(text: str) -> str:
    """The beginning of an enormous text, cut between words: half a secret would no longer be known by its look."""
    boundary = _WORD.search(text, _MAX_TEXT - _PIECE, _MAX_TEXT)
    return f"{text[: boundary.end() if boundary else 0].rstrip()}… [cut: {len(text)} characters]"
