"""Tickets of about 11 KB for the benchmarks: prose that compresses like real tickets do (8 to 1)."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

LOG_BYTES = 11_000
_STEPS = 6
_SENTENCES = (
    "The customer asks for a refund because the parcel arrived late.",
    "The order is paid and was shipped to the address in the profile.",
    "I should look up the reservation before I answer.",
    "The policy allows one change of cabin class per reservation, whoever asks for it.",
    "The agent confirmed that baggage of the passenger was added.",
    "No payment method on file covers the difference of 120 dollars.",
    "Thank you for your patience, I have found your reservation.",
    "The tool answered that the flight is delayed and cannot be booked any more.",
    "Escalate to a person if the customer insists, and write down why.",
    "Gift card balance: 120 dollars; certificate balance: 120 dollars.",
    "The e-mail was answered in the customer's own language.",
    "The ticket mentions an invoice and asks why it was charged twice.",
)


def prose(sentences: int, chance: random.Random) -> str:
    """So many sentences, no two alike."""
    return " ".join(
        f"{chance.choice(_SENTENCES)} #{chance.randrange(1 << 48):012x}" for _ in range(sentences)
    )


def make_log(number: int, chance: random.Random, log_bytes: int = LOG_BYTES) -> dict[str, Any]:
    """A log of ``log_bytes`` as compact JSON: six iterations with a tool call each for every `LOG_BYTES`."""
    trace: dict[str, Any] = {
        "nodes": [{"name": "resolve", "duration_ms": 640}],
        "react_iterations": [_iteration(place, chance) for place in range(_STEPS * (log_bytes // LOG_BYTES))],
        "final_response": "",
    }
    log = {
        "schema_version": 1,
        "log_id": f"bench-{number}-{chance.randrange(1 << 48)}",
        "environment": "production",
        "workflow_version": "2.4.1",
        "ticket_id": f"T-{number}",
        "executed_at": datetime.now(UTC).isoformat(),
        "execution_time_seconds": 8.4,
        "status": "SUCCESS",
        "category": "refund",
        "metrics": {
            "react_iterations": _STEPS,
            "overall_confidence": 0.93,
            "input_tokens": 1840,
            "output_tokens": 212,
        },
        "trace": trace,
    }
    missing = log_bytes - len(encode(log))
    trace["final_response"] = prose(missing // 40, chance)[:missing]
    return log


def _iteration(place: int, chance: random.Random) -> dict[str, Any]:
    call = {
        "id": f"c{place}",
        "name": "get_order",
        "arguments": {"order": place},
        "result": prose(8, chance),
        "status": "ok",
    }
    return {
        "iteration": place,
        "thought": prose(5, chance),
        "action": prose(1, chance),
        "observation": prose(8, chance),
        "tool_calls": [call],
    }


def make_trace(iterations: int, chance: random.Random) -> dict[str, Any]:
    """A whole trace of 3 to 15 KB, with times: nodes, iterations of one of them with a tool call each, messages."""
    begin = datetime(2026, 11, 1, 9, tzinfo=UTC)
    steps = [
        _timed_iteration(place, begin + timedelta(seconds=1 + 2 * place), chance)
        for place in range(iterations)
    ]
    nodes = (("classify", 0, 900), ("resolve", 1, 2000 * iterations), ("reply", 1 + 2 * iterations, 700))
    return {
        "nodes": [_node(name, begin + timedelta(seconds=after), ms, chance) for name, after, ms in nodes],
        "react_iterations": steps,
        "messages": [{"role": role, "content": prose(6, chance)} for role in ("system", "user", "assistant")],
        "final_response": f"About @TICKET@: {prose(4, chance)}",
    }


def _node(name: str, start: datetime, duration_ms: int, chance: random.Random) -> dict[str, Any]:
    times = {"started_at": start.isoformat(), "duration_ms": duration_ms, "status": "ok"}
    return {"name": name, **times, "input": prose(2, chance), "output": prose(2, chance)}


def _timed_iteration(place: int, start: datetime, chance: random.Random) -> dict[str, Any]:
    iteration = _iteration(place, chance)
    (call,) = iteration["tool_calls"]
    call |= {"started_at": (start + timedelta(seconds=1)).isoformat(), "duration_ms": chance.randint(80, 900)}
    times = {"started_at": start.isoformat(), "duration_ms": 1900, "node": "resolve", "model": "a-model"}
    tokens = {"input_tokens": chance.randint(900, 2500), "output_tokens": chance.randint(80, 300)}
    return {**iteration, "iteration": place + 1, **times, **tokens}


def as_state(log: Mapping[str, Any]) -> dict[str, Any]:
    """The state of the graph that such a log is built from: its parts side by side."""
    small = {name: value for name, value in log.items() if name not in {"log_id", "metrics", "trace"}}
    steps = log["trace"]["react_iterations"]
    return {**small, **log["metrics"], **log["trace"], "react_iterations": steps}


def encode(log: Mapping[str, Any]) -> bytes:
    """The log as compact JSON."""
    return json.dumps(log, separators=(",", ":")).encode()
