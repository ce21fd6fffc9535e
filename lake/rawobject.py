"""One raw object as ETL and reader see it: its rows, and what could not be read of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lake import rawlog
from lake.errors import UnreadableRaw
from lake.layout import client_of_raw_key


@dataclass(frozen=True)
class BadLine:
    """A line that is no log: its number in its object, from 1, and why."""

    number: int
    line: bytes
    reason: str


@dataclass(frozen=True)
class ParsedObject:
    """A raw object: its rows, its bad lines, or why nothing of it could be read."""

    key: str
    blob: bytes
    rows: Sequence[rawlog.RawRow] = ()
    bad_lines: Sequence[BadLine] = ()
    unreadable: str | None = None
    unpacked_bytes: int = 0


@dataclass(frozen=True)
class Unpacked:
    """A raw object and its text, or why it has none; ``is_utf8`` is whether all of the text is."""

    key: str
    blob: bytes
    text: bytes = b""
    is_utf8: bool = True
    unreadable: str | None = None


def parse(key: str, blob: bytes) -> ParsedObject:
    """What is in a raw object; nothing is raised and nothing is lost."""
    return parse_unpacked(unpack(key, blob))


def unpack(key: str, blob: bytes) -> Unpacked:
    """The first part of `parse`, which hardly needs the interpreter."""
    if client_of_raw_key(key) is None:
        return Unpacked(key, blob, unreadable="the key is not one that the collector writes")
    try:
        text = rawlog.unpack_text(blob)
    except UnreadableRaw as error:
        return Unpacked(key, blob, unreadable=str(error))
    return Unpacked(key, blob, text, rawlog.is_utf8(text))


def parse_unpacked(found: Unpacked) -> ParsedObject:
    """The second part of `parse`."""
    client_id, text = client_of_raw_key(found.key), found.text
    if found.unreadable is not None or client_id is None:
        return ParsedObject(found.key, found.blob, unreadable=found.unreadable)
    rows, bad = [], []
    for number, (start, end) in enumerate(rawlog.find_lines(text), start=1):
        try:
            rows.append(rawlog.read_line_at(text, start, end, client_id, is_split=found.is_utf8))
        except UnreadableRaw as error:
            bad.append(BadLine(number, text[start:end], str(error)))
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a line of one client must not stop the others
            bad.append(BadLine(number, text[start:end], f"reading the line failed ({type(error).__name__})"))
    return ParsedObject(found.key, found.blob, rows, bad, unpacked_bytes=len(text))
