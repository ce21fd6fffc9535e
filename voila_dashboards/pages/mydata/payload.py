"""What the page of a client's data is drawn from. Times are UTC epoch ms; what nobody counted is None."""

from __future__ import annotations

from typing import TypedDict

from voila_dashboards.client_facts import ClientFacts
from voila_dashboards.queries.losses import LostLogs


class LoggedField(TypedDict):
    """A field that a log may have, as the log's model says; ``tickets`` of the period have it."""

    name: str
    kind: str
    meaning: str
    tickets: int | None


class LoggedPart(TypedDict):
    """A part of the trace and what may stand in it."""

    name: str
    fields: list[LoggedField]
    tickets: int | None


class OwnField(TypedDict):
    """A field or metric that the model does not know; so many of the tickets that were looked at have it."""

    name: str
    tickets: int


class LoggedData(TypedDict):
    """What is logged; ``own`` are of the newest ``looked_at`` tickets, the most frequent first, and ``more_own``."""

    fields: list[LoggedField]
    metrics: list[LoggedField]
    parts: list[LoggedPart]
    by_sdk: list[LoggedField]
    own: list[OwnField]
    more_own: int
    looked_at: int


class MaskedValues(TypedDict):
    """How many values of a kind one rule masked, in how many tickets."""

    kind: str
    rule: str
    values: int
    tickets: int


class MaskedData(TypedDict):
    """What was masked before it was sent, the most first, in the newest ``looked_at`` tickets of the period.

    ``tickets`` are those of them in which anything was, ``without_sdk`` those that no SDK sent, which masks; ``more``
    are rules that are not listed.
    """

    rules: list[MaskedValues]
    more: int
    values: int
    tickets: int
    without_sdk: int
    looked_at: int


class Arrived(TypedDict):
    """Tickets of the period, how many came with their trace, and what was lost; ``oldest_ms`` of all that are kept."""

    tickets: int
    with_trace: int
    lost: int
    lost_by_reason: list[LostLogs]
    oldest_ms: int | None


class ClientData(TypedDict):
    """Everything of one client; ``facts`` are None where none are to be had."""

    client_id: str
    arrived: Arrived
    logged: LoggedData
    masked: MaskedData
    facts: ClientFacts | None


class ClientRow(TypedDict):
    """A client to choose: its tickets of the period, and logs that it lost."""

    client_id: str
    tickets: int
    with_trace: int
    lost: int


class MyData(TypedDict):
    """One client's data, or where none is chosen the clients there are to choose from, and how many more."""

    of_client: ClientData | None
    to_choose: list[ClientRow]
    more_to_choose: int
