"""Logs for the pages: real runs in the shape of our trace, ugly ones, and a lake that holds them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from access.viewer import Viewer
from lake import layout, rawlog
from lake.reader import read_lake
from lake.scope import EVERYONE, Scope
from lake.snapshot import Lake
from lake.store import open_store
from voila_dashboards.kernel.sources import LakeSource

NOW: Final = datetime(2026, 11, 23, 14, tzinfo=UTC)
NOW_MS: Final = int(NOW.timestamp()) * 1000
DAY: Final = timedelta(days=1)

PROVIDER: Final = Viewer("olivia", "Olivia Ops", EVERYONE)
ACME: Final = Viewer("ann", "Ann Acme", Scope.of("acme"))
MANAGER: Final = Viewer("mia", "Mia Manager", Scope.of("acme", "globex"))

#: Markup that would do something if it were ever taken for markup.
MARKUP: Final = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>\'"&lt;'

#: Traces as broken workflows send them: every one of them must still open.
UGLY: Final[dict[str, Any]] = {
    "nothing": {},
    "a list": [1, 2, 3],
    "text": "just text",
    "a number": 7,
    "false": False,
    "nodes by name": {
        "nodes": {"plan": {"duration_ms": "120"}, "act": {"status": "error", "error": {"code": 5}}}
    },
    "scalars for lists": {
        "nodes": "none",
        "react_iterations": 3,
        "tool_calls": True,
        "errors": "x",
        "messages": 1,
    },
    "nulls everywhere": {
        "nodes": [None, {"name": None, "started_at": None, "duration_ms": None}],
        "react_iterations": [None, {"iteration": None, "node": None, "tool_calls": None}, "text", 5],
        "tool_calls": [None],
        "errors": [None, "text", {"type": None, "stacktrace": None}],
        "messages": [None, "hi", {"role": None, "content": None}],
        "final_response": None,
    },
    "numbers as text": {
        "nodes": [
            {"name": 5, "started_at": "yesterday", "duration_ms": "-3"},
            {"name": "b", "duration_ms": "1e999"},
        ],
        "react_iterations": [{"iteration": "two", "input_tokens": "many", "duration_ms": {"ms": 3}}],
    },
    "a wrong clock": {
        "nodes": [
            {"name": "a", "started_at": "2026-11-23T10:00:00Z", "duration_ms": 10},
            {"name": "b", "started_at": "1970-01-01T00:00:00Z", "duration_ms": 10},
            {"name": "c", "started_at": "9999-12-31T23:59:59Z", "duration_ms": 1e308},
        ]
    },
    "odd contents": {
        "messages": [
            {"role": ["x"], "content": [{"type": "text", "text": "part"}]},
            {"content": {"a": [{}]}},
        ],
        "final_response": {"a": [1, {"b": None}]},
        "errors": {"message": "a single one"},
        "of_our_own": {"deep": [[[[[[1]]]]]]},
    },
    "keys of objects": {
        "__proto__": {"x": 1},
        "constructor": 1,
        "nodes": [{"name": "__proto__"}, {"name": "toString"}],
    },
}


def log(
    ticket_id: str,
    *,
    client: str = "acme",
    age: timedelta = timedelta(hours=1),
    trace: Any = None,
    **fields: Any,
) -> dict[str, Any]:
    """A log of ``client`` that ran ``age`` before now; `log_id` is made of the ticket's id unless given."""
    return {
        "schema_version": 1,
        "log_id": f"log-of-{ticket_id}",
        "client_id": client,
        "ticket_id": ticket_id,
        "executed_at": (NOW - age).isoformat(),
        "execution_time_seconds": 2.0,
        "status": "SUCCESS",
        "category": "refund",
        "metrics": {},
        "trace": trace,
        **fields,
    }


@contextmanager
def reader_of(folder: Path, logs: Iterable[Mapping[str, Any]]) -> Iterator[LakeSource]:
    """A reader of a lake in ``folder`` to which these logs were sent; a trace may be JSON bytes."""
    store = open_store(folder.as_uri(), {}, create=True)
    Lake(store).create_tables()
    by_client: dict[str, list[bytes]] = {}
    for each in logs:
        fields = {name: value for name, value in each.items() if name != "trace"}
        line = rawlog.encode_line(fields, _as_bytes(each["trace"]), NOW)
        by_client.setdefault(each["client_id"], []).append(line)
    for client, lines in by_client.items():
        store.put(layout.raw_key(client, NOW, "0" * 32), rawlog.pack(lines))
    if not by_client:
        Lake(store).create_tables()
    reader = read_lake(store)
    try:
        yield LakeSource(reader)
    finally:
        reader.close()


def _as_bytes(trace: Any) -> bytes | None:
    return trace if trace is None or isinstance(trace, bytes) else json.dumps(trace).encode()


def trace_of_run(run: Mapping[str, Any], started: datetime = NOW - timedelta(hours=1)) -> dict[str, Any]:
    """A real run as a trace: assistant turns are iterations. The runs carry no times; these are made up."""
    results = {m["tool_call_id"]: m["content"] for m in run["messages"] if m["role"] == "tool"}
    turns = [m for m in run["messages"] if m["role"] == "assistant"]
    iterations = [
        _iteration(i, turn, results, started + timedelta(seconds=2 * i)) for i, turn in enumerate(turns)
    ]
    return {
        "nodes": [{"name": "agent", "started_at": started.isoformat(), "duration_ms": 2000 * len(turns)}],
        "react_iterations": iterations,
        "messages": [{"role": m["role"], "content": m.get("content")} for m in run["messages"]],
        "final_response": next((m["content"] for m in reversed(turns) if m.get("content")), None),
    }


def _iteration(
    index: int, turn: Mapping[str, Any], results: Mapping[str, str], started: datetime
) -> dict[str, Any]:
    calls = [
        {
            "id": call["id"],
            "name": call["function"]["name"],
            "arguments": json.loads(call["function"]["arguments"]),
            "result": results.get(call["id"]),
            "started_at": (started + timedelta(seconds=1)).isoformat(),
            "duration_ms": 600,
        }
        for call in turn.get("tool_calls") or ()
    ]
    return {
        "iteration": index + 1,
        "node": "agent",
        "started_at": started.isoformat(),
        "duration_ms": 1900,
        "thought": turn.get("content"),
        "action": calls[0]["name"] if calls else "respond",
        "tool_calls": calls,
        "observation": calls[0]["result"] if calls else None,
    }
