"""What docs/how-to-opt-out.md says of ``CASELOG_MASK=bodies``, held by real runs and the bytes a collector gets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from agents import RunConfig, Runner, function_tool, set_trace_processors
from agents.run import get_default_agent_runner, set_default_agent_runner
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from pydantic import BaseModel
from pydantic_ai import ThinkingPart

import caselog
from caselog import build_workflow_log, close, flush, ship_log_async
from caselog.langchain import CaselogCallbackHandler
from caselog.openai_agents import record_runs, runner
from tests.sdk import langchain_graphs, openai_runs, test_pydantic_ai
from tests.sdk.fake_collector import FakeCollector

#: What people and models say in these runs: no word of it may leave, wherever an adapter puts it.
ASKED, INSTRUCTED = "Has the walrus eaten my ticket", "Speak like a lighthouse"
THOUGHT, SAID, ANSWERED = "Perhaps a pelican knows", "Let me ask the harbour", "It was a kingfisher"
TOLD = "the heron saw a trombone"
WORDS = (
    "walrus", "eaten", "lighthouse", "Perhaps", "pelican", "harbour", "kingfisher", "heron", "trombone",
)  # fmt: skip


@pytest.fixture
def sent(workflow: FakeCollector, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], dict[str, Any]]]:
    """The one log that the collector gets without bodies."""
    monkeypatch.setenv("CASELOG_MASK", "bodies")
    close(60)

    def read() -> dict[str, Any]:
        flush(60)
        (log,) = workflow.logs
        assert [word for word in WORDS if word.lower() in workflow.text.lower()] == []
        return log

    yield read
    close(60)


def tools_of(log: dict[str, Any]) -> list[str]:
    steps = log["trace"]["react_iterations"]
    return [call["name"] for step in steps for call in step.get("tool_calls") or ()]


# ---------------------------------------------------------------- real runs


@tool
def ask_bird(question: str) -> str:
    """Ask."""
    if "fail" in question:
        raise LookupError(f"nobody knows: {question}")
    return TOLD


def asks_bird(question: str) -> AIMessage:
    return AIMessage(SAID, tool_calls=[{"name": "ask_bird", "args": {"question": question}, "id": "c1"}])


@pytest.mark.claim("bodies")
def test_no_word_of_a_run_of_langgraph_leaves(
    sent: Callable[[], dict[str, Any]], handler: CaselogCallbackHandler
) -> None:
    agent = langchain_graphs.agent(
        asks_bird(ASKED), AIMessage(ANSWERED), tools=[ask_bird], system_prompt=INSTRUCTED
    )

    agent.invoke({"messages": [("user", ASKED)]}, langchain_graphs.config(handler))

    log = sent()
    assert tools_of(log) == ["ask_bird"]
    assert [node["name"] for node in log["trace"]["nodes"]] == ["model", "tools", "model"]


@pytest.mark.claim("bodies")
def test_no_word_of_a_state_that_holds_no_messages_leaves(
    sent: Callable[[], dict[str, Any]], handler: CaselogCallbackHandler
) -> None:
    def answer(state: Any) -> dict[str, Any]:
        return {"order": {"number": 7, "note": f"{state['words'][0]}: {ANSWERED}"}, "words": [SAID]}

    langchain_graphs.graph(("answer", answer)).invoke(
        {"words": [ASKED], "ticket_id": "T-1"}, langchain_graphs.config(handler)
    )

    (node,) = sent()["trace"]["nodes"]
    assert node["output"]["order"]["number"] == 7


@pytest.mark.claim("bodies")
def test_no_word_that_an_error_quotes_leaves_and_its_files_and_lines_stay(
    sent: Callable[[], dict[str, Any]], handler: CaselogCallbackHandler
) -> None:
    agent = langchain_graphs.agent(asks_bird(f"fail {ASKED}"), AIMessage(ANSWERED), tools=[ask_bird])

    with contextlib.suppress(LookupError):
        agent.invoke({"messages": [("user", ASKED)]}, langchain_graphs.config(handler))

    (error,) = sent()["trace"]["errors"]
    assert error["type"] == "LookupError"
    assert "in ask_bird" in error["stacktrace"]


@pytest.fixture
def _recorded() -> Iterator[None]:
    """Runs of OpenAI's agents are recorded, and nothing is sent to OpenAI."""
    before, installed = get_default_agent_runner(), dict(runner._installed)
    runner._installed.clear()
    set_trace_processors([])
    record_runs(environment="test")
    yield
    set_trace_processors([])
    set_default_agent_runner(before)
    runner._installed.clear()
    runner._installed.update(installed)


@pytest.mark.claim("bodies")
@pytest.mark.usefixtures("_recorded")
def test_no_word_of_a_run_of_openai_s_agents_leaves(sent: Callable[[], dict[str, Any]]) -> None:
    @function_tool(name_override="ask_bird")
    def ask(question: str) -> str:
        return f"{question}: {TOLD}"

    called = [openai_runs.think(THOUGHT), openai_runs.call("ask_bird", question=ASKED)]
    agent = openai_runs.agent(called, [openai_runs.say(ANSWERED)], tools=(ask,), instructions=INSTRUCTED)
    asyncio.run(Runner.run(agent, ASKED, run_config=RunConfig(trace_metadata={"ticket_id": "T-1"})))

    log = sent()
    assert tools_of(log) == ["ask_bird"]
    assert log["trace"]["nodes"][0]["name"] == "support"


class Answer(BaseModel):
    reply: str


@pytest.mark.claim("bodies")
@pytest.mark.parametrize("is_structured", [False, True])
def test_no_word_of_a_run_of_pydantic_ai_leaves(
    is_structured: bool, sent: Callable[[], dict[str, Any]]
) -> None:
    def ask_bird(question: str) -> str:
        return f"{question}: {TOLD}"

    call, say = test_pydantic_ai.call, test_pydantic_ai.say
    last = call("final_result", reply=ANSWERED) if is_structured else say(ANSWERED)
    more: dict[str, Any] = {"output_type": Answer} if is_structured else {}
    support = test_pydantic_ai.agent(
        [ThinkingPart(THOUGHT), say(SAID), call("ask_bird", question=ASKED)],
        [last],
        tools=(ask_bird,),
        instructions=INSTRUCTED,
        **more,
    )

    test_pydantic_ai.run(support, ASKED, metadata={"ticket_id": "T-1"})

    assert tools_of(sent())[:1] == ["ask_bird"]


@pytest.mark.claim("bodies")
def test_no_word_that_is_recorded_by_hand_leaves(sent: Callable[[], dict[str, Any]]) -> None:
    with contextlib.suppress(ValueError), caselog.ticket(ticket_id="T-1") as ticket:
        with ticket.node("support", input=ASKED) as node, ticket.tool_call("ask", {"q": ASKED}) as call:
            call.result = TOLD
            node.output = {"label": SAID, ANSWERED + ", and so on and so forth": 1}
        raise ValueError(f"no bird answered {ASKED}")

    log = sent()
    assert log["trace"]["tool_calls"][0]["arguments"] == {"q": f"[body: {len(ASKED)} characters]"}


@pytest.mark.claim("every-run-is-recorded")
@pytest.mark.usefixtures("_recorded")
def test_once_turned_on_a_recorder_sends_a_log_of_every_run_of_the_program(workflow: FakeCollector) -> None:
    for name in ("support", "another"):
        asyncio.run(Runner.run(openai_runs.agent([openai_runs.say(ANSWERED)], name=name), ASKED))
    flush(60)

    assert [log["trace"]["nodes"][0]["name"] for log in workflow.logs] == ["support", "another"]
    assert all(ASKED in json.dumps(log) for log in workflow.logs)


# ---------------------------------------------------------------- by generation


NAMES = ("name", "type", "id", "status", "action", "created_at", "stacktrace", "role", "q", "Note", "content")


def texts_somewhere(chance: random.Random, depth: int = 0) -> Any:
    """Data of any shape, the texts of which are all words that somebody said."""
    kind = chance.choice(("text", "json", "list", "object")) if depth < 4 else "text"
    if kind == "text":
        words = chance.sample(WORDS, 6)
        return chance.choice((" ".join(words), f"{' '.join(words)}.", "\n".join(words), f"say({words})"))
    inner = [texts_somewhere(chance, depth + 1) for _ in range(chance.randint(1, 3))]
    if kind == "object":
        return dict(zip(chance.sample(NAMES, len(inner)), inner, strict=True))
    return inner if kind == "list" else json.dumps(inner)


@pytest.mark.claim("bodies")
@pytest.mark.parametrize("seed", range(40))
def test_no_text_of_a_trace_leaves_whatever_its_shape(
    seed: int, sent: Callable[[], dict[str, Any]], workflow: FakeCollector
) -> None:
    chance = random.Random(seed)
    parts = ("nodes", "react_iterations", "tool_calls", "errors", "messages", "final_response", "other")

    ship_log_async(
        {"ticket_id": "T-1", "status": "OK", "trace": {part: texts_somewhere(chance) for part in parts}}
    )

    assert sent()["trace"].keys() == set(parts)


@pytest.mark.claim("bodies-leave")
def test_names_ids_kinds_times_numbers_flags_and_structure_stay(sent: Callable[[], dict[str, Any]]) -> None:
    step = {
        "node": "Senior Researcher",
        "started_at": "2026-11-23T14:05:00+00:00",
        "model": "small-1",
        "action": 'find(q="an argument")',
        "tool_calls": [
            {"id": "c1", "name": "find", "arguments": {"q": "an argument", "n": 7, "order_id": "A-5"}}
        ],
    }
    own = {"region": "eu west", "notes": ["kept as it is"], "question": "taken out"}

    ship_log_async(build_workflow_log({"ticket_id": "T-1", "react_iterations": [step], "extra": own}))

    log = sent()
    body = "[body: 11 characters]"
    assert log["trace"]["react_iterations"] == [
        {
            **step,
            "action": "find([body: 15 characters])",
            "tool_calls": [{"id": "c1", "name": "find", "arguments": {"q": body, "n": 7, "order_id": "A-5"}}],
        }
    ]
    assert {name: log[name] for name in own} == {**own, "question": "[body: 9 characters]"}
