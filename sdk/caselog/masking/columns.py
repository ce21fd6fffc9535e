"""Values in columns whose header says that they are private: CSV, tables of Markdown and of consoles, SQL's INSERT."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from functools import lru_cache

from .kinds import NAME, SECRET, SECRET_TEXT
from .neighbours import judge_name
from .people import can_be_name, names_itself, names_person_together
from .placeholders import TELLS, is_public
from .possible_values import can_be
from .view import View

#: What a cell of a header may look like: a name or some words.
_HEADER = re.compile(r"[\w$.-]+(?:[ ][\w().#-]+){0,4}")
_HEADER_LINE = re.compile(r"[\w$.#() \t\r|;,\"'`*-]+")
#: A column called "name" beside others.
_NAME_COLUMN = re.compile(r"(?:^|[\n,;|\t]) ?[\"'`*]{0,2}(name)[\"'`*]{0,2} ?(?:[,;|\t\r\n])", re.IGNORECASE)
_NAME_SIGNS = ("name,", "name;", "name\t", "name |", "name|", 'name",', "name\n", "name\r")
_LONGEST_CELL, _LONGEST_LINE = 60, 4000
_DELIMITERS = ("\t", "|", ";", ",")
_RULE_LINE = re.compile(r"[\s|+:=-]*")
#: What describes a secret.
_WORDS = re.compile(r"[A-Za-z]+(?:[ ][a-z()'’]+){2,}[.]?|[A-Z][a-z]+(?:[ ][a-z]+)+")
#: What stands before and behind a table that is a string in JSON or in a program.
_OPENING, _CLOSING = re.compile(r"[:(=\[{]\s{0,4}[\"'`]"), re.compile(r"([\"'`])[\s}\]);,\"'`]*\Z")
#: Of a table in a string of JSON the line breaks are escaped.
_BREAK, _RULE_BELOW = (
    re.compile(r"\n|\\+n"),
    re.compile(r"[ \t]*[|+:-][ \t|+:-]*-[ \t|+:-]*(?:\n|\\|\r|\Z|[\"'])"),
)
#: Quotes in another writing: what stands between them is found where that is read.
_WRITTEN_QUOTE = re.compile(r"&(?:#\w{1,5}|quot|apos);|%2[27]|\\[\"']")
_QUOTED_CELL = re.compile(
    r"\s*(?:\"(?P<double>(?:[^\"\n]|\"\")*)\"|'(?P<single>(?:[^'\n]|'')*)'|`(?P<back>[^`\n]*)`)\s*\Z"
)
_INSERT = re.compile(
    r"\binto\s{1,8}[\w.\"`\[\]]{1,120}\s{0,8}\(([^()]{1,2000})\)\s{0,8}values\s{0,8}(?=\()", re.IGNORECASE
)
_TUPLE = re.compile(r"\s{0,8},?\s{0,8}\(((?:[^()'\"]|'(?:[^']|'')*'|\"[^\"]*\"|\([^()]*\)){1,8000})\)")
_SQL_CELL = re.compile(r"(?:'(?:[^']|'')*'|\"[^\"]*\"|\([^()]*\)|[^,'\"()])+")

#: Start and end of a cell in the text.
Cell = tuple[int, int]


def may_hold_columns(view: View) -> bool:
    """Whether there are lines or a list of columns, and a name that tells stands among them."""
    if "\n" not in view.text and "into" not in view.text.lower():
        return False
    return bool(view.told.named) or _may_name_persons(view)


def _may_name_persons(view: View) -> bool:
    return "@" in view.text and any(sign in view.lower for sign in _NAME_SIGNS)


def find_columns(view: View) -> Iterator[tuple[int, int, str]]:
    r"""Cells of private columns.

    >>> text = "user,password\nbob,hunter2\n"
    >>> [(text[start:end], kind) for start, end, kind in find_columns(View(text))]
    [('hunter2', 'secret')]
    """
    text, done = view.text, 0
    for at in _find_headers(view):
        if at >= done:
            start = text.rfind("\n", done, at) + 1 or done
            done = yield from _read_table(text, _begin_of_header(text, start, at))
    if "into" in view.lower and "values" in view.lower:
        yield from _find_in_inserts(text)


# ---------------------------------------------------------------- lines


def _find_headers(view: View) -> list[int]:
    """Where names stand that may be a private column's."""
    places = {
        view.lower.find(name.lower()) if name not in view.text else view.text.find(name)
        for name in view.told.named
    }
    if _may_name_persons(view):
        places.update(found.start(1) for found in _NAME_COLUMN.finditer(view.text))
    return sorted(places - {-1})


def _begin_of_header(text: str, start: int, at: int) -> int:
    """Where a header begins: at its line's beginning, or in it, where the table is a string in JSON or in a program."""
    openings = [found.end() for found in _OPENING.finditer(text, max(start, at - _LONGEST_LINE), at)]
    if openings:
        return openings[-1]
    quote = text[start]
    is_open = quote in "\"'`" and text.count(quote, start, _end_of_line(text, start)) % 2 == 1
    return start + 1 if is_open else start


def _read_table(text: str, start: int) -> Generator[tuple[int, int, str], None, int]:
    """The private cells below a line, where it is a header; gives the place where the table has ended."""
    end = _end_of_line(text, start)
    header = _read_header(text, (start, end))
    if not header:
        return end
    delimiter, kinds, size = header
    if _follows_row(text, start, delimiter, size):
        return end
    while end < len(text):
        start, end = end + 1, _end_of_line(text, end + 1)
        cells = _read_row(text, (start, end), delimiter, size)
        if cells is None:
            return start
        yield from _private_cells(text, cells, kinds)
    return end


def _follows_row(text: str, start: int, delimiter: str, size: int) -> bool:
    """Whether a line stands below another row of the same table: then it is none of headers."""
    for _ in range(2):
        if start == 0:
            return False
        start, end = text.rfind("\n", 0, start - 1) + 1, start - 1
        if not _RULE_LINE.fullmatch(text, start, end):
            return len(_split(text, start, end, delimiter)) == size
    return False


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _read_header(text: str, line: Cell) -> tuple[str, dict[int, tuple[str, str]], int] | None:
    """The delimiter of a line that is a header with a private column, its private columns, and how many it has."""
    start, end = line
    if not 0 < end - start <= _LONGEST_LINE:
        return None
    written = text[start:end]
    delimiter = next((char for char in _DELIMITERS if char in written), "")
    if not delimiter or not _HEADER_LINE.fullmatch(written):
        return None
    kinds, size = _judge_header(written, delimiter)
    return (delimiter, kinds, size) if kinds else None


@lru_cache(maxsize=512)
def _judge_header(line: str, delimiter: str) -> tuple[dict[int, tuple[str, str]], int]:
    """By place the name and the kind of each private column of a header; none, where the line is no header."""
    names = [line[slice(*cell)] for cell in _split(line, 0, len(line), delimiter)]
    filled = [name for name in names if name]
    if len(filled) < 2 or not all(len(name) <= _LONGEST_CELL and _HEADER.fullmatch(name) for name in filled):
        return {}, 0
    return judge_columns(names), len(names)


def judge_columns(names: list[str]) -> dict[int, tuple[str, str]]:
    """By place the name and the kind of each private column."""
    kinds = {place: (name, kind) for place, name in enumerate(names) if (kind := judge_name(name))}
    if names_person_together(tuple(names)):
        kinds |= {place: (name, NAME) for place, name in enumerate(names) if names_itself(name)}
    return kinds


def _read_row(text: str, line: Cell, delimiter: str, size: int) -> list[Cell] | None:
    """The cells of a row below a header; none of a line of dashes; None where the table has ended."""
    start, end = line
    if _RULE_LINE.fullmatch(text, start, end) and end > start:
        return []
    if end - start > _LONGEST_LINE:
        return None
    cells = _split(text, start, end, delimiter)
    return cells if len(cells) == size and size > 1 else None


def is_header(text: str, at: int) -> bool:
    """Whether a place lies in the header of a table of Markdown: a line of dashes follows."""
    end = _BREAK.search(text, at, at + _LONGEST_LINE)
    return bool(end and _RULE_BELOW.match(text, end.end()))


def _split(text: str, start: int, end: int, delimiter: str) -> list[Cell]:
    """The cells of a line, without the blanks and the quotes around them; delimiters in quotes part nothing."""
    cells: list[Cell] = []
    at, quoted = start, False
    for place in range(start, end):
        if text[place] == '"' and delimiter != "|":
            quoted = not quoted
        elif text[place] == delimiter and not quoted:
            cells.append(_strip(text, at, place))
            at = place + 1
    return [*cells, _strip(text, at, end)]


def _strip(text: str, start: int, end: int) -> Cell:
    quoted = _QUOTED_CELL.match(text, start, end)
    if quoted:
        return quoted.span(quoted.lastgroup or 0)
    cell = text[start:end]
    closing = _CLOSING.search(cell)
    if closing and not cell.lstrip().startswith(closing[1]):
        cell = cell[: closing.start()]
    plain = cell.strip(" \t\r*`_")
    first = start + (len(cell) - len(cell.lstrip(" \t\r*`_")))
    return first, first + len(plain)


def _private_cells(
    text: str, cells: list[Cell], kinds: dict[int, tuple[str, str]]
) -> Iterator[tuple[int, int, str]]:
    for place, (name, kind) in kinds.items():
        if place < len(cells) and is_private(text[slice(*cells[place])], name, kind):
            yield (*cells[place], SECRET if kind == SECRET_TEXT else kind)


def is_private(value: str, name: str, kind: str) -> bool:
    """Whether a cell below a private column's name is what the name says."""
    if not value or _WRITTEN_QUOTE.search(value) or value.lower() in TELLS or is_public(name, value, value):
        return False
    if kind == SECRET and _WORDS.fullmatch(value):
        return False
    return can_be_name(value, name) if kind == NAME else can_be(value, kind, name)


# ---------------------------------------------------------------- SQL


def _find_in_inserts(text: str) -> Iterator[tuple[int, int, str]]:
    """``INSERT INTO users (name, password) VALUES ('bob', 'hunter2')``."""
    for found in _INSERT.finditer(text):
        names = [name.strip(' \t\r\n"`[]') for name in found[1].split(",")]
        kinds = judge_columns(names)
        if not kinds:
            continue
        row = _TUPLE.match(text, found.end())
        while row:
            cells = [_strip(text, *cell.span()) for cell in _SQL_CELL.finditer(text, *row.span(1))]
            if len(cells) == len(names):
                yield from _private_cells(text, cells, kinds)
            row = _TUPLE.match(text, row.end())
