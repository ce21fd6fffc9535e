"""Whether a row, a line or a text is what a deletion names."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from access.deletions import Deletion, Kind
from lake import rawlog
from lake.errors import UnreadableRaw
from lake.id_list import digest_of
from lake.layout import raw_prefix
from lake.rawlog import RawRow
from lake.subjects import MAY_TELL
from lake.table_search import Find

#: A ticket's id in text that no parser takes, also where its quotes are those of JSON inside a string.
_TICKET_ID: Final = re.compile(r'"ticket_id\\*"\s*:\s*\\*"((?:[^"\\]|\\.)*?)\\*"')
_TICKET: Final = "ticket_id"


class Matcher:
    """What one deletion removes. ``ids`` are the digests of the logs that it is known to be about."""

    def __init__(self, deletion: Deletion, ids: Collection[bytes]) -> None:
        self.deletion = deletion
        self._ids = ids
        self._subject = deletion.subject

    @property
    def columns(self) -> tuple[str, ...]:
        """The column that tells a ticket; a subject may be told in any text."""
        return (_TICKET,) if self.deletion.kind is Kind.TICKET else ()

    def names(self, client_id: str, log_id: str) -> bool:
        """Whether the log is known to be one of those that are deleted."""
        return bool(self._ids) and digest_of(client_id, log_id) in self._ids

    def is_meant(self, row: RawRow) -> bool:
        """Whether the log is one of those that are deleted; by its id, or by what it says and when it was."""
        if not self.deletion.concerns(row.log["client_id"]):
            return False
        if self.deletion.kind is Kind.CLIENT or self.names(*row.identity):
            return True
        if not self.deletion.covers(row.log["executed_at"], row.log["received_at"]):
            return False
        if self.deletion.kind is Kind.TICKET:
            return self.deletion.is_ticket(row.log[_TICKET])
        return self._subject.stands_in_any(_texts_of(row))

    def is_meant_line(self, line: bytes, client_id: str | None) -> bool:
        """Whether a line is such a log, or cannot be read as one and tells of it."""
        row = None if client_id is None else _row_of(line, client_id)
        return self.tells(line) if row is None else self.is_meant(row)

    def tells(self, text: bytes) -> bool:
        """Whether bytes that are no log tell of what is deleted."""
        words = text.decode("utf-8", "replace")
        if self.deletion.kind is Kind.CLIENT:
            return raw_prefix(str(self.deletion.client_id)).removeprefix("raw/") in words
        if self.deletion.kind is Kind.TICKET:
            return any(map(self.deletion.is_ticket, _ticket_ids(words)))
        return self._subject.stands_in(words)

    def finder(self, client_id: str, texts: Collection[str]) -> Find:
        """Finds rows of this client's files that are meant, whatever their times; ``texts`` are columns of text."""
        return lambda rows: self._find(rows, client_id, texts)

    def _find(self, rows: pa.Table, client_id: str, texts: Collection[str]) -> set[int]:
        found = self._find_ids(rows, client_id) if self._ids else set()
        if self.deletion.kind is Kind.TICKET:
            return found | self._find_ticket(rows)
        for name in texts:
            if name in rows.column_names:
                found |= self._find_subject(rows[name])
        return found

    def _find_ids(self, rows: pa.Table, client_id: str) -> set[int]:
        ids = rows["log_id"].to_pylist()
        return {place for place, log_id in enumerate(ids) if digest_of(client_id, log_id) in self._ids}

    def _find_ticket(self, rows: pa.Table) -> set[int]:
        if _TICKET not in rows.column_names:
            return set()
        return {p for p, each in enumerate(rows[_TICKET].to_pylist()) if self.deletion.is_ticket(each)}

    def _find_subject(self, column: pa.ChunkedArray) -> set[int]:
        may = pc.fill_null(pc.match_substring_regex(column, MAY_TELL), fill_value=False)
        places = pc.indices_nonzero(may).to_pylist()
        return {place for place in places if self._subject.stands_in(column[place].as_py())}


def _row_of(line: bytes, client_id: str) -> RawRow | None:
    """The log in a line, or ``None`` where it is none; a line that breaks the parser is looked at as text."""
    try:
        return rawlog.read_line(line, client_id)
    except UnreadableRaw:
        return None
    except Exception:  # noqa: BLE001 - as in `lake.rawobject`
        return None


def _texts_of(row: RawRow) -> Iterator[str | None]:
    log: Mapping[str, Any] = row.log
    yield from (value for value in log.values() if isinstance(value, str))
    yield row.trace


def _ticket_ids(text: str) -> Iterator[str]:
    for found in _TICKET_ID.finditer(text):
        try:
            yield str(json.loads(f'"{found[1]}"'))
        except ValueError:
            yield found[1]
