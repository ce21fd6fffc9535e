"""What is logged: every field of the log's model, and how many tickets have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from caselog.model import LOG_FIELDS, METRICS, SDK_FIELDS, TRACE_PARTS, Field, Metric
from lake.columns import SCOPE_LOGS
from voila_dashboards.pages.mydata.payload import LoggedData, LoggedField, OwnField
from voila_dashboards.queries.newest import newest
from voila_dashboards.queries.source import Filter, Source

#: Fields of a client's own are looked for in so many tickets, and so many are named.
_LOOKED_AT: Final = 500
_MOST_OWN: Final = 50
_LONGEST_NAME: Final = 200
_OWN: Final = "SELECT metrics, extra FROM logs {where} LIMIT ?"

#: How it is told that a ticket has a part of the trace; of the others nothing is counted.
_PARTS: Final = {
    "react_iterations": "react_iterations > 0",
    "tool_calls": "tool_call_count > 0",
    "errors": "error_count > 0",
}
_TOLD: Final[Mapping[str, str]] = {
    **{field.name: f"{field.name} IS NOT NULL" for field in LOG_FIELDS if field.name in SCOPE_LOGS},
    **{
        field.name: f"{field.name} <> ''"
        for field in LOG_FIELDS
        if field.kind == "string" and field.name in SCOPE_LOGS
    },
    "metrics": "metrics <> '{{}}'",  # for `format`
    "trace": "trace_bytes > 0",
    **{f"metrics.{each.name}": f"{each.name} IS NOT NULL" for each in METRICS if each.name in SCOPE_LOGS},
    **{f"trace.{name}": condition for name, condition in _PARTS.items()},
}
_COUNTS: Final = f"""
    SELECT count(*), coalesce(sum(lost_logs), 0)::BIGINT,
           {", ".join(f"count(CASE WHEN {condition} THEN 1 END)" for condition in _TOLD.values())}
    FROM logs {{where}}
"""  # noqa: S608 - columns of our own
_as_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def count_fields(reader: Source, chosen: Filter) -> dict[str, int]:
    """How many of the tickets there are, how many have each field, and how many logs were lost."""
    [row] = reader.sql(_COUNTS.format(where=chosen.where), chosen.values)
    return dict(zip(("tickets", "lost", *_TOLD), row, strict=True))


def find_own(reader: Source, chosen: Filter) -> tuple[Counter[str], int]:
    """Fields and metrics that the model does not know, in the newest tickets; and how many of these were looked at."""
    few = newest(reader, chosen, _LOOKED_AT)
    rows = reader.sql(_OWN.format(where=few.where), [*few.values, _LOOKED_AT])
    found: Counter[str] = Counter()
    for metrics, extra in rows:
        found.update(_names(extra) - {"sdk"})
        found.update(f"metrics.{name}" for name in _names(metrics) - _KNOWN_METRICS)
    return found, len(rows)


_KNOWN_METRICS: Final = {metric.name for metric in METRICS}


def _names(told: str | None) -> set[str]:
    """The names of an object's fields, of its JSON."""
    try:
        return {name[:_LONGEST_NAME] for name in _as_object((told or "{}").encode())}
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return set()


def logged(counts: Mapping[str, int], own: Mapping[str, int], looked_at: int) -> LoggedData:
    """The log's model, with ``counts`` of `count_fields`, and with what `find_own` found."""
    ordered = sorted(own.items(), key=lambda each: (-each[1], each[0]))
    shown: list[OwnField] = [{"name": name, "tickets": tickets} for name, tickets in ordered[:_MOST_OWN]]
    return {
        "fields": _fields(LOG_FIELDS, counts, ""),
        "metrics": _fields(METRICS, counts, "metrics."),
        "parts": [
            {"name": name, "fields": _fields(fields, {}, ""), "tickets": counts.get(f"trace.{name}")}
            for name, fields in TRACE_PARTS.items()
        ],
        "by_sdk": _fields(SDK_FIELDS, {}, ""),
        "own": shown,
        "more_own": len(ordered) - len(shown),
        "looked_at": looked_at,
    }


def _fields(fields: Iterable[Field | Metric], counts: Mapping[str, int], within: str) -> list[LoggedField]:
    return [
        {
            "name": field.name,
            "kind": field.kind,
            "meaning": field.meaning,
            "tickets": counts.get(within + field.name),
        }
        for field in fields
    ]
