"""Logs as the collector stores them, for tests of everything behind it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from lake import rawlog
from lake.layout import raw_key
from lake.store import Store

RECEIVED: Final = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


def a_log(log_id: str, **fields: Any) -> dict[str, Any]:
    """A valid log, as validated by the collector; ``fields`` replace or add."""
    return {
        "schema_version": 1,
        "log_id": log_id,
        "client_id": "acme",
        "ticket_id": f"T-{log_id}",
        "executed_at": "2026-11-23T14:00:00Z",
        "execution_time_seconds": 2.5,
        "status": "SUCCESS",
        "category": "refund",
        "metrics": {"overall_confidence": 0.9},
        "trace": {"final_response": f"done {log_id}"},
        **fields,
    }


def raw_line(log: Mapping[str, Any], received_at: datetime = RECEIVED) -> bytes:
    """The line that the collector writes for a log."""
    trace = log.get("trace")
    small = {name: value for name, value in log.items() if name != "trace"}
    return rawlog.encode_line(small, None if trace is None else json.dumps(trace).encode(), received_at)


def put_raw(store: Store, *logs: Mapping[str, Any], received_at: datetime = RECEIVED) -> str:
    """One raw object of these logs of one client; its key."""
    key = raw_key(logs[0]["client_id"], received_at, uuid.uuid4().hex)
    store.put(key, rawlog.pack([raw_line(log, received_at) for log in logs]))
    return key
