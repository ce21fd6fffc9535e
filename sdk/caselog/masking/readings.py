r"""A text as other programs read it: percent-encoded, with HTML's entities, JSON's escapes, other digits.

What is private in a text is private however it is written. So a text that is written in such a way is read, and
each character of the reading knows where it stands in the text as it was sent: what is found in the reading is
replaced there, and nothing else is.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator

#: Writings in writings, such as JSON in a string in JSON.
MAX_DEPTH = 8

# Characters that are not seen: soft hyphen, zero-width space and (non-)joiner, marks of direction, word joiner.
_UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_HEX = "[0-9A-Fa-f]"
_ENTITY = rf"(?:#\d{{1,7}}|#[xX]{_HEX}{{1,6}}|[A-Za-z]{{2,8}});"
_ESCAPE = rf"(?:u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}|u{_HEX}{{4}}|x{_HEX}{{2}}|[\"'\\/nrt])"
#: Of a mail's quoted-printable only the "@".
_QUOTED = r"(?<=[\w.+-]=)40(?=[\w.-]{1,60}\.[A-Za-z])"
#: What may follow the first character of each writing. The form begins with one class of characters, since `re` skips
#: to those ten times as fast as it tries alternatives at every place.
_WRITTEN = rf"(?<=%){_HEX}{{2}}(?:%{_HEX}{{2}})*|(?<=&){_ENTITY}|(?<=\\){_ESCAPE}|{_QUOTED}"
#: The zeros of the scripts that have digits of their own: category Nd of Unicode.
_ZEROS = (
    "660 6f0 7c0 966 9e6 a66 ae6 b66 be6 c66 ce6 d66 de6 e50 ed0 f20 1040 1090 17e0 1810 1946 19d0 1a80 1a90 "
    "1b50 1bb0 1c40 1c50 a620 a8d0 a900 a9d0 a9f0 aa50 abf0 ff10 104a0 10d30 11066 110f0 11136 111d0 112f0 "
    "11450 114d0 11650 116c0 11730 118e0 11950 11c50 11d50 11da0 16a60 16ac0 16b50 1d7ce 1d7d8 1d7e2 1d7ec "
    "1d7f6 1e140 1e2f0 1e950 1fbf0"
)
_DIGITS = "".join(f"{chr(int(zero, 16))}-{chr(int(zero, 16) + 9)}" for zero in _ZEROS.split())
#: Digits that are none of ASCII's, the full-width forms of ASCII, and what is not seen.
_OTHERS = f"{_UNSEEN}\uff01-\uff5e{_DIGITS}"
_ASCII = re.compile(rf"[%&\\=](?:{_WRITTEN})")
_ANY = re.compile(rf"[%&\\={_OTHERS}](?:(?<=[{_OTHERS}])|{_WRITTEN})")
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


class Reading:
    """A text, and where each of its characters stands in the text that was sent."""

    def __init__(
        self,
        text: str,
        at: list[int],
        sent: list[tuple[int, int]],
        sent_text: str,
        above: Reading | None = None,
    ) -> None:
        """``at``: where the parts of ``text`` begin; ``sent``: where each begins in the text above, and how long it is.

        A part whose length there is -1 is written as it is.
        """
        self.text = text
        #: The text as it was sent.
        self.sent = sent_text
        self._at = at
        self._sent = sent
        self._above = above

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the reading stands in the text that was sent."""
        span = self._begin(start), self._end(end - 1)
        return self._above.locate(*span) if self._above else span

    def write_mark(self, mark: str, start: int) -> str:
        """A mark as it is to be written where a span begins: with its quotes as the quotes beside it are written."""
        if not mark.startswith('"'):
            return mark
        if len(self._at) == 1 and len(self.sent) and self._sent[0][1] >= 0:
            return mark.strip('"')  # a word in base64, replaced whole
        place = self.text.rfind('"', 0, start)
        first, last = self.locate(place, place + 1) if place >= 0 else (0, 0)
        return (self.sent[first:last] or '"').join(("", mark.strip('"'), ""))

    def _begin(self, place: int) -> int:
        part = bisect_right(self._at, place) - 1
        begins, length = self._sent[part]
        return begins + (place - self._at[part] if length < 0 else 0)

    def _end(self, place: int) -> int:
        part = bisect_right(self._at, place) - 1
        begins, length = self._sent[part]
        return begins + (place - self._at[part] + 1 if length < 0 else length)


def read(text: str, above: Reading | None = None) -> Reading | None:
    """The text in its plainer writing; None where it is plain already.

    >>> reading = read("to=bob%40example.com")
    >>> reading.text, reading.locate(3, 18)
    ('to=bob@example.com', (3, 20))
    """
    if text.isascii():
        if "%" not in text and "&" not in text and "\\" not in text and "=40" not in text:
            return None
        form = _ASCII
    else:
        form = _ANY
    plain: list[str] = []
    at: list[int] = []
    sent: list[tuple[int, int]] = []
    done = length = 0
    for found in form.finditer(text):
        begins = found.start()
        units = list(_decode(found[0], begins))
        if not units:
            continue
        if begins > done:
            at.append(length)
            sent.append((done, -1))
            plain.append(text[done:begins])
            length += begins - done
        for char, place, size in units:
            if char:
                at.append(length)
                sent.append((place, size))
                plain.append(char)
                length += len(char)
        done = found.end()
    if not done:
        return None
    if done < len(text):
        at.append(length)
        sent.append((done, -1))
        plain.append(text[done:])
    return Reading("".join(plain), at, sent, above.sent if above else text, above) if at else None


def _decode(written: str, begins: int) -> Iterator[tuple[str, int, int]]:
    """The characters that something written stands for, each with its place and its length; none for itself."""
    kind = written[0]
    if kind == "%":
        yield from _decode_percent(written, begins)
    elif kind == "&":
        char = html.unescape(written)
        if char != written:
            yield char, begins, len(written)
    elif kind == "\\":
        yield _decode_escape(written), begins, len(written)
    elif kind == "=":
        yield "@", begins, len(written)
    elif "\uff01" <= kind <= "\uff5e":
        yield chr(ord(kind) - 0xFEE0), begins, 1
    else:
        digit = unicodedata.decimal(kind, None)
        yield "" if digit is None else str(digit), begins, 1


def _decode_percent(written: str, begins: int) -> Iterator[tuple[str, int, int]]:
    try:
        chars = bytes.fromhex(written.replace("%", "")).decode()
    except UnicodeDecodeError:
        return
    for char in chars:
        size = 3 * len(char.encode())
        yield char, begins, size
        begins += size


def _decode_escape(written: str) -> str:
    if written[1] in "ux":
        codes = [int(code, 16) for code in re.split(r"\\[ux]", written)[1:]]
        if len(codes) == 2:
            return chr(0x10000 + ((codes[0] - 0xD800) << 10) + (codes[1] - 0xDC00))
        return chr(codes[0])
    return _PLAIN_ESCAPES.get(written[1], written[1])


def hides_more(text: str) -> bool:
    """Whether a text at the greatest depth is still written in another writing that could hide something."""
    return bool(re.search(r"%[0-9A-Fa-f]{2}|&#\w{1,7};|\\[\"ux]", text))
