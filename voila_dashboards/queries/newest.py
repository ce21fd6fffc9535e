"""The newest logs of a filter, so that what has to read wide columns reads so many rows and no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from voila_dashboards.queries.source import Filter, Source

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SINCE: Final = """
    SELECT epoch_us(min(executed_at)) FROM (SELECT executed_at FROM logs {where} ORDER BY executed_at DESC LIMIT ?)
"""


def newest(reader: Source, chosen: Filter, most: int) -> Filter:
    """``chosen``, from where on it is the newest ``most``; a few more where several ran in the same moment."""
    [(since,)] = reader.sql(_SINCE.format(where=chosen.where), [*chosen.values, most])
    narrowed = Filter([*chosen.clauses], [*chosen.values])
    if since is not None:
        narrowed.add("executed_at >= ?", _EPOCH + timedelta(microseconds=since))
    return narrowed
