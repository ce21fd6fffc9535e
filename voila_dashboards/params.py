"""URL parameters that pages share: untrusted text in, clamped values out; nothing here raises."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from caselog.model import CLIENT_ID_PATTERN
from voila_dashboards.words import Words

#: What a page sends to ask for what has no value in a column.
NONE: Final = "(none)"

_MAX_TEXT: Final = 200
_CLIENT_ID: Final = re.compile(CLIENT_ID_PATTERN)


@dataclass(frozen=True)
class Param:
    """One parameter of a page's address: text, and what it is taken for where it is left out.

    ``choices`` are all it may be (in `Words` where they have a name in the browser); none means any text.
    ``default_by`` names another parameter, and for values of that one the default instead of ``default``.
    ``unread`` tells which pieces of a text mean nothing; where it is left out, a text of which the page understood
    nothing is one.
    """

    default: str = ""
    choices: Words | tuple[str, ...] = ()
    default_by: tuple[str, Mapping[str, str]] | None = None
    unread: Callable[[str], Sequence[str]] | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """All it may be; none means any text."""
        return self.choices.words if isinstance(self.choices, Words) else self.choices


def read_client(value: object) -> str | None:
    """A well-formed client id, or None."""
    text = read_text(value)
    return text if _CLIENT_ID.fullmatch(text) else None


def read_text(value: object, longest: int = _MAX_TEXT) -> str:
    """Text as somebody types it: no control characters, nothing around it, not longer than ``longest``."""
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value[:longest] if unicodedata.category(c) not in {"Cc", "Cs"}).strip()
