"""Columns of values as traces have them: texts within bounds, numbers within range, times. Pure.

A value that does not fit is empty, and costs no other value. What a value becomes does not depend on the values
beside it, so that the same trace makes the same rows in any batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from lake import schema
from lake.search_text import cut

_INT64_END: Final = 2**63
#: RFC 3339 with an offset, which is what Arrow reads without guessing.
_TIME: Final = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)$"
_LONG_FRACTION: Final = r"(\.\d{6})\d+"


def texts(values: Sequence[str | None], most_bytes: int) -> pa.Array:
    """Texts of at most so many bytes of UTF-8, cut at a word or a character."""
    try:
        made = pa.array(values, pa.string())
    except UnicodeEncodeError:  # half of a surrogate pair is no text
        return texts([_whole(value) for value in values], most_bytes)
    longest = pc.max(pc.binary_length(made)).as_py() or 0
    if longest <= most_bytes:
        return made
    return pa.array([None if value is None else cut(value, most_bytes) for value in values], pa.string())


def _whole(value: str | None) -> str | None:
    return None if value is None else value.encode("utf-8", "replace").decode()


def integers(values: Sequence[int | None]) -> pa.Array:
    """Integers of 64 bits; others are empty.

    >>> integers([7, 2**70, None]).to_pylist()
    [7, None, None]
    """
    try:
        return pa.array(values, pa.int64())
    except (OverflowError, pa.ArrowInvalid):
        fit = [value if value is not None and -_INT64_END <= value < _INT64_END else None for value in values]
        return pa.array(fit, pa.int64())


def numbers(values: Sequence[float | None]) -> pa.Array:
    """Numbers as they are."""
    return pa.array(values, pa.float64())


def moments(values: Sequence[str | None]) -> pa.Array:
    """Times with an offset, in UTC; a text that is no such time is empty.

    >>> found = moments(["2026-11-23T15:00:00+01:00", "2026-11-23T15:00:00", "1700000000", "2026-13-01T00:00:00Z"])
    >>> [moment and moment.isoformat() for moment in found.to_pylist()]
    ['2026-11-23T14:00:00+00:00', None, None, None]
    """
    told = texts(values, 40)
    try:
        return told.cast(schema.UTC_MICROS)
    except pa.ArrowInvalid:
        short = pc.replace_substring_regex(told, _LONG_FRACTION, r"\1")
        is_time = pc.match_substring_regex(short, _TIME)
        return _cast_each(pc.if_else(is_time, short, pa.scalar(None, pa.string())))


def _cast_each(told: pa.Array) -> pa.Array:
    """The times of a column of texts that look like times: halved until what is none stands alone."""
    try:
        return told.cast(schema.UTC_MICROS)
    except pa.ArrowInvalid:
        if len(told) == 1:
            return pa.nulls(1, schema.UTC_MICROS)
    half = len(told) // 2
    return pa.concat_arrays([_cast_each(told[:half]), _cast_each(told[half:])])


def taken(column: pa.Array, places: Sequence[int | None]) -> pa.Array:
    """The values of ``column`` at these places; empty where there is none."""
    return column.take(pa.array(places, pa.int32()))


def nothing(count: int, kind: Any) -> pa.Array:
    """So many empty values."""
    return pa.nulls(count, kind)
