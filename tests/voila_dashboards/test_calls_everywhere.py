"""The calls of a conversation, and what came back for each, are one answer: of the page, the tables, and the SDK."""

from __future__ import annotations

import json
import random
import re
import subprocess
from typing import Any, Final

import pytest
from playwright._impl._driver import compute_driver_executable

from caselog import build_workflow_log
from caselog.said_calls import said_calls
from lake.failures import has_failed
from lake.part_counts import count_parts
from lake.trace_parts import read_parts
from tests.house.tree import ROOT
from tests.voila_dashboards.conversations import MAKERS, Message, Round, conversation, rounds_of

#: A call: its tool, what it was given as JSON, the words of its result, whether it failed.
Told = tuple[str, str, list[str], bool]
_WORD: Final = re.compile(r"r\d+r")
_RUNS: Final = [list(rounds_of(random.Random(seed))) for seed in range(12)]
CASES: Final[list[tuple[str, list[Round], list[Message]]]] = [
    (name, rounds, conversation(maker, rounds)) for name, maker in MAKERS.items() for rounds in _RUNS
]


def told(name: Any, given: Any, back: Any, *, failed: bool) -> Told:
    return name, json.dumps(given or {}), sorted(set(_WORD.findall(json.dumps(back)))), failed


def of_tables(messages: list[Message]) -> list[Told]:
    calls = read_parts(json.dumps({"messages": messages})).calls
    return [
        told(
            call.name,
            json.loads(bytes(call.arguments)),
            [json.loads(bytes(call.result)), json.loads(bytes(call.error))],
            failed=has_failed(call),
        )
        for call in calls
    ]


def of_sdk(messages: list[Message]) -> list[Told]:
    return [
        told(
            call.get("name"),
            call.get("arguments"),
            [call.get("result"), call.get("error")],
            failed=call.get("status") == "error" or "Failed" in str(call.get("status")) or "error" in call,
        )
        for call in said_calls(messages)
    ]


@pytest.fixture(scope="module")
def of_page() -> list[list[Told]]:
    """What the ticket's page shows of each of `CASES`."""
    node, _ = compute_driver_executable()
    script = """
        import { turnsOf } from "./voila_dashboards/web/trace/conversation.ts";
        import { usualOf } from "./voila_dashboards/web/trace/unusual.ts";
        import { wordsOf } from "./voila_dashboards/web/trace/blocks.ts";
        import { readFileSync } from "node:fs";
        const all = JSON.parse(readFileSync(0, "utf8"));
        const told = ({ name, given, result, failed }) =>
            [name, given ?? null, result ? wordsOf(result.blocks) : null, failed];
        const calls = ({ blocks }) => blocks.filter(({ kind }) => kind === "call").map(told);
        console.log(JSON.stringify(all.map((messages) => turnsOf(usualOf(messages)).flatMap(calls))));
    """
    done = subprocess.run(
        [node, "--input-type=module", "--eval", script],
        cwd=ROOT,
        input=json.dumps([messages for _, _, messages in CASES]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [
        [told(name, given, back, failed=failed) for name, given, back, failed in each]
        for each in json.loads(done.stdout)
    ]


def test_the_page_the_tables_and_the_sdk_read_the_same_calls(of_page: list[list[Told]]) -> None:
    assert sum(call[3] for calls in of_page for call in calls) > len(CASES)
    differing = [
        (name, page, tables, sdk)
        for (name, _, messages), page in zip(CASES, of_page, strict=True)
        if not page == (tables := of_tables(messages)) == (sdk := of_sdk(messages))
    ]

    assert differing == []


def test_every_call_is_read_with_its_own_result_where_ids_or_names_say_which() -> None:
    for name, rounds, messages in CASES:
        if name in ("nameless", "ollama", "gemini"):
            continue
        calls = [call for each in rounds for call in each.calls]

        found = of_tables(messages)

        right = [told(c.name, c.given, c.back or None, failed=c.failed) for c in calls]
        assert found == right, name


def test_calls_that_steps_tell_too_are_counted_once_and_failed_where_a_message_says_so() -> None:
    for name, rounds, messages in CASES:
        calls = [call for each in rounds for call in each.calls]
        steps = [{"tool_calls": [{"id": c.id, "name": c.name, "arguments": c.given}]} for c in calls[1:]]
        trace = {"messages": messages, "react_iterations": steps}

        parts = read_parts(json.dumps(trace))
        metrics = build_workflow_log(trace)["metrics"]

        alone = read_parts(json.dumps({"messages": messages}))
        assert len(parts.calls) == len(calls) == count_parts(json.dumps(trace).encode()).tool_call_count, name
        assert metrics["tool_call_count"] == len(calls), name
        assert parts.failed_calls == metrics["failed_tool_calls"] == alone.failed_calls, name
