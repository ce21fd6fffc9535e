"""How many calls a run made, and how many failed: tables and page say the same, however the calls are told."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Final

from lake.derived import made_of_trace
from lake.trace_parts import read_parts
from tests.voila_dashboards.view_in_node import answers_of_view

COUNTED: Final = """
import { inSequence } from "./voila_dashboards/web/trace/nest.ts";
import { readTrace } from "./voila_dashboards/web/trace/trace.ts";
const answer = (trace) => {
    const calls = inSequence(readTrace(trace).groups).filter(({ kind }) => kind === "tool call");
    return [calls.length, calls.filter(({ failed }) => failed).length];
};
"""
FIELDS: Final[dict[str, tuple[Any, ...]]] = {
    "id": ("a", "b", "c", "", None),
    "name": ("pay", "look", None),
    "status": ("ok", "error", "", None),
    "error": ("late", {"message": ""}, None),
    "is_error": (True, False, None),
    "result": ("paid", {}, None),
}


def call_of(random: Random) -> dict[str, Any]:
    return {name: random.choice(values) for name, values in FIELDS.items() if random.random() < 0.7}


def trace_of(seed: int) -> dict[str, Any]:
    """Calls of few ids and names: some of an iteration, some of the trace, some of both."""
    random = Random(seed)
    inside = [[call_of(random) for _ in range(random.randrange(4))] for _ in range(2)]
    told = [each for calls in inside for each in calls]
    again = [{**call_of(random), "id": each.get("id"), "name": each.get("name")} for each in told]
    listed = [each for each in [*again, call_of(random)] if random.random() < 0.6]
    random.shuffle(listed)
    return {"react_iterations": [{"tool_calls": calls} for calls in inside], "tool_calls": listed}


def test_a_call_that_is_told_twice_is_drawn_as_often_as_it_is_counted() -> None:
    traces = [trace_of(seed) for seed in range(400)]

    drawn = answers_of_view(COUNTED, traces)

    read = [read_parts(json.dumps(trace)) for trace in traces]
    counted = [[len(parts.calls), made_of_trace({}, parts)["failed_tool_calls"]] for parts in read]
    assert [seed for seed, trace in enumerate(traces) if drawn[seed] != counted[seed]] == []
    told = sum(len(each["tool_calls"]) for trace in traces for each in [trace, *trace["react_iterations"]])
    assert told - sum(calls for calls, _ in counted) > len(traces) // 2
