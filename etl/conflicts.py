"""A log that is sent again with another content: the first stands, the other is counted and kept to be looked up.

Content is everything but ``received_at`` and the SDK's own word on the sending, ``sdk``; of the trace, each byte. A log
that comes again without its trace (METRICS_ONLY, meanwhile) says nothing else where its small fields are the same.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from caselog.model import LOG_FIELDS
from etl.quarantine import CONFLICTS, CONFLICTS_REASON
from lake import columns, rawlog
from lake.layout import quarantine_key
from lake.raw_rows import numbered_rows
from lake.rawlog import RawRow
from lake.rawobject import ParsedObject
from lake.snapshot import Lake
from lake.store import Store

_REASON: Final = "a log with this log_id and another content was received before; that one stands"
#: What a log of the table is compared by before anybody reads its trace.
_FIELDS: Final = tuple(field.name for field in LOG_FIELDS if field.name != "trace")
_COLUMNS: Final = (*_FIELDS, "trace_bytes", "extra")
_TYPES: Final[dict[str, Any]] = {"string": str, "integer": int, "number": float, "timestamp": datetime}
_COLUMN_TYPES: Final = {field.name: _TYPES.get(field.kind, Any) for field in LOG_FIELDS}


@dataclass(frozen=True)
class _Repeated:
    """A row whose log stands elsewhere: its object and the number of its line, from 0."""

    parsed: ParsedObject
    line: int
    row: RawRow


def set_aside(
    lake: Lake,
    objects: Sequence[ParsedObject],
    added: Iterable[RawRow],
    dropped: Collection[tuple[str, str]] = frozenset(),
) -> int:
    """Keep those rows of ``objects`` below ``quarantine/`` that say something else than what stands; how many.

    ``added`` are the rows that were added to the tables now, ``dropped`` logs that are to stand nowhere. Doing it
    twice writes the same objects again.
    """
    standing = {row.identity: row for row in added}
    different: list[_Repeated] = []
    in_tables: list[_Repeated] = []
    for parsed in objects:
        for line, row in numbered_rows(parsed):
            if row.identity in dropped:
                continue
            first = standing.get(row.identity)
            if first is None:
                in_tables.append(_Repeated(parsed, line, row))
            elif first is not row and _is_different(row, first):
                different.append(_Repeated(parsed, line, row))
    different += _different_from_tables(lake, in_tables)
    _write(lake.store, different)
    return len(different)


def _is_different(later: RawRow, first: RawRow) -> bool:
    if not _are_alike(later.log, first.log):
        return True
    is_retired = first.raw_trace is None and first.log["trace_bytes"] > 0
    return later.trace is not None and not is_retired and later.trace != first.trace


def _are_alike(later: Mapping[str, Any], first: Mapping[str, Any], unknown: Collection[str] = ()) -> bool:
    """Whether the small fields are the same, and the size of the trace where there is one."""
    has_other_trace = later["trace_bytes"] not in (0, first["trace_bytes"])
    return not has_other_trace and _content(later, unknown) == _content(first)


def _content(log: Mapping[str, Any], without: Collection[str] = ()) -> dict[str, Any]:
    """What a log says, by name, but for the fields of ``without``; what it does not say is left out.

    A field that has a column now stands in ``extra`` where an earlier version stored the log.
    """
    fields = {name: log[name] for name in _FIELDS if log.get(name) is not None}
    for name, value in _extra(log["extra"]).items():
        if name in _FIELDS:
            fields.setdefault(name, _as_in_column(name, value))
        elif name not in without:
            fields[name] = value
    return fields


def _extra(extra: str | None) -> dict[str, Any]:
    # Text of any sender: what no parser takes is compared as it is.
    try:
        fields = msgspec.json.decode(extra or "{}", type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return {"": extra}
    return {name: bytes(value) for name, value in fields.items() if name != "sdk"}


def _as_in_column(name: str, value: bytes) -> Any:
    """The value as its column would hold it; as it is where no column can."""
    try:
        return msgspec.json.decode(value, type=_COLUMN_TYPES[name])
    except (msgspec.DecodeError, RecursionError, KeyError):
        return value


def _different_from_tables(lake: Lake, repeated: Sequence[_Repeated]) -> list[_Repeated]:
    if not repeated:
        return []
    wanted = {each.row.identity for each in repeated}
    pinned = lake.logs.pin()
    # What a later version stored in columns that are not known here cannot be compared.
    unknown = pinned.column_names - columns.LOGS.keys()
    stored = {_identity(log): log for log in pinned.find(wanted, _COLUMNS)}
    different: list[_Repeated] = []
    alike: list[_Repeated] = []
    for each in repeated:
        first = stored.get(each.row.identity, each.row.log)
        (alike if _are_alike(each.row.log, first, unknown) else different).append(each)
    return [*different, *_with_another_trace(lake, [each for each in alike if each.row.trace is not None])]


def _with_another_trace(lake: Lake, repeated: Sequence[_Repeated]) -> list[_Repeated]:
    """Those whose trace is not the one in the table; a trace that was retired is like any."""
    if not repeated:
        return []
    by_identity: dict[tuple[str, str], list[_Repeated]] = defaultdict(list)
    for each in repeated:
        by_identity[each.row.identity].append(each)
    unlike: dict[int, _Repeated] = {}
    alike: set[int] = set()
    # A trace may stand twice in the table, where a run was killed: one that is alike is enough.
    for stored in lake.traces.pin().find(by_identity.keys(), ("trace",)):
        for each in by_identity[_identity(stored)]:
            if each.row.trace == stored["trace"]:
                alike.add(id(each))
            else:
                unlike[id(each)] = each
    return [each for place, each in unlike.items() if place not in alike]


def _identity(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["client_id"], row["log_id"]


def _write(store: Store, different: Sequence[_Repeated]) -> None:
    by_object: dict[str, list[_Repeated]] = defaultdict(list)
    for each in different:
        by_object[each.parsed.key].append(each)
    for key, rows in by_object.items():
        numbers = sorted(each.line for each in rows)
        lines = rawlog.unpack(rows[0].parsed.blob)
        store.put(quarantine_key(key, CONFLICTS), b"".join(lines[n] + b"\n" for n in numbers))
        reasons = [{"line": number + 1, "reason": _REASON} for number in numbers]
        text = json.dumps({"object": key, "lines": reasons}, indent=1)
        store.put(quarantine_key(key, CONFLICTS_REASON), text.encode())
