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


def parse(key: str, blob: bytes) -> ParsedObject:
    """What is in a raw object; nothing is raised and nothing is lost."""
    client_id = client_of_raw_key(key)
    if client_id is None:
        return ParsedObject(key, blob, unreadable="the key is not one that the collector writes")
    try:
        lines = rawlog.unpack(blob)
    except UnreadableRaw as error:
        return ParsedObject(key, blob, unreadable=str(error))
    rows, bad = [], []
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(rawlog.read_line(line, client_id))
        except UnreadableRaw as error:
            bad.append(BadLine(number, line, str(error)))
    return ParsedObject(key, blob, rows, bad, unpacked_bytes=sum(map(len, lines)))
