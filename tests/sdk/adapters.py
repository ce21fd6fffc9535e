"""What the tests of adapters share.

Those of CrewAI and LlamaIndex run in an environment of their own (`make adapters`), without the house's conftests: they
bring what they need.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import random
import re
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest

#: What differs from run to run.
_VARIES = ("started_at", "duration_ms", "executed_at", "execution_time_seconds", "log_id", "stacktrace")


def need(module: str) -> None:
    """Skips the tests of this module, in words, where a framework is not installed; in CI they fail."""
    if importlib.util.find_spec(module) is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # CrewAI and what it imports have many of their own
            importlib.import_module(module)
        return
    what = f"{module} is not installed here: `make adapters` builds .venv-adapters, which has it"
    if os.environ.get("CI") == "true":
        raise ModuleNotFoundError(f"{what} (CI=true: this must not be missing)")
    pytest.skip(what, allow_module_level=True)


def without_times(value: Any) -> Any:
    """A log, or a part of one, without what differs from run to run."""
    if isinstance(value, Mapping):
        return {name: without_times(each) for name, each in value.items() if name not in _VARIES}
    return [without_times(each) for each in value] if isinstance(value, list) else value


def steps_of(log: Mapping[str, Any]) -> dict[str, Any]:
    """The log's nodes with their parents, its actions, and its tool calls by status."""
    trace = log["trace"]
    calls = [call for step in trace["react_iterations"] for call in step.get("tool_calls") or ()]
    return {
        "nodes": [(node["name"], node.get("parent")) for node in trace["nodes"]],
        "actions": [step.get("action") or step.get("thought") for step in trace["react_iterations"]],
        "calls": [(call["name"], call.get("status")) for call in [*calls, *trace["tool_calls"]]],
    }


def run_mixed(
    go: Callable[[str, str], Awaitable[None]],
    kinds: Mapping[str, str],
    logs: Sequence[Mapping[str, Any]],
    seed: int,
) -> None:
    """Thirty runs at once: ``go(kind, ticket_id)`` runs one, ``kinds`` tells the status that its log then has.

    Each run works on the number in its ticket's id: no other may stand in its log.
    """
    chance = random.Random(seed)
    chosen = {f"T-{number}": chance.choice(sorted(kinds)) for number in range(1000, 1030)}

    async def work() -> None:
        await asyncio.gather(*(go(kind, each) for each, kind in chosen.items()), return_exceptions=True)

    asyncio.run(work())

    assert {log["ticket_id"]: log["status"] for log in logs} == {
        each: kinds[kind] for each, kind in chosen.items()
    }
    assert len(logs) == len(chosen)
    for log in logs:
        numbers = set(re.findall(r"\b1\d{3}\b", str(without_times(log["trace"]["react_iterations"]))))
        assert numbers <= {log["ticket_id"].removeprefix("T-")}
        assert log["metrics"]["error_count"] == (1 if log["status"] == "FAILED" else 0)
