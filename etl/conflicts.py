"""A log that is sent again with another content: the first stands, the other is counted and kept to be looked up.

Content is everything but ``received_at`` and the SDK's own word on the sending, ``sdk``; of the trace, each byte.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from caselog.model import LOG_FIELDS
from lake import rawlog
from lake.layout import quarantine_key
from lake.raw_rows import numbered_rows
from lake.rawlog import RawRow
from lake.rawobject import ParsedObject
from lake.snapshot import Lake
from lake.store import Store

_REASON: Final = "a log with this log_id and another content was received before; that one stands"
#: What a log of the table is compared by before anybody reads its trace.
_FIELDS: Final = (*(field.name for field in LOG_FIELDS if field.name != "trace"), "trace_bytes")
_COLUMNS: Final = (*_FIELDS, "extra")


@dataclass(frozen=True)
class _Repeated:
    """A row whose log stands elsewhere: its object and the number of its line, from 0."""

    parsed: ParsedObject
    line: int
    row: RawRow


def set_aside(lake: Lake, objects: Sequence[ParsedObject], added: Iterable[RawRow]) -> int:
    """Keep those rows of ``objects`` below ``quarantine/`` that say something else than what stands; how many.

    ``added`` are the rows that were added to the tables now. Doing it twice writes the same objects again.
    """
    standing = {row.identity: row for row in added}
    different: list[_Repeated] = []
    in_tables: list[_Repeated] = []
    for parsed in objects:
        for line, row in numbered_rows(parsed):
            first = standing.get(row.identity)
            if first is None:
                in_tables.append(_Repeated(parsed, line, row))
            elif first is not row and _is_different(row, first):
                different.append(_Repeated(parsed, line, row))
    different += _different_from_tables(lake, in_tables)
    _write(lake.store, different)
    return len(different)


def _is_different(one: RawRow, other: RawRow) -> bool:
    return _content(one.log) != _content(other.log) or one.trace != other.trace


def _content(log: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*(log.get(name) for name in _FIELDS), _without_sdk(log["extra"]))


def _without_sdk(extra: str | None) -> Any:
    # Text of any sender: what no parser takes is compared as it is.
    try:
        fields = msgspec.json.decode(extra or "{}", type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return extra
    return {name: bytes(value) for name, value in fields.items() if name != "sdk"}


def _different_from_tables(lake: Lake, repeated: Sequence[_Repeated]) -> list[_Repeated]:
    if not repeated:
        return []
    wanted = {each.row.identity for each in repeated}
    stored = {_identity(log): _content(log) for log in lake.logs.pin().find(wanted, _COLUMNS)}
    different: list[_Repeated] = []
    alike: list[_Repeated] = []
    for each in repeated:
        content = _content(each.row.log)
        is_alike = stored.get(each.row.identity, content) == content
        (alike if is_alike else different).append(each)
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
        store.put(quarantine_key(key, "conflicts.ndjson"), b"".join(lines[n] + b"\n" for n in numbers))
        reasons = [{"line": number + 1, "reason": _REASON} for number in numbers]
        text = json.dumps({"object": key, "lines": reasons}, indent=1)
        store.put(quarantine_key(key, "conflicts.reason.json"), text.encode())
