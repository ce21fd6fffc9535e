"""What the tests of CrewAI's and LlamaIndex's adapters share.

They run in an environment of their own (`make adapters`), without the house's conftests: they bring what they need.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import warnings
from collections.abc import Mapping
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
