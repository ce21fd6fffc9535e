"""What the page of tools is drawn from. Times are UTC epoch ms; what was not told is None."""

from __future__ import annotations

from typing import TypedDict


class CallFigures(TypedDict):
    """Calls of a period, how many of them failed, and how long they took; a time is None where none is told."""

    calls: int
    failures: int
    median_ms: float | None
    p95_ms: float | None


class CallCounts(TypedDict):
    """Calls of a period, and how many of them failed."""

    calls: int
    failures: int


class FailedCall(TypedDict):
    """The log with the newest call that failed, and when its run started; UTC epoch ms."""

    client_id: str
    log_id: str
    executed_at_ms: int


class ToolRow(TypedDict):
    """A tool; ``name`` is None for calls that do not say of what. ``share`` is of all calls, from 0 to 1."""

    name: str | None
    current: CallFigures
    previous: CallFigures | None
    share: float | None
    newest_failure: FailedCall | None


class CallGroup(TypedDict):
    """Calls of a client or of a version of the workflow; ``name`` is None where the log names none."""

    name: str | None
    calls: int
    failures: int
    calls_before: int | None
    failures_before: int | None


class ToolsData(TypedDict):
    """Everything the page of tools draws; ``is_behind``: some tickets that are shown lack their calls yet.

    The groups are of all tools, or of the one that was asked for; ``by_client`` is None where there is one client.
    """

    current: CallCounts
    previous: CallCounts | None
    tools: list[ToolRow]
    more_tools: int
    by_client: list[CallGroup] | None
    by_version: list[CallGroup]
    is_behind: bool
