"""Logs that senders say they lost, by reason: one scan over the few logs that tell of losses."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Final, TypedDict

from caselog.losses import REASONS
from lake.losses import read_losses
from voila_dashboards.queries.source import Filter, Source
from voila_dashboards.words import Words

#: Why logs were lost, as the SDKs told; ``other`` where they told none that is known here.
LossReason = Annotated[str, Words("LossReason", (*REASONS, "other"))]


class LostLogs(TypedDict):
    """How many logs were lost for one reason."""

    reason: LossReason
    logs: int


#: What the few logs that tell of losses say, as JSON: most say the same. DuckDB's parser need not take what ours took.
_LOST: Final = """
    SELECT lost_logs, told, count(*)
    FROM (SELECT lost_logs, TRY(extra->'$.sdk.lost') AS told FROM logs {where})
    GROUP BY ALL
"""


def count_losses(reader: Source, chosen: Filter) -> list[LostLogs]:
    """Lost logs by reason, the most frequent first; what no known reason is given for is ``other``."""
    telling = Filter([*chosen.clauses], [*chosen.values]).add("lost_logs > 0")
    by_reason: Counter[str] = Counter()
    for lost, told, logs in reader.sql(_LOST.format(where=telling.where), telling.values):
        for reason, count in _reasons(lost, told).items():
            by_reason[reason] += count * logs
    # Equal counts by name, so that no load differs from the last.
    ordered = sorted((+by_reason).items(), key=lambda each: (-each[1], each[0]))
    return [{"reason": reason, "logs": count} for reason, count in ordered]


def _reasons(lost: int, told: str | None) -> dict[str, int]:
    """``lost`` by reason; ``other`` is what no known reason is given for."""
    known = {
        reason: count for reason, count in read_losses((told or "").encode()).items() if reason in REASONS
    }
    other = lost - sum(known.values())
    return {"other": lost} if other < 0 else {**known, "other": other}
