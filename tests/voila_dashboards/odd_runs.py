"""Odd runs of three clients: what is sent of each, and what stands in its trace."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.voila_dashboards.page_lake import NOW, log

CATEGORIES: Final = ("refund", "Refund ", "返金\u3000依頼", " ", "x" * 250, "a\u200db", "", None)
STATUSES: Final = (
    "SUCCESS",
    "SUCCESS",
    "SUCCESS",
    "FAILED",
    "ESCALATED",
    "NEEDS_INFO",
    "ON_HOLD",
    "ÜBERGEBEN",
)
VERSIONS: Final = ("2.2", "2.3", "2.3-beta ", "", None)
#: Above 2^53, where a number of JavaScript is not exact any more.
BIG: Final = 107_505_301_260_286_111
_TOOLS: Final = ("find", "pay_back", "メール", "", None)
_NODES: Final = ("plan", "resolve", "")
_TYPES: Final = ("Timeout", "HTTPError", "")


@dataclass(frozen=True)
class Call:
    """A tool call as it is sent, and whether it failed."""

    name: str | None
    node: str
    duration_ms: float | None
    failed: bool


@dataclass(frozen=True)
class Failure:
    """An error as a page counts it; ``said`` is the pattern of its message where it has no type."""

    type: str | None
    node: str | None
    tool: str | None
    said: str | None = None


@dataclass(frozen=True)
class Run:
    """A log as it is sent, its time, and what stands in its trace."""

    log: dict[str, Any]
    calls: tuple[Call, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def moment(self) -> datetime:
        """When it ran, UTC."""
        return datetime.fromisoformat(self.log["executed_at"]).astimezone(UTC)

    @property
    def moment_ms(self) -> int:
        """The same as whole UTC epoch ms."""
        return (self.moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    @property
    def failed_calls(self) -> int:
        """How many tool calls failed."""
        return sum(call.failed for call in self.calls)

    @property
    def errors(self) -> int:
        """What its metrics say, otherwise how many errors its trace lists."""
        listed = len((self.log["trace"] or {}).get("errors", ()))
        return int(self.log["metrics"].get("error_count", listed))

    @property
    def lost(self) -> int:
        """Logs that its sender says it lost."""
        return sum(self.log.get("sdk", {}).get("lost", {}).values())


# ---------------------------------------------------------------- making them


def make_runs(seed: int = 12, count: int = 420) -> list[Run]:
    """Runs of three clients; each log has an id of its own within its client."""
    chance = random.Random(seed)
    runs = [_run(chance, number, _moment(chance, number)) for number in range(count)]
    for start in _NIGHTS:
        runs += [
            _run(
                chance,
                10_000 * (place + 1) + _NIGHTS.index(start) * 100,
                start + timedelta(minutes=17 * place),
            )
            for place in range(16)
        ]
    far = [datetime(1999, 12, 31, 23, 30, tzinfo=UTC), datetime(2027, 1, 1, 0, 30, tzinfo=UTC)]
    return runs + [_run(chance, 900_000 + place, moment) for place, moment in enumerate(far)]


#: Shortly before clocks are put forward or back: Berlin, Los Angeles, Lord Howe.
_NIGHTS: Final = tuple(
    datetime(*each, tzinfo=UTC)
    for each in ((2026, 3, 28, 22), (2026, 10, 24, 22), (2026, 11, 1, 6), (2026, 10, 3, 13))
)


def _moment(chance: random.Random, number: int) -> datetime:
    minutes = chance.randrange(65 * 1440 if number % 4 else 2 * 1440)
    return NOW - timedelta(minutes=minutes, microseconds=chance.randrange(60_000_000))


def _run(chance: random.Random, number: int, moment: datetime) -> Run:
    calls = tuple(_call(chance) for _ in range(chance.choice((0, 1, 2, 5))))
    listed = [_listed(chance, number, place) for place in range(chance.choice((0, 0, 1, 2)))]
    trace, failures = _trace(chance, calls, listed, number)
    offset = timedelta(minutes=chance.choice((0, 0, 330, -480)))
    made = log(
        f"{BIG + number}",
        client=chance.choice(("acme", "acme", "globex", "initech")),
        executed_at=(moment + offset).replace(tzinfo=None).isoformat() + _offset(offset),
        status=chance.choice(STATUSES),
        category=chance.choice(CATEGORIES),
        workflow_version=chance.choice(VERSIONS),
        environment=chance.choice(("live", "staging", None)),
        execution_time_seconds=chance.randrange(0, 4000) / 16,
        metrics=_metrics(chance),
        trace=trace if number % 5 else None,
    )
    if chance.random() < 0.05:
        made["sdk"] = {"name": "caselog-python", "lost": {"network": chance.randrange(1, 4), "odd": 1}}
    return Run(made, calls, failures) if number % 5 else Run(made)


def _offset(offset: timedelta) -> str:
    minutes = offset // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _metrics(chance: random.Random) -> dict[str, Any]:
    told = {
        "error_count": chance.randrange(3),
        "input_tokens": chance.randrange(5000),
        "output_tokens": chance.randrange(500),
        "cost_usd": chance.randrange(64) / 32,
        "account": BIG,
    }
    return {name: value for name, value in told.items() if chance.random() < 0.7}


def _call(chance: random.Random) -> Call:
    duration = chance.choice((None, float(chance.randrange(1, 9000))))
    return Call(chance.choice(_TOOLS), chance.choice(_NODES), duration, chance.random() < 0.2)


def _listed(chance: random.Random, number: int, place: int) -> dict[str, Any]:
    said = {
        "type": chance.choice(_TYPES),
        "message": f"listed {number:08}-{place}",
        "node": chance.choice(_NODES),
    }
    return {**said, "name": "find"} if chance.random() < 0.3 else said


def _trace(
    chance: random.Random, calls: Sequence[Call], listed: list[dict[str, Any]], number: int
) -> tuple[dict[str, Any], tuple[Failure, ...]]:
    """The trace, and its errors: those that are listed, and of each call that failed its own that no entry tells of."""
    failures = [
        Failure(each["type"], each["node"], each.get("name"), None if each["type"] else "listed …")
        for each in listed
    ]
    iterations = []
    told = chance.random() < 0.5
    for place, call in enumerate(calls):
        sent: dict[str, Any] = {"status": "ok"}
        if call.failed:
            sent, kind = _failed(chance, f"failed {number:08}-{place}", listed)
            if told and sent.get("error"):
                # An entry with the same words tells of this call: one error, not two, of its tool.
                listed.append({"type": "Told", "message": f"failed {number:08}-{place}", "node": "report"})
                failures.append(Failure("Told", "report", call.name))
                sent["error"] = f"failed {number:08}-{place}"
            else:
                said = "failed …" if kind is None and "error" in sent else None
                failures.append(Failure(kind, call.node, call.name, said))
        told = False
        tool = {"name": call.name, "duration_ms": call.duration_ms, **sent}
        iterations.append({"node": call.node, "tool_calls": [tool]})
    nodes = [{"name": "intake", "status": "ok"}]
    if number % 7 == 3:  # and nothing else tells of it
        nodes.append({"name": "charge", "status": "Timeout"})
        failures.append(Failure(None, "charge", None))
    return {"nodes": nodes, "react_iterations": iterations, "errors": listed}, tuple(failures)


def _failed(chance: random.Random, message: str, listed: Sequence[Any]) -> tuple[dict[str, Any], str | None]:
    """How a call says that it failed: by its status alone only where no entry could be meant by it."""
    if not listed and chance.random() < 0.3:
        return {"status": "Error"}, None
    if chance.random() < 0.5:
        return {"status": "error", "error": {"type": "HTTPError", "message": message}}, "HTTPError"
    return {"status": "ok", "error": message}, None
