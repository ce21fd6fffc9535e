r"""Values in a text whose name says that they are private: ``password=...``, ``"apiKey": "..."``, ``<pin>...</pin>``.

The names are found by the stems that such names hold. What joins a name to its value, and where the value ends, is read
as generously as settings, URLs, reprs, YAML, XML, tables and prose write it: rather a word too many than half a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .brackets import PAIRS, Brackets
from .columns import is_header
from .expressions import (
    computes,
    describes,
    is_compared,
    is_concatenated,
    is_part_of_program,
    lists_words,
    reads,
)
from .kinds import CARD, IBAN, NAME, PHONE, SECRET, SECRET_TEXT
from .name_words import split_name
from .neighbours import judge_name
from .people import can_be_name
from .people_text import find_name_at
from .placeholders import TELLS, is_public
from .possible_values import extend_to_items, is_amount, is_scored
from .view import View
from .vocabulary import is_joined

_WORD_BEFORE = re.compile(r"\w{2,20}[ ]\Z")

# Quotes, brackets and emphasis that close a name.
_CLOSERS = r"(?:\\*[\"'`]|\*{1,2}|__|\])?(?:\\*[\"'`]|\*{1,2}|__|\])?"
_TYPES = r"(?:str|string|String|bytes|Secret\w{0,10}|Optional\[str\]|str \| None|any|Any|char ?\*)"
_GAP = r"[ \t]{0,40}"
_JOINTS = re.compile(
    rf"(?P<closers>{_CLOSERS})(?:"
    rf"{_GAP}(?:\([^()\n]{{1,30}}\){_GAP})?(?P<assign>=>|:=|->|→|:{_GAP}{_TYPES}{_GAP}=(?!=)|={{1,3}}|:(?!:))"
    rf"(?:{_GAP}\n(?={_GAP}[\"'])|){_GAP}"
    rf"|(?P<other>{_GAP},?\s{{0,80}}(?:-[ \t]{{1,40}})?\\*[\"']?(?:[Vv]alue|val|default)\\*[\"']?{_GAP}[:=]{_GAP})"
    rf"|(?P<listed>,{_GAP}(?=[bBrRuU]?\\*[\"'(\[]))"
    rf"|(?P<cell>{_GAP}\|{_GAP})"
    r")"
)
_KEY_END = re.compile(r"[ \t]*(?::|=>)")
_TAG_END = re.compile(r"(?:\s[^<>]{0,300})?>")
_TAG_START = re.compile(r"(?<!\w)<(?:[\w-]{1,40}:)?\Z")
#: ``<b>Password:</b> hunter2``, ``<td>Password:</td><td>hunter2</td>``.
_TAGS = re.compile(r"(?:</?[A-Za-z][^<>]{0,80}>\s{0,20}){1,6}(?=[^<\s])")
_SPACE = re.compile(r"[ \t]+")
_SET_BEFORE = re.compile(r"\b(?:set|setx|setenv|export)(?:[ ]-[A-Za-z]{1,4}){0,2}[ ]+\Z", re.IGNORECASE)

# What may stand between the joint and a quoted value: emphasis, a YAML tag, a call, the prefix of a literal.
_OPENER = re.compile(
    r"(?:\*{1,2}|__)?[ \t]*(?:![\w:]+[ \t]+)?(?:[A-Za-z_.:]{1,30}\((?:\w{1,20}=)?)?[bBrRuUfF]{0,2}"
    r"(?=\\*[\"'`]|[«‹“„「『])"
)
_EMPHASIS = re.compile(r"(?:\*{1,2}|__)?[ \t]*(?:![\w:]+[ \t]+)?")
_QUOTED = re.compile(
    r"\"\"\"(?P<a>.*?)(?:\"\"\"|\Z)|'''(?P<b>.*?)(?:'''|\Z)"
    r"|\"(?P<c>(?:[^\"\\]|\\.)*)(?:\"|\Z)|'(?P<d>(?:[^'\\]|\\.)*)(?:'|\Z)|`(?P<e>[^`]*)(?:`|\Z)"
    r"|(?P<escape>\\+[\"'])(?P<f>.*?)(?:(?P=escape)|\Z)"
    r"|[«‹“„「『][ \u00a0\u202f]?(?P<g>[^»›”“」』\n]{1,200}?)[ \u00a0\u202f]?[»›”“」』]",
    re.DOTALL,
)
# Up to white space or a quote. What ends a value in a URL, a call or a list ends this one only where another follows.
_BARE = re.compile(
    r"(?:[^\s\"'<>&\\,;()\[\]{}|]|<(?![/\w]*>)|&(?![\w-]{1,40}=|amp;|(?:#\w{1,5}|quot|apos);)|\\(?![nrt\"'\\])"
    r"|[,;()\[\]{}|](?=[^\s\"'<>,;()\[\]{}|])(?![,;]?[\w-]{1,40}[=:])){1,400}"
    r"|<[^<>\s]{1,80}>|&[^\s\"'<>&]{1,400}"
)
_IN_QUERY = re.compile(r"[^\s\"'<>&;#]{1,400}")
#: The rest of a value that is longer than what is judged of it: else many names would each look at all of a long text.
_REST = re.compile(r"[^\s\"'<>&]*")
_JUDGED = 400
_LINE = re.compile(r"[^\r\n]{0,4000}")
#: ``PASSWORD=... ./run.sh``, another setting, a quoted text: not words of a passphrase.
_COMMAND = re.compile(r"[=\"]|\s[./&|-]")
_COOKIE = re.compile(r"[^\s=;]=[^\s=]|\d")
_REST_OF_LINE = re.compile(r"[^\r\n]*")
_ELEMENT = re.compile(r"(?:<!\[CDATA\[)?(?P<text>[^<\]]{1,2000})")
_DESCRIPTION = re.compile(r"[`*_]{0,2}[A-Za-z]+[`*_]{0,2}[ ]+[a-z]+[ .|\n]")
_BLOCK = re.compile(r"[|>][+-]?[ \t]*\n")
_PHONE_VALUE = re.compile(r"[+(]?\d[\d ().\-/]{4,20}\d")
_IBAN_VALUE = re.compile(r"[A-Za-z]{2}\d{2}[A-Za-z0-9 -]{8,40}")
_LONGEST_BRACKET = 4000
#: Quotes, escapes and blanks that may stand between a bracket or a "|" and a name.
_LONGEST_OPENING = 200
_LONGEST_BULLET = 40

_GOES_ON = re.compile(r"[ ]+[a-z]{2,}")
_ESCAPE = re.compile(r"\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|&#\w{1,7};|%[0-9A-Fa-f]{2}")
_KINDS = (SECRET, CARD, IBAN, PHONE, NAME)
_HEADERS = ("authorization", "cookie", "cookies")


def may_hold_named_value(view: View) -> bool:
    """Whether anything may join a name to a value, and a name that tells stands there."""
    return bool(view.told.named) and _holds_a_joint(view.text)


def find_named_values(view: View) -> Iterator[tuple[int, int, str]]:
    """Values of private names.

    >>> list(find_named_values(View("login(user='bob', password='hunter2', tries=3)")))
    [(28, 35, 'secret')]
    """
    at = 0
    brackets = Brackets(view.text, _LONGEST_BRACKET)
    for start, end in _find_names(view):
        span = _Pair(view.text, start, end, brackets).read() if start >= at else None
        if span:
            yield span
            at = span[1]


# Written out: any() over a tuple costs five times as much, for every string of every log.
def _holds_a_joint(text: str) -> bool:
    return (
        ":" in text or "=" in text or "|" in text or ">" in text or "--" in text or "→" in text
        or "'," in text or '",' in text or "set" in text or "export" in text
    )  # fmt: skip


def _find_names(view: View) -> list[tuple[int, int]]:
    """Where names that tell begin and end, in order."""
    text = view.text
    found: dict[int, int] = {}
    for name in view.told.named:
        searched = text if name in text else view.lower
        at = searched.find(name)
        while at >= 0:
            end = at + len(name)
            if not (
                _is_part_of_name(text[at - 1 : at]) or _is_part_of_name(text[end : end + 1])
            ) or is_joined(name):
                found[at] = max(end, found.get(at, 0))
            at = searched.find(name, end)
    return sorted(found.items())


def _is_part_of_name(char: str) -> bool:
    return char.isalnum() or char in ("_", ".", "$", "-")


class _Pair:
    """A name in a text and what may be its value."""

    def __init__(self, text: str, start: int, end: int, brackets: Brackets) -> None:
        self.text = text
        self.brackets = brackets
        self.start, self.end = start, end
        self.name = text[start:end].strip(".-$")
        # ``name: value.`` ends a sentence; ``name.`` does too.
        self.end -= len(text[start:end]) - len(text[start:end].rstrip(".-"))
        self.kind = judge_name(self.name) or self._judge_two_words()

    def _judge_two_words(self) -> str | None:
        """``API key: ...``: the word before and the name together."""
        before = _WORD_BEFORE.search(self.text, max(0, self.start - 21), self.start)
        return judge_name(before[0] + self.name) if before and self.name.isalpha() else None

    def read(self) -> tuple[int, int, str] | None:
        """Where the value begins and ends, and its kind; None where there is none, or it is public."""
        if not self.kind or self._is_marker() or is_part_of_program(self.text, self.start):
            return None
        joint = self._find_joint()
        span = self._find_value(*joint) if joint else None
        if not span or span[0] >= span[1] or self._is_sentence(span):
            return None
        if is_scored(self.text, self.name, *span) or not self._is_private(self.text[slice(*span)]):
            return None
        return span[0], self._end_of_rest(span), SECRET if self.kind == SECRET_TEXT else self.kind

    def _end_of_rest(self, span: tuple[int, int]) -> int:
        """The end of a value of which only the beginning was judged."""
        if span[1] - span[0] < _JUDGED or self.text[span[0] - 1] in "\"'`":
            return span[1]
        form = _REST_OF_LINE if span[1] - span[0] >= _LONGEST_BRACKET else _REST
        rest = form.match(self.text, span[1])
        return rest.end() if rest else span[1]

    def _is_marker(self) -> bool:
        return (
            self.text[self.start - 1 : self.start] == "["
            and self.text[self.end : self.end + 1] == "]"
            and self.name in _KINDS
        )

    def _find_joint(self) -> tuple[int, str] | None:
        """Where the value may begin, and by what it is joined: ``=``, ``tag``, ``cell``, ``space``, ..."""
        if _TAG_START.search(self.text, max(0, self.start - 42), self.start):
            tag = _TAG_END.match(self.text, self.end)
            return (tag.end(), "tag") if tag else self._find_plain_joint()
        return self._find_plain_joint()

    def _find_plain_joint(self) -> tuple[int, str] | None:
        joint = _JOINTS.match(self.text, self.end)
        kind = joint.lastgroup if joint else None
        if joint and self._can_be_joined_by(kind or ""):
            return joint.end(), kind or ""
        space = _SPACE.match(self.text, self.end)
        is_flag = self.text.startswith("--", self.start) or self._is_set_before()
        return (space.end(), "space") if space and is_flag else None

    def _can_be_joined_by(self, kind: str) -> bool:
        if kind not in ("listed", "cell"):
            return True
        before = self.text[max(0, self.start - _LONGEST_OPENING) : self.start]
        if kind == "listed":  # ('password', 'hunter2'): the first of two, in quotes
            opening = before.rstrip("\\\"'bBrRuU")
            return opening != before and opening.endswith(("(", "["))
        return before.rstrip(" \t*`_").endswith("|") and not is_header(self.text, self.end)

    def _is_set_before(self) -> bool:
        return bool(_SET_BEFORE.search(self.text, max(0, self.start - 24), self.start))

    def _find_value(self, at: int, kind: str) -> tuple[int, int] | None:
        if kind == "tag":
            element = _ELEMENT.match(self.text, at)
            return element.span("text") if element else None
        if kind == "cell" and _DESCRIPTION.match(self.text, at):
            return None
        tags = _TAGS.match(self.text, at)
        at = tags.end() if tags else at
        opener = _OPENER.match(self.text, at)
        quoted = _QUOTED.match(self.text, opener.end()) if opener else None
        if quoted:
            span = quoted.span(next(name for name in "abcdefg" if quoted[name] is not None))
            return None if self._is_read(at, span, quoted.end(), kind) else span
        emphasis = _EMPHASIS.match(self.text, at)
        at = emphasis.end() if emphasis else at
        if self.kind == NAME:
            return find_name_at(self.text, at)
        form = {PHONE: _PHONE_VALUE, IBAN: _IBAN_VALUE}.get(self.kind or "")
        return self._match(form, at) if form else self._find_bare(at, kind)

    def _is_read(self, at: int, span: tuple[int, int], end: int, kind: str) -> bool:
        """Whether in quotes stands the name of a value: ``getenv("DB_PASSWORD")``, ``("password", "token")``."""
        if kind == "listed":
            return bool(_KEY_END.match(self.text, end)) or bool(judge_name(self.text[slice(*span)]))
        call = self.text[at : span[0]].rstrip("\\\"'`bBrRuUfF")
        return reads(call) or is_concatenated(self.text[slice(*span)])

    def _find_bare(self, at: int, kind: str) -> tuple[int, int] | None:
        if self.text[at : at + 1] in PAIRS and kind != "cell":
            end = self._end_of_bracket(at)
            bracket = self.text[at : min(end, at + _LONGEST_BRACKET)]
            return None if describes(bracket) or lists_words(bracket, self.name) else (at, end)
        block = _BLOCK.match(self.text, at)
        if block:
            return block.end(), self._end_of_block(block.end())
        if self.name.lower().rpartition("-")[2] in _HEADERS:
            return self._find_header(at)
        if self.text[self.start - 1 : self.start] in ("?", "&"):
            return self._match(_IN_QUERY, at)
        span = self._extend_to_line(self._match(_BARE, at), kind)
        if span and (computes(self.text, *span, self.name) or is_compared(self.text, at, *span)):
            return None
        return extend_to_items(self.text, span, self.name)

    def _find_header(self, at: int) -> tuple[int, int] | None:
        """The rest of the line; words without "=" are no cookie."""
        end = self._end_of_line(at)
        word = self._match(_BARE, at) or (at, at)
        is_cookie = self.name.lower().rpartition("-")[2] != "authorization"
        is_plain = is_cookie and not _COOKIE.search(self.text, at, end)
        is_count = is_amount(self.text[at:end].strip(" ,;"))
        return None if is_plain or is_count or computes(self.text, *word, self.name) else (at, end)

    def _match(self, form: re.Pattern[str], at: int) -> tuple[int, int] | None:
        found = form.match(self.text, at)
        return found.span() if found else None

    def _end_of_bracket(self, at: int) -> int:
        """The end of a list, dict or call that begins here; of the line, where it does not end."""
        end = self.brackets.end_of(at)
        return end or max(self._end_of_line(at), min(len(self.text), at + _LONGEST_BRACKET))

    def _end_of_block(self, at: int) -> int:
        """The end of the lines of YAML that are indented deeper than the name."""
        line_start = self.text.rfind("\n", 0, self.start) + 1
        indent = len(self.text[line_start : self.start]) - len(self.text[line_start : self.start].lstrip(" "))
        while at < len(self.text):
            line = self.text[at : self._end_of_line(at)]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                return at - 1
            at += len(line) + 1
        return len(self.text)

    def _end_of_line(self, at: int) -> int:
        """The end of the line, or of the quotes that the name itself stands in."""
        line = _LINE.match(self.text, at)
        end = line.end() if line else at
        quote = self.text[self.start - 1 : self.start]
        closing = self.text.find(quote, at, end) if quote in ("'", '"', "`") else -1
        return closing if closing >= 0 else end

    def _extend_to_line(self, span: tuple[int, int] | None, kind: str) -> tuple[int, int] | None:
        """A passphrase of several words, where a line is a password and nothing else."""
        if not span or kind != "assign" or "pass" not in self.name.lower() or not self._begins_line():
            return self._trim(span)
        rest = self.text[span[0] : self._end_of_line(span[1])]
        is_short = len(rest.split()) <= 5 and not _COMMAND.search(rest)
        return (span[0], span[0] + len(rest.rstrip())) if is_short else self._trim(span)

    def _begins_line(self) -> bool:
        before = self.text[max(0, self.start - _LONGEST_BULLET) : self.start]
        is_start = "\n" in before or self.start <= _LONGEST_BULLET
        return is_start and not before.rpartition("\n")[2].strip(" \t-*>#")

    def _trim(self, span: tuple[int, int] | None) -> tuple[int, int] | None:
        """The value without what ends a sentence or a list."""
        if not span:
            return None
        return span[0], span[0] + len(self.text[slice(*span)].rstrip(".,;:!?)]}|*"))

    def _is_sentence(self, span: tuple[int, int]) -> bool:
        """``Invalid password: too short``, ``auth: ldap backend down``: an unquoted word that goes on in words."""
        value = self.text[slice(*span)]
        goes_on = _GOES_ON.match(self.text, span[1])
        if not (goes_on and value.isalpha() and value.islower()) or self.text[span[0] - 1] in "\"'`":
            return False
        before = self.text[max(0, self.start - 20) : self.start].lower().split()
        return "pass" not in self.name.lower() or bool(before and before[-1] in TELLS)

    def _is_private(self, value: str) -> bool:
        words = value.split(None, 1)  # the rest of it may be long
        first = words[0].strip("\"'.,;:!?()") if words else ""
        if self.kind == PHONE:
            return 6 <= sum(char.isdigit() for char in _ESCAPE.sub("", value)) <= 20 and len(value) <= 40
        if self.kind in (IBAN, NAME):
            return self._can_be_named(value) and bool(first) and first.lower() not in TELLS
        if first.lower() in TELLS or is_public(self.name, value.strip(), first.strip(",;")):
            return False
        if self.kind == CARD:
            return any(char.isdigit() for char in value)
        return self.kind != SECRET_TEXT or not is_amount(value.strip("[] "))

    def _can_be_named(self, value: str) -> bool:
        """Whether a value can be a name, where it is to be one; what is shown of a thing is one word as a rule."""
        name = self.name.rpartition(".")[2]
        return self.kind == IBAN or (
            can_be_name(value, name) and (" " in value or "display" not in split_name(name))
        )
