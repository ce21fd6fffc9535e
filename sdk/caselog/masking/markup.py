"""Values that markup ties to their names at a distance: ``<input name="password" value="...">``, forms in parts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .kinds import NAME, PHONE, SECRET, SECRET_TEXT
from .neighbours import judge_name
from .people import can_be_name
from .placeholders import TELLS, is_public
from .possible_values import can_be
from .view import View

_TAG = re.compile(r"<[A-Za-z][\w:.-]{0,40}\s([^<>]{1,1000})>")
_NAME = re.compile(r"\b(?:name|key|Name|Key|autocomplete)\s{0,4}=\s{0,4}([\"'])([^\"'<>]{1,80})\1")
_VALUE = re.compile(r"\b(?:value|Value|content|default)\s{0,4}=\s{0,4}([\"'])([^\"'<>]{1,1000})\1")
_TEXT = re.compile(
    r"\s{0,80}(?:<(?:value|string|[A-Za-z]\w{0,8}:Value)>\s{0,80})?(?:<!\[CDATA\[)?([^\s<>\]][^<>\]]{0,1000})"
)
#: ``<dt>Password</dt><dd>``, ``<th>Password</th><td>``, ``<key>password</key><string>``.
_LABEL = re.compile(
    r"<(dt|th|td|key|label|name|Key|Name)\b[^<>]{0,200}>\s{0,40}([^<>\n]{1,60}?)\s{0,4}:?\s{0,4}</\1>"
    r"\s{0,80}<(?:dd|td|string|value|span|Value)\b[^<>]{0,200}>\s{0,40}([^<>\n]{1,1000}?)\s{0,40}</"
)
_ATTRIBUTES = ("name=", "key=", "Name=", "Key=", "name =", "autocomplete=")
_ENDS = ("</", ":</", " </", " :</")
#: RFC 7578.
_PART = re.compile(
    r"; name=\"([^\"\r\n]{1,80})\"[^\r\n]{0,200}(?:\r?\n[^\r\n]{1,200}){0,4}\r?\n\r?\n([^\r\n]{1,2000})"
)
#: ``variable "password" { default = "..." }``.
_BLOCK = re.compile(
    r"\b(?:variable|output|local|secret) \"([\w-]{1,80})\" \{[^{}\"]{0,300}"
    r"(?:\"[^\"\n]{0,200}\"[^{}\"]{0,100}){0,4}?\b(?:default|value)\s{0,20}=\s{0,20}\"([^\"\n]{1,1000})\""
)
_INSTRUCTION = re.compile(
    r"^[ \t]{0,20}(?:ENV|ARG)[ \t]{1,8}(\w{1,80})[ \t]{1,8}([^\s=]\S{0,1000})", re.MULTILINE
)


def may_hold_markup(view: View) -> bool:
    """Whether a name that tells stands in something like markup."""
    text = view.text
    return bool(view.told.named) and (
        "<" in text or 'name="' in text or " {" in text or "ENV " in text or "ARG " in text
    )


def find_in_markup(view: View) -> Iterator[tuple[int, int, str]]:
    """Values of private names.

    >>> text = '<input name="password" type="text" value="hunter2">'
    >>> [(text[start:end], kind) for start, end, kind in find_in_markup(View(text))]
    [('hunter2', 'secret')]
    """
    text = view.text
    if "<" in text and any(sign in text for sign in _ATTRIBUTES):
        yield from _find_in_tags(text)
    if "</" in text and any(name + end in text for name in view.told.named for end in _ENDS):
        for found in _LABEL.finditer(text):
            yield from _judge(text, found[2], found.span(3), is_beside=found[1] in ("th", "td"))
    for form, sign in ((_PART, "; name="), (_BLOCK, '" {'), (_INSTRUCTION, "ENV "), (_INSTRUCTION, "ARG ")):
        if sign in text:
            for found in form.finditer(text):
                yield from _judge(text, found[1], found.span(2))


def _find_in_tags(text: str) -> Iterator[tuple[int, int, str]]:
    for tag in _TAG.finditer(text):
        name = _NAME.search(text, *tag.span(1))
        if not name:
            continue
        value = _VALUE.search(text, *tag.span(1))
        if value:
            yield from _judge(text, name[2], value.span(2))
        elif not tag[1].endswith("/"):
            content = _TEXT.match(text, tag.end())
            if content:
                yield from _judge(text, name[2], content.span(1), is_beside=True)


def _judge(
    text: str, name: str, span: tuple[int, int], *, is_beside: bool = False
) -> Iterator[tuple[int, int, str]]:
    """The span where it is private; ``is_beside``: what stands there may as well be a text about it."""
    kind, value = judge_name(name), text[slice(*span)]
    if not kind or value.strip().lower() in TELLS or is_public(name, value, value):
        return
    if is_beside and kind not in (NAME, PHONE) and (value.isalpha() or " " in value.strip()):
        return
    if can_be_name(value, name) if kind == NAME else can_be(value, kind, name):
        yield (*span, SECRET if kind == SECRET_TEXT else kind)
