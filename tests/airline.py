"""Real customer-support runs as logs: from OpenAI's chat format to the state that the SDK takes.

The runs (sierra-research/tau-bench, MIT; see ../shared/data) say what was done but not when. The times here are
ours: a turn of the model takes `TURN_S`, a tool call `CALL_S`, an answer of the customer no time at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, Final

from caselog import build_workflow_log

TURN_S: Final = 1.6
CALL_S: Final = 0.7
MODEL: Final = "gpt-4o"
NODE: Final = "agent"

Json = dict[str, Any]


def log_from_run(run: Mapping[str, Any], started_at: datetime) -> Json:
    """The log of a run that began at ``started_at``, as `caselog.build_workflow_log` makes it."""
    return build_workflow_log(
        state_from_run(run, started_at), environment="test", workflow_version="tau-bench"
    )


def state_from_run(run: Mapping[str, Any], started_at: datetime) -> Json:
    """What a workflow's state would hold at the end of the run.

    Each turn of the assistant is one iteration; a tool call keeps its arguments and its result; a reward of 1.0
    is a SUCCESS, any other a FAILED.
    """
    iterations = list(_iterations(run["messages"], started_at))
    calls = [call for step in iterations for call in step["tool_calls"]]
    seconds = sum(step["duration_ms"] for step in iterations) / 1000
    answers = [message["content"] for message in run["messages"] if message["role"] == "assistant"]
    return {
        "ticket_id": run["ticket_id"],
        "executed_at": started_at,
        "execution_time_seconds": round(seconds, 3),
        "status": "SUCCESS" if run["reward"] == 1.0 else "FAILED",
        "category": "airline",
        "metrics": {"reward": run["reward"]},
        "extra": {"task_id": run["task_id"], "trial": run["trial"]},
        "nodes": [_node(started_at, seconds, run["messages"])],
        "react_iterations": iterations,
        "errors": [_error(call) for call in calls if call["status"] == "error"],
        "messages": run["messages"],
        "final_response": next(text for text in reversed(answers) if text),
    }


def _node(started_at: datetime, seconds: float, messages: Sequence[Mapping[str, Any]]) -> Json:
    return {
        "name": NODE,
        "started_at": started_at,
        "duration_ms": round(seconds * 1000, 1),
        "status": "ok",
        "input": next(message["content"] for message in messages if message["role"] == "user"),
    }


def _iterations(messages: Sequence[Mapping[str, Any]], at: datetime) -> Iterator[Json]:
    number = 0
    for place, message in enumerate(messages):
        if message["role"] == "assistant":
            number += 1
            step = _iteration(number, message, messages[place + 1 :], at)
            at += timedelta(milliseconds=step["duration_ms"])
            yield step


def _iteration(
    number: int, turn: Mapping[str, Any], later: Sequence[Mapping[str, Any]], at: datetime
) -> Json:
    asked = turn.get("tool_calls", [])
    # By place, not by id: some of these runs use an id twice.
    answers = [message["content"] for message in later[: len(asked)] if message["role"] == "tool"]
    calls = [
        _tool_call(call, answer, at + timedelta(seconds=TURN_S + CALL_S * nth))
        for nth, (call, answer) in enumerate(zip_longest(asked, answers))
    ]
    return {
        "iteration": number,
        "node": NODE,
        "started_at": at,
        "duration_ms": round((TURN_S + CALL_S * len(calls)) * 1000, 1),
        "thought": turn["content"] if asked else None,
        "action": ", ".join(call["name"] for call in calls) or turn["content"],
        "observation": later[0]["content"] if later else None,
        "tool_calls": calls,
        "model": MODEL,
    }


def _tool_call(call: Mapping[str, Any], result: str | None, at: datetime) -> Json:
    failed = result is not None and result.startswith("Error")
    return {
        "id": call["id"],
        "name": call["function"]["name"],
        "arguments": json.loads(call["function"]["arguments"]),
        "started_at": at,
        "duration_ms": CALL_S * 1000,
        "status": "error" if failed else "ok",
        **({"error": result} if failed else {"result": _read(result)}),
    }


def _error(call: Json) -> Json:
    return {"node": NODE, "type": "ToolError", "message": f"{call['name']}: {call['error']}"}


def _read(result: str | None) -> Any:
    """A tool's result as JSON where it is JSON, as text otherwise."""
    try:
        return json.loads(result or "null")
    except ValueError:
        return result
