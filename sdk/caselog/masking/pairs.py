r"""Values in a text whose name says that they are private: ``password=...``, ``"apiKey": "..."``, ``<pin>...</pin>``.

The names are found by the stems that such names hold. What joins a name to its value, and where the value ends, is read
as generously as settings, URLs, reprs, YAML, XML, tables and prose write it: rather a word too many than half a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Callable, Optional

from .verdicts import CARD, IBAN, NAME, PHONE, SECRET, SECRET_TEXT

#: What a name says of its value, as one of the verdicts.
Judge = Callable[[str], Optional[str]]

_BEFORE = re.compile(r"[\w.$-]{0,60}\Z")
_NAME = re.compile(r"[\w.-]*")
_WORD_BEFORE = re.compile(r"\w{2,20}[ ]\Z")
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}

# Quotes, brackets and emphasis that close a name.
_CLOSERS = r"(?:\\*[\"'`]|\*{1,2}|__|\])?(?:\\*[\"'`]|\*{1,2}|__|\])?"
_TYPES = r"(?:str|string|String|bytes|SecretStr|Optional\[str\]|str \| None|any|Any|char ?\*)"
_GAP = r"[ \t]{0,40}"
_JOINTS = re.compile(
    rf"(?P<closers>{_CLOSERS})(?:"
    rf"{_GAP}(?:\([^()\n]{{1,30}}\){_GAP})?(?P<assign>=>|:=|->|→|:{_GAP}{_TYPES}{_GAP}=(?!=)|={{1,3}}|:)"
    rf"(?:{_GAP}\n(?={_GAP}[\"'])|){_GAP}"
    rf"|(?P<other>{_GAP},?\s{{0,80}}(?:-[ \t]{{1,40}})?\\*[\"']?(?:[Vv]alue|val|default)\\*[\"']?{_GAP}[:=]{_GAP})"
    rf"|(?P<listed>,{_GAP}(?=[bBrRuU]?\\*[\"'(\[]))"
    rf"|(?P<cell>{_GAP}\|{_GAP})"
    r")"
)
_KEY_END = re.compile(r"[ \t]*(?::|=>)")
_TAG_END = re.compile(r"(?:\s[^<>]{0,300})?>")
_TAG_START = re.compile(r"<(?:[\w-]{1,40}:)?\Z")
#: ``<b>Password:</b> hunter2``, ``<td>Password:</td><td>hunter2</td>``.
_TAGS = re.compile(r"(?:</?[A-Za-z][^<>]{0,80}>\s{0,20}){1,6}(?=[^<\s])")
_SPACE = re.compile(r"[ \t]+")
_SET_BEFORE = re.compile(r"\b(?:set|setx|setenv|export)[ ]+\Z", re.IGNORECASE)

# What may stand between the joint and a quoted value: emphasis, a YAML tag, a call, the prefix of a literal.
_OPENER = re.compile(
    r"(?:\*{1,2}|__)?[ \t]*(?:![\w:]+[ \t]+)?(?:[A-Za-z_.]{1,30}\((?:\w{1,20}=)?)?[bBrRuUfF]{0,2}(?=\\*[\"'`])"
)
_EMPHASIS = re.compile(r"(?:\*{1,2}|__)?[ \t]*(?:![\w:]+[ \t]+)?")
_QUOTED = re.compile(
    r"\"\"\"(?P<a>.*?)(?:\"\"\"|\Z)|'''(?P<b>.*?)(?:'''|\Z)"
    r"|\"(?P<c>(?:[^\"\\]|\\.)*)(?:\"|\Z)|'(?P<d>(?:[^'\\]|\\.)*)(?:'|\Z)|`(?P<e>[^`]*)(?:`|\Z)"
    r"|(?P<escape>\\+[\"'])(?P<f>.*?)(?:(?P=escape)|\Z)",
    re.DOTALL,
)
# Up to white space or a quote. What ends a value in a URL, a call or a list ends this one only where another follows.
_BARE = re.compile(
    r"(?:[^\s\"'<>&\\,;()\[\]{}|]|<(?![/\w]*>)|&(?![\w-]{1,40}=|amp;)|\\(?![nrt\"'\\])"
    r"|[,;()\[\]{}|](?=[^\s\"'<>,;()\[\]{}|])(?![,;]?[\w-]{1,40}=))+"
    r"|<[^<>\s]{1,80}>|&[^\s\"'<>&]+"
)
_IN_QUERY = re.compile(r"[^\s\"'<>&;#]+")
_LINE = re.compile(r"[^\r\n]*")
_ELEMENT = re.compile(r"[^<]{1,2000}")
_BLOCK = re.compile(r"[|>][+-]?[ \t]*\n")
_PHONE_VALUE = re.compile(r"[+(]?\d[\d ().\-/]{4,20}\d")
_IBAN_VALUE = re.compile(r"[A-Za-z]{2}\d{2}[A-Za-z0-9 -]{8,40}")
_NAME_VALUE = re.compile(r"[^\W\d_][^\d,;&<>\"'(){}\[\]\n]{0,60}")
_LONGEST_BRACKET = 4000
#: Quotes, escapes and blanks that may stand between a bracket or a "|" and a name.
_LONGEST_OPENING = 200
_PAIR_OF_BRACKET = {"[": "]", "{": "}", "(": ")"}

#: Words behind a name that tell of the secret, not the secret.
_TELLS = frozenset(
    ("", "null", "none", "nil", "true", "false", "undefined", "{", "[", "ok", "invalid", "valid", "expired", "required",
     "missing", "failed", "failure", "success", "succeeded", "denied", "granted", "verified", "enabled", "disabled",
     "rejected", "accepted", "revoked", "incorrect", "wrong", "unknown", "empty", "optional", "field",
     "must", "should", "cannot", "not", "is", "are", "was", "were", "has", "have", "set", "unset", "sent", "done",
     "passed", "str", "string", "int", "integer", "bool", "boolean", "bytes", "object", "any", "the", "a", "an", "this",
     "that", "please", "see", "use", "why", "what", "how", "when", "where", "who", "be", "to", "of", "for", "from",
     "in", "on", "and", "or", "but", "if", "we", "you", "i", "it", "n/a", "yes", "no", "pending", "error",
     "mismatch", "oauth", "oauth2", "ldap", "saml", "sso", "basic", "bearer", "digest", "expected", "too")
)  # fmt: skip
#: What stands for a secret and is none.
PLACEHOLDER = re.compile(
    r"\$\{?\w+\}?|%\w+%|\{\{[^{}]*\}\}|\*{3,}|x{4,}|\[[a-z]+\]|<redacted>", re.IGNORECASE
)
_COUNT = re.compile(r"[\d.,]+k?")
_GOES_ON = re.compile(r"[ ]+[a-z]{2,}")
_PATH = re.compile(r"(?:[A-Za-z]:\\|~?/)\S*")
#: Names that mean something else as often, and what their value then looks like.
_OTHERWISE = {"pwd": _PATH, "pass": _COUNT, "pin": re.compile(r"[A-Z]+\d+"), "pan": re.compile(r"\d{1,3}%?")}
_HEADERS = ("authorization", "cookie", "cookies")


def replace_pairs(text: str, judge: Judge, stems: Iterable[str], markers: dict[str, str]) -> str:
    """The text with the values of private names replaced by the markers of what the names say."""
    if not _holds_a_joint(text):
        return text
    done: list[str] = []
    at = 0
    for start, end in _find_names(text, stems):
        span = _Pair(text, start, end, judge, markers).read() if start >= at else None
        if span:
            done += [text[at : span[0]], span[2]]
            at = span[1]
    return "".join([*done, text[at:]]) if done else text


# Written out: any() over a tuple costs five times as much, for every string of every log.
def _holds_a_joint(text: str) -> bool:
    return (
        ":" in text or "=" in text or "|" in text or ">" in text or "--" in text or "→" in text
        or "'," in text or '",' in text or "set" in text or "export" in text
    )  # fmt: skip


def _find_names(text: str, stems: Iterable[str]) -> list[tuple[int, int]]:
    """Where names that hold a stem begin and end, in order, each once."""
    # str.lower would make two of some letters that are no ASCII.
    lower = text.lower() if text.isascii() else text.translate(_LOWER)
    found: dict[int, int] = {}
    for stem in stems:
        at = lower.find(stem)
        while at >= 0:
            before = _BEFORE.search(text, max(0, at - 60), at)
            name = _NAME.match(text, at)
            end = name.end() if name else at + len(stem)
            found[before.start() if before else at] = end
            at = lower.find(stem, end)
    return sorted(found.items())


class _Pair:
    """A name in a text and what may be its value."""

    def __init__(self, text: str, start: int, end: int, judge: Judge, markers: dict[str, str]) -> None:
        self.text = text
        self.start, self.end = start, end
        self.markers = markers
        self.name = text[start:end].strip(".-$")
        # ``name: value.`` ends a sentence; ``name.`` does too.
        self.end -= len(text[start:end]) - len(text[start:end].rstrip(".-"))
        self.verdict = judge(self.name) or self._judge_two_words(judge)

    def _judge_two_words(self, judge: Judge) -> str | None:
        """``API key: ...``: the word before and the name together."""
        before = _WORD_BEFORE.search(self.text, max(0, self.start - 21), self.start)
        return judge(before[0] + self.name) if before and self.name.isalpha() else None

    def read(self) -> tuple[int, int, str] | None:
        """Where the value begins and ends, and what stands there instead; None where there is none, or it is public."""
        if self.verdict not in self.markers or self._is_marker():
            return None
        joint = self._find_joint()
        span = self._find_value(*joint) if joint else None
        if (
            not span
            or span[0] >= span[1]
            or self._is_sentence(span)
            or not self._is_private(self.text[slice(*span)])
        ):
            return None
        return (*span, self.markers[self.verdict or SECRET])

    def _is_marker(self) -> bool:
        return (
            self.text[self.start - 1 : self.start] == "["
            and self.text[self.end : self.end + 1] == "]"
            and f"[{self.name}]" in self.markers.values()
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
        if kind == "listed":  # ('password', 'hunter2'): the first of two
            return before.rstrip("\\\"'bBrRuU").endswith(("(", "["))
        return before.rstrip(" \t*`_").endswith("|")

    def _is_set_before(self) -> bool:
        return bool(_SET_BEFORE.search(self.text, max(0, self.start - 12), self.start))

    def _find_value(self, at: int, kind: str) -> tuple[int, int] | None:
        if kind == "tag":
            return self._match(_ELEMENT, at)
        tags = _TAGS.match(self.text, at)
        at = tags.end() if tags else at
        opener = _OPENER.match(self.text, at)
        quoted = _QUOTED.match(self.text, opener.end()) if opener else None
        if quoted and kind == "listed" and _KEY_END.match(self.text, quoted.end()):
            return None
        if quoted:
            group = next(name for name in "abcdef" if quoted[name] is not None)
            return quoted.span(group)
        emphasis = _EMPHASIS.match(self.text, at)
        at = emphasis.end() if emphasis else at
        form = {PHONE: _PHONE_VALUE, IBAN: _IBAN_VALUE, NAME: _NAME_VALUE}.get(self.verdict or "")
        return self._match(form, at) if form else self._find_bare(at, kind)

    def _find_bare(self, at: int, kind: str) -> tuple[int, int] | None:
        if self.text[at : at + 1] in _PAIR_OF_BRACKET and kind != "cell":
            return at, self._end_of_bracket(at)
        block = _BLOCK.match(self.text, at)
        if block:
            return block.end(), self._end_of_block(block.end())
        if self.name.lower().rpartition("-")[2] in _HEADERS:
            return at, self._end_of_line(at)
        if self.text[self.start - 1 : self.start] in ("?", "&"):
            return self._match(_IN_QUERY, at)
        return self._extend_to_line(self._match(_BARE, at), kind)

    def _match(self, form: re.Pattern[str], at: int) -> tuple[int, int] | None:
        found = form.match(self.text, at)
        return found.span() if found else None

    def _end_of_bracket(self, at: int) -> int:
        """The end of a list, dict or call that begins here; of the line, where it does not end."""
        opening, closing, depth = self.text[at], _PAIR_OF_BRACKET[self.text[at]], 0
        for place in range(at, min(len(self.text), at + _LONGEST_BRACKET)):
            depth += (self.text[place] == opening) - (self.text[place] == closing)
            if depth == 0:
                return place + 1
        return max(self._end_of_line(at), min(len(self.text), at + _LONGEST_BRACKET))

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
        is_short = len(rest.split()) <= 5 and "=" not in rest and '"' not in rest
        return (span[0], span[0] + len(rest.rstrip())) if is_short else self._trim(span)

    def _begins_line(self) -> bool:
        line_start = self.text.rfind("\n", 0, self.start) + 1
        return not self.text[line_start : self.start].strip(" \t-*>#")

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
        return "pass" not in self.name.lower() or bool(before and before[-1] in _TELLS)

    def _is_private(self, value: str) -> bool:
        words = value.split()
        first = words[0].strip("\"'.,;:!?()") if words else ""
        if self.verdict == PHONE:
            return 6 <= sum(char.isdigit() for char in value) <= 20 and len(value) <= 40
        if self.verdict in (IBAN, NAME):
            return bool(first) and first.lower() not in _TELLS
        if first.lower() in _TELLS or PLACEHOLDER.fullmatch(value.strip()) or len(value.strip()) < 2:
            return False
        otherwise = _OTHERWISE.get(self.name.lower())
        if otherwise and otherwise.fullmatch(first.strip(",;")):
            return False
        if self.verdict == CARD:
            return any(char.isdigit() for char in value)
        return self.verdict != SECRET_TEXT or not _COUNT.fullmatch(value.strip("[] "))
