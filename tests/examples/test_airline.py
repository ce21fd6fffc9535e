from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.airline import log_from_run

STARTED = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)

Json = dict[str, Any]


@pytest.fixture(scope="module")
def logs(airline_runs: list[Json]) -> list[tuple[Json, Json]]:
    """Each run beside its log."""
    return [(run, log_from_run(run, STARTED)) for run in airline_runs]


def test_a_reward_of_one_is_a_success(logs: list[tuple[Json, Json]]) -> None:
    statuses = [log["status"] for _, log in logs]

    assert len(logs) == 100
    assert statuses == ["SUCCESS" if run["reward"] == 1.0 else "FAILED" for run, _ in logs]
    assert set(statuses) == {"SUCCESS", "FAILED"}


def test_each_turn_of_the_assistant_is_an_iteration(logs: list[tuple[Json, Json]]) -> None:
    for run, log in logs:
        turns = [message for message in run["messages"] if message["role"] == "assistant"]

        assert log["metrics"]["react_iterations"] == len(turns)
        assert [step["iteration"] for step in log["trace"]["react_iterations"]] == list(
            range(1, len(turns) + 1)
        )


def test_every_tool_call_keeps_its_arguments_and_its_result(logs: list[tuple[Json, Json]]) -> None:
    for run, log in logs:
        asked = [call for message in run["messages"] for call in message.get("tool_calls", [])]
        answers = [message["content"] for message in run["messages"] if message["role"] == "tool"]
        kept = [call for step in log["trace"]["react_iterations"] for call in step["tool_calls"]]

        assert [call["id"] for call in kept] == [call["id"] for call in asked]
        assert [call["arguments"] for call in kept] == [json.loads(c["function"]["arguments"]) for c in asked]
        assert [_as_said(call) for call in kept] == [_parsed(answer) for answer in answers]


def test_what_a_tool_refused_is_an_error(logs: list[tuple[Json, Json]]) -> None:
    refused = sum(
        message["content"].startswith("Error")
        for run, _ in logs
        for message in run["messages"]
        if message["role"] == "tool"
    )

    assert sum(log["metrics"]["error_count"] for _, log in logs) == refused == 21


def test_messages_are_kept_and_the_last_answer_is_the_final_response(logs: list[tuple[Json, Json]]) -> None:
    for run, log in logs:
        said = [m["content"] for m in run["messages"] if m["role"] == "assistant" and m["content"]]

        assert [m["content"] for m in log["trace"]["messages"]] == [m["content"] for m in run["messages"]]
        assert log["trace"]["final_response"] == said[-1]


def test_times_are_ours_and_add_up(logs: list[tuple[Json, Json]]) -> None:
    for _, log in logs:
        steps = log["trace"]["react_iterations"]
        starts = [datetime.fromisoformat(step["started_at"]) for step in steps]
        spans = [step["duration_ms"] / 1000 for step in steps]

        assert starts[0] == STARTED
        assert [(b - a).total_seconds() for a, b in itertools.pairwise(starts)] == spans[:-1]
        assert log["execution_time_seconds"] == pytest.approx(sum(spans))


def _as_said(call: Json) -> Any:
    return call["error"] if call["status"] == "error" else call["result"]


def _parsed(answer: str) -> Any:
    try:
        return json.loads(answer or "null")
    except ValueError:
        return answer
