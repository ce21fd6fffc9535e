"""One error of a trace, as it becomes a row. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorRow:
    """One error: of which list of the trace (``source``), and the place in it of the part that has it."""

    source: str
    place: int
    type: str | None
    message: str | None
    node: str | None = None
    name: str | None = None
    started_at: str | None = None
