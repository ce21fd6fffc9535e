"""What was masked before logs were sent, by kind and by rule, as the SDKs told it in the field ``sdk.masked``.

That stands in a wide column, so what is read is bounded by a number of tickets, the newest, whatever the period.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, TypedDict

import msgspec

from lake.losses import read_losses as read_counts
from voila_dashboards.pages.mydata.payload import MaskedData, MaskedValues
from voila_dashboards.queries.newest import newest
from voila_dashboards.queries.source import Filter, Source

#: The page says how many it looked at.
MOST_TICKETS: Final = 5_000
_MOST_RULES: Final = 100
_LONGEST_NAME: Final = 100
#: The SDK names 20 paths of a kind, of 200 letters; what tells more is no SDK's.
_LONGEST_TOLD: Final = 100_000

_TOLD: Final = """
    SELECT CASE WHEN length(told) <= ? THEN told END, is_of_sdk FROM (
        SELECT TRY(json_extract(extra, '$.sdk.masked'))::VARCHAR AS told,
               coalesce(json_type(TRY(json_extract(extra, '$.sdk'))) = 'OBJECT', false) AS is_of_sdk
        FROM logs {where} LIMIT ?)
"""


class _Listed(TypedDict):
    rules: list[MaskedValues]
    more: int
    values: int


class _Kind(msgspec.Struct):
    """``rules`` to their numbers of values; an older SDK names none, only how many there were."""

    rules: msgspec.Raw = msgspec.Raw(b"null")
    count: msgspec.Raw = msgspec.Raw(b"null")


_as_kinds = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_as_kind = msgspec.json.Decoder(_Kind).decode


def count_masked(reader: Source, chosen: Filter, tickets: int) -> MaskedData:
    """Values that were masked, by kind and rule; ``tickets`` is how many ``chosen`` are."""
    few = newest(reader, chosen, MOST_TICKETS) if tickets > MOST_TICKETS else chosen
    told = reader.sql(_TOLD.format(where=few.where), [_LONGEST_TOLD, *few.values, MOST_TICKETS])
    values: Counter[tuple[str, str]] = Counter()
    in_tickets: Counter[tuple[str, str]] = Counter()
    masked = 0
    for each, _ in told:
        found = dict(_read(each.encode())) if each else {}
        values.update(found)
        in_tickets.update(found.keys())
        masked += bool(found)
    without_sdk = sum(not is_of_sdk for _, is_of_sdk in told)
    return {
        **_listed(values, in_tickets),
        "tickets": masked,
        "without_sdk": without_sdk,
        "looked_at": min(tickets, MOST_TICKETS),
    }


def _read(told: bytes) -> Iterator[tuple[tuple[str, str], int]]:
    """Kinds and rules with their values, of what one log tells; what is none is left out."""
    try:
        kinds = _as_kinds(told)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return
    for kind, raw in kinds.items():
        for rule, number in _rules(kind, raw).items():
            if number:
                yield (kind[:_LONGEST_NAME], rule[:_LONGEST_NAME]), number


def _rules(kind: str, told: msgspec.Raw) -> dict[str, int]:
    """Values by rule; by the kind alone where no rule is named."""
    try:
        entry = _as_kind(told)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    if bytes(entry.rules) != b"null":
        return read_counts(bytes(entry.rules))
    number = read_counts(b'{"count":%b}' % bytes(entry.count)).get("count")
    return {} if number is None else {kind: number}


def _listed(values: Counter[tuple[str, str]], in_tickets: Counter[tuple[str, str]]) -> _Listed:
    # Equal counts by name, so that no load differs from the last.
    ordered = sorted(values.items(), key=lambda each: (-each[1], each[0]))
    rules: list[MaskedValues] = [
        {"kind": kind, "rule": rule, "values": count, "tickets": in_tickets[kind, rule]}
        for (kind, rule), count in ordered[:_MOST_RULES]
    ]
    return {"rules": rules, "more": len(ordered) - len(rules), "values": values.total()}
