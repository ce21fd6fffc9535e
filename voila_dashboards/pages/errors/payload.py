"""What the page of errors is drawn from. Times are UTC epoch ms; what was not told is None."""

from __future__ import annotations

from typing import TypedDict

from voila_dashboards.queries.error_kinds import NewestTicket


class VersionCount(TypedDict):
    """Errors of one version of the workflow; None where the log names none."""

    version: str | None
    errors: int


class ErrorKind(TypedDict):
    """Errors of one type, node and tool; what is None was not told.

    Where the type is none, or says no more than that it is an error, they also have one ``message_pattern``: their
    messages without numbers, ids, paths and quoted values.

    ``before`` are those of the time before, None where there is none to compare with. ``clients`` may be more than
    those named, and versions too. Times are UTC epoch ms, of when the runs started; they and the counts but ``before``
    are of the period. A kind that was seen in the time before only has 0 errors and no newest ticket.
    """

    type: str | None
    message_pattern: str | None
    node: str | None
    tool: str | None
    errors: int
    before: int | None
    tickets: int
    in_successes: int
    first_seen_ms: int | None
    last_seen_ms: int | None
    clients: int
    client_ids: list[str]
    versions: list[VersionCount]
    more_versions: int
    newest: NewestTicket | None


class ErrorTotals(TypedDict):
    """What went wrong in a period.

    ``tickets`` ran; ``tickets_with_errors`` had an error; ``failed_calls`` are tool calls, in
    ``tickets_with_failed_calls``, of which ``successes_with_failed_calls`` ended as SUCCESS.
    """

    errors: int
    tickets: int
    tickets_with_errors: int
    failed_calls: int
    tickets_with_failed_calls: int
    successes_with_failed_calls: int


class ErrorsData(TypedDict):
    """Everything the page of errors draws.

    ``failed_untold`` are tickets of the period that ended as FAILED and tell of no error; None where only some kinds
    are looked at. ``is_behind``: some tickets that are counted lack their errors yet.
    """

    current: ErrorTotals
    previous: ErrorTotals | None
    failed_untold: int | None
    kinds: list[ErrorKind]
    more_kinds: int
    is_behind: bool
