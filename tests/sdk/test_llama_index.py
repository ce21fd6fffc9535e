"""Real agents, workflows and engines of LlamaIndex, with a scripted model, become one log per ticket."""

# ruff: noqa: E402 - the package may be missing

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sdk.adapters import need, steps_of, without_times

need("llama_index")

from llama_index.core import Document, MockEmbedding, VectorStoreIndex
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.instrumentation.dispatcher import instrument_tags
from llama_index.core.tools import FunctionTool, QueryEngineTool
from llama_index.core.workflow import Event, StartEvent, StopEvent, Workflow, step
from workflows.retry_policy import retry_policy, stop_after_attempt, wait_fixed

import caselog
from caselog import guard
from caselog.llama_index import handlers, record_runs
from caselog.testing import Captured, capture
from tests.sdk.llama_models import Scripted, Words, say

#: LlamaIndex looks at what pydantic has deprecated, and leaves its memory's database open.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def _nothing_is_missed(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """LlamaIndex swallows what a handler raises, so a mistake of our own is seen by what was counted."""
    monkeypatch.setattr(guard, "reraise", False)
    record_runs(environment="test")
    recorder = handlers._installed["recorder"]
    recorder.missed = 0
    yield
    expected = 1 if "is_broken" in request.fixturenames else 0
    assert (recorder.missed > 0) == expected
    assert len(recorder) == 0


@pytest.fixture
def logs() -> Iterator[Captured]:
    with capture() as captured:
        yield captured


def find_order(order_id: int) -> str:
    """Find an order."""
    return f"order {order_id} is paid"


def refund(order_id: int) -> str:
    """Pay an order back."""
    raise PermissionError(f"order {order_id} is not yours")


TOOLS = [FunctionTool.from_defaults(find_order), FunctionTool.from_defaults(refund)]
ASK = say("Look it up.", ("find_order", {"order_id": 7}))
ANSWER = say("It is paid.")


def agent(*script: Any, **settings: Any) -> FunctionAgent:
    given = {"name": "support", "tools": TOOLS, "streaming": False, **settings}
    return FunctionAgent(llm=Scripted(script=list(script)), **given)


def run(runner: Any, question: str = "Is order 7 paid?", **inputs: Any) -> Any:
    async def main() -> Any:
        return await runner.run(question, **inputs)

    return asyncio.run(main())


def test_an_agent_becomes_a_log_of_all_that_it_did(logs: Captured) -> None:
    with instrument_tags({"ticket_id": "T-1", "category": "orders"}):
        answer = run(
            agent(say("Look it up.", ("find_order", {"order_id": 7}), thinking="Which order?"), ANSWER)
        )

    (log,) = logs
    question = {"role": "user", "content": "Is order 7 paid?"}
    call = {
        "id": "call-1", "name": "find_order", "arguments": {"order_id": 7}, "status": "ok", "result": "order 7 is paid",
    }  # fmt: skip
    asked = [{"id": "call-1", "name": "find_order", "arguments": {"order_id": 7}}]
    assert str(answer) == "It is paid."
    assert without_times(log) == {
        "schema_version": 1,
        "client_id": "captured",
        "environment": "test",
        "ticket_id": "T-1",
        "category": "orders",
        "status": "SUCCESS",
        "metrics": {
            "react_iterations": 2, "error_count": 0, "tool_call_count": 1, "failed_tool_calls": 0,
            "input_tokens": 20, "output_tokens": 6,
        },
        "sdk": {"name": "caselog-python", "version": caselog.__version__},
        "trace": {
            "nodes": [
                {
                    "name": "FunctionAgent", "status": "ok", "input": {"user_msg": "Is order 7 paid?"},
                    "output": "It is paid.",
                },
                {"name": "support", "parent": "FunctionAgent", "status": "ok", "output": "Look it up."},
                {"name": "support", "parent": "FunctionAgent", "status": "ok", "output": "It is paid."},
            ],
            "react_iterations": [
                {
                    "iteration": 1, "node": "support", "input": [question], "thought": "Which order?\n\nLook it up.",
                    "action": "find_order(order_id=7)", "observation": "order 7 is paid", "tool_calls": [call],
                    "model": "small-1", "input_tokens": 10, "output_tokens": 3,
                },
                {
                    "iteration": 2, "node": "support", "thought": "It is paid.",
                    "model": "small-1", "input_tokens": 10, "output_tokens": 3,
                    "input": [
                        "[1 as before]",
                        {
                            "role": "assistant", "asked": asked,
                            "content": [
                                {"type": "thinking", "thinking": "Which order?"},
                                {"type": "text", "text": "Look it up."},
                            ],
                        },
                        {"role": "tool", "content": "order 7 is paid", "tool_call_id": "call-1"},
                    ],
                },
            ],
            "tool_calls": [],
            "errors": [],
            "final_response": "It is paid.",
        },
    }  # fmt: skip


def test_tools_that_run_at_once_fail_or_do_not_exist_are_calls_of_the_iteration_that_asked(
    logs: Captured,
) -> None:
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("find_order", {"order_id": 1}),
        ("refund", {"order_id": 2}),
        ("teleport", {"to": "Rome"}),
    ]
    run(agent(say("Three at once.", *wanted), ANSWER))

    (log,) = logs
    first, _ = log["trace"]["react_iterations"]
    assert steps_of(log)["calls"] == [("find_order", "ok"), ("refund", "error"), ("teleport", "error")]
    assert first["tool_calls"][1]["error"] == {"type": "PermissionError", "message": "order 2 is not yours"}
    assert "teleport" in first["tool_calls"][2]["error"]["message"]
    assert [(error["type"], error["node"]) for error in log["trace"]["errors"]] == [
        ("PermissionError", "support")
    ]
    assert (log["status"], log["metrics"]["failed_tool_calls"]) == ("SUCCESS", 2)


def test_agents_that_hand_over_are_one_ticket(logs: Captured) -> None:
    first = agent(
        say("", ("handoff", {"to_agent": "billing", "reason": "money"})),
        description="first",
        can_handoff_to=["billing"],
    )
    billing = agent(ASK, ANSWER, name="billing", description="second")
    run(AgentWorkflow(agents=[first, billing], root_agent="support"))

    (log,) = logs
    assert steps_of(log) == {
        "nodes": [
            ("AgentWorkflow", None), ("support", "AgentWorkflow"), ("billing", "AgentWorkflow"),
            ("billing", "AgentWorkflow"),
        ],
        "actions": ['handoff(to_agent="billing", reason="money")', "find_order(order_id=7)", "It is paid."],
        "calls": [("handoff", "ok"), ("find_order", "ok")],
    }  # fmt: skip


def test_an_agent_that_reasons_in_words_has_its_actions_too(logs: Captured) -> None:
    asks = say('Thought: Look it up.\nAction: find_order\nAction Input: {"order_id": 7}')
    llm = Scripted(script=[asks, say("Thought: I can answer.\nAnswer: paid")])
    run(ReActAgent(name="support", tools=TOOLS, llm=llm, streaming=False))

    (log,) = logs
    first, _ = log["trace"]["react_iterations"]
    assert (first["action"], first["observation"]) == ("find_order(order_id=7)", "order 7 is paid")
    assert log["trace"]["final_response"] == "paid"


def test_a_streamed_agent_is_recorded_as_one_that_is_not(logs: Captured) -> None:
    run(agent(ASK, ANSWER, streaming=True))
    run(agent(ASK, ANSWER, streaming=False))

    streamed, whole = (without_times(log) for log in logs)
    streamed.pop("ticket_id"), whole.pop("ticket_id")
    assert streamed == whole


def test_a_model_that_fails_fails_the_ticket(logs: Captured) -> None:
    with pytest.raises(TimeoutError, match="overloaded"):
        run(agent(TimeoutError("overloaded")))

    (log,) = logs
    (step_of_model,) = log["trace"]["react_iterations"]
    (error,) = log["trace"]["errors"]
    assert (log["status"], error["type"], error["node"]) == ("FAILED", "TimeoutError", "support")
    assert step_of_model["error"] == {"type": "TimeoutError", "message": "overloaded"}
    assert [node["status"] for node in log["trace"]["nodes"]] == ["error", "error"]
    assert "final_response" not in log["trace"]


def test_figures_are_whole_or_absent(logs: Captured) -> None:
    run(agent(ASK, say("It is paid.", usage=None)))

    (log,) = logs
    first, second = log["trace"]["react_iterations"]
    assert (first["input_tokens"], "input_tokens" in second) == (10, False)


@pytest.mark.parametrize("way", ["cancel_run", "task"])
def test_a_run_that_is_cancelled_is_one_ticket(logs: Captured, way: str) -> None:
    async def main() -> None:
        asked = agent(60.0, ANSWER)
        running = asked.run("Is order 7 paid?")
        await until_it_waits(asked)
        if way == "cancel_run":
            await running.cancel_run()
        else:
            running._result_task.cancel()
        with pytest.raises((asyncio.CancelledError, Exception)):
            await running
        while len(logs) == 0:  # noqa: ASYNC110 - a moment
            await asyncio.sleep(0.01)

    asyncio.run(main())

    (log,) = logs
    assert (log["status"], log["trace"]["errors"]) == ("CANCELLED", [])


async def until_it_waits(asked: FunctionAgent) -> None:
    """Wait until its model has been asked: what it waits for is no longer in the script."""
    assert isinstance(asked.llm, Scripted)
    while isinstance(asked.llm.script[0], float):  # noqa: ASYNC110 - a moment
        await asyncio.sleep(0.01)


class Classified(Event):
    topic: str


class Triage(Workflow):
    """Two steps, the first of which fails as often as it is told to."""

    failures = 0

    @step(retry_policy=retry_policy(wait=wait_fixed(0), stop=stop_after_attempt(3)))
    async def classify(self, event: StartEvent) -> Classified:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("no line")
        return Classified(topic="refund")

    @step
    async def answer(self, event: Classified) -> StopEvent:
        inner = await agent(ANSWER, name="clerk").run("What now?")
        return StopEvent(result={"topic": event.topic, "answer": str(inner)})


def test_a_workflow_of_ones_own_is_nodes_with_what_they_are_given_and_give(logs: Captured) -> None:
    async def main() -> Any:
        return await Triage().run(ticket_id="T-9", text="Money back!")

    asyncio.run(main())

    (log,) = logs
    result = {"topic": "refund", "answer": "It is paid."}
    nodes = [
        {name: node.get(name) for name in ("name", "parent", "input", "output")}
        for node in log["trace"]["nodes"]
    ]
    assert log["ticket_id"] == "T-9"
    assert nodes == [
        {"name": "Triage", "parent": None, "input": {"ticket_id": "T-9", "text": "Money back!"}, "output": result},
        {
            "name": "classify", "parent": "Triage", "input": {"ticket_id": "T-9", "text": "Money back!"},
            "output": {"topic": "refund"},
        },
        {"name": "answer", "parent": "Triage", "input": {"topic": "refund"}, "output": result},
        {"name": "FunctionAgent", "parent": "answer", "input": {"user_msg": "What now?"}, "output": "It is paid."},
        {"name": "clerk", "parent": "FunctionAgent", "input": None, "output": "It is paid."},
    ]  # fmt: skip
    assert log["trace"]["final_response"] == result


def test_a_step_that_is_tried_again_is_a_node_each_time(logs: Captured) -> None:
    class Shaky(Triage):
        failures = 2

    async def main() -> Any:
        return await Shaky().run(text="Money back!")

    asyncio.run(main())

    (log,) = logs
    tried = [node["status"] for node in log["trace"]["nodes"] if node["name"] == "classify"]
    assert (tried, log["status"]) == (["error", "error", "ok"], "SUCCESS")
    assert [error["node"] for error in log["trace"]["errors"]] == ["classify", "classify"]


def test_runs_in_a_ticket_s_block_belong_to_that_ticket(logs: Captured) -> None:
    async def main() -> None:
        with caselog.ticket(ticket_id="outer") as ticket:
            with ticket.node("gather"):
                await agent(ASK, say("One.")).run("first")
            await agent(say("Two.")).run("second")

    asyncio.run(main())

    (log,) = logs
    assert (log["ticket_id"], log["status"], log["trace"]["final_response"]) == ("outer", "SUCCESS", "Two.")
    assert len(log["trace"]["react_iterations"]) == 3
    assert steps_of(log)["nodes"][0] == ("gather", None)


def test_a_run_that_fails_in_a_block_is_one_error_of_its_ticket(logs: Captured) -> None:
    async def main() -> None:
        with caselog.ticket(ticket_id="outer"):
            await agent(TimeoutError("overloaded")).run("first")

    with pytest.raises(TimeoutError):
        asyncio.run(main())

    (log,) = logs
    assert (log["status"], [error["type"] for error in log["trace"]["errors"]]) == (
        "FAILED",
        ["TimeoutError"],
    )


def test_a_block_inside_of_a_run_is_a_ticket_of_its_own(logs: Captured) -> None:
    async def ask_colleague(question: str) -> str:
        """Ask a colleague."""
        with caselog.ticket(ticket_id="inner"):
            return str(await agent(say("Ask them.")).run(question))

    tool = FunctionTool.from_defaults(async_fn=ask_colleague)
    asks = say("", ("ask_colleague", {"question": "Who?"}))
    with instrument_tags({"ticket_id": "whole"}):
        run(agent(asks, ANSWER, tools=[tool]))

    found = {log["ticket_id"]: steps_of(log)["actions"] for log in logs}
    assert found == {"inner": ["Ask them."], "whole": ['ask_colleague(question="Who?")', "It is paid."]}


def test_many_runs_at_once_are_never_mixed(logs: Captured) -> None:
    async def one(number: int) -> None:
        asks = say(f"Look up {number}.", ("find_order", {"order_id": number}))
        with instrument_tags({"ticket_id": f"T-{number}"}):
            await agent(asks, 0.001, say(f"{number} is paid.")).run(f"Is {number} paid?")

    async def main() -> None:
        await asyncio.gather(*(one(number) for number in range(20)))

    asyncio.run(main())

    assert len(logs) == 20
    for log in logs:
        number = log["ticket_id"].partition("-")[2]
        assert steps_of(log)["actions"] == [f"find_order(order_id={number})", f"{number} is paid."]
        assert log["trace"]["react_iterations"][0]["observation"] == f"order {number} is paid"


def test_blocks_in_tasks_keep_their_runs(logs: Captured) -> None:
    async def one(number: int) -> None:
        with caselog.ticket(ticket_id=f"T-{number}"):
            await agent(0.001, say(f"{number} is paid.")).run(f"Is {number} paid?")

    async def main() -> None:
        await asyncio.gather(*(one(number) for number in range(10)))

    asyncio.run(main())

    found = {log["ticket_id"]: log["trace"]["final_response"] for log in logs}
    assert found == {f"T-{number}": f"{number} is paid." for number in range(10)}


def _engine(**settings: Any) -> Any:
    documents = [Document(text="Refunds take five days.", metadata={"page": 3})]
    index = VectorStoreIndex.from_documents(documents, embed_model=MockEmbedding(embed_dim=4))
    return index.as_query_engine(llm=Words(), **settings)


def test_an_engine_s_passages_are_the_result_of_its_retriever(logs: Captured) -> None:
    answer = _engine().query("How long?")

    (log,) = logs
    (call,) = log["trace"]["tool_calls"]
    assert (call["name"], call["arguments"]) == ("VectorIndexRetriever", {"query": "How long?"})
    assert [(found["text"], found["metadata"]) for found in call["result"]] == [
        ("Refunds take five days.", {"page": 3})
    ]
    assert log["trace"]["nodes"][0]["input"] == "How long?"
    assert log["trace"]["final_response"] == str(answer) == "It takes five days."
    assert len(log["trace"]["react_iterations"]) == 1


def test_a_streamed_answer_ends_the_ticket_when_it_is_read(logs: Captured) -> None:
    answer = _engine(streaming=True).query("How long?")

    "".join(answer.response_gen)

    (log,) = logs
    assert (log["status"], log["trace"]["final_response"]) == ("SUCCESS", "It takes five days.")


def test_a_streamed_conversation_is_one_ticket(logs: Captured) -> None:
    documents = [Document(text="Refunds take five days.")]
    index = VectorStoreIndex.from_documents(documents, embed_model=MockEmbedding(embed_dim=4))
    before = set(threading.enumerate())
    answer = index.as_chat_engine(llm=Words(), chat_mode="context").stream_chat("How long?")

    "".join(answer.response_gen)
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("Thread-"):  # it writes the conversation down; others are of pools
            thread.join(60)

    (log,) = logs
    assert (log["status"], log["trace"]["final_response"]) == ("SUCCESS", "It takes five days.")


def test_an_answer_that_nobody_reads_is_shipped_when_it_is_gone(logs: Captured) -> None:
    answer = _engine(streaming=True).query("How long?")
    assert len(logs) == 0
    del answer
    gc.collect()

    (log,) = logs
    assert "final_response" not in log["trace"]


def test_a_tool_that_is_an_engine_lies_in_the_agent_s_ticket(logs: Captured) -> None:
    tool = QueryEngineTool.from_defaults(_engine(), name="manual", description="how long things take")
    run(agent(say("", ("manual", {"input": "How long?"})), ANSWER, tools=[tool]))

    (log,) = logs
    assert steps_of(log)["calls"] == [("manual", "ok"), ("VectorIndexRetriever", "ok")]
    assert log["trace"]["react_iterations"][0]["observation"] == "It takes five days."


def test_a_model_that_is_called_from_outside_is_a_ticket_and_its_stream_too(logs: Captured) -> None:
    llm = Words()
    llm.complete("a b")
    for _ in llm.stream_chat([ChatMessage(role="user", content="a b")]):
        pass
    abandoned = llm.stream_complete("a b")
    next(abandoned)
    abandoned.close()

    found = [
        (log["status"], log["trace"].get("final_response"), len(log["trace"]["react_iterations"]))
        for log in logs
    ]
    assert found == [
        ("SUCCESS", "It takes five days.", 1),
        ("SUCCESS", "It takes five days.", 1),
        ("CANCELLED", None, 1),
    ]


def test_what_an_object_does_when_it_is_looked_at_costs_the_workflow_nothing(logs: Captured) -> None:
    class Hostile:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("do not look")

        def __repr__(self) -> str:
            raise RuntimeError("do not look")

    def open_box() -> Any:
        """Open the box."""
        return Hostile

    run(agent(say("", ("open_box", {})), ANSWER, tools=[FunctionTool.from_defaults(open_box)]))

    (log,) = logs
    assert log["status"] == "SUCCESS"


@pytest.fixture
def is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("a mistake of our own")

    monkeypatch.setattr("caselog.llama_index.objects.read_answer", fail)


def test_a_mistake_of_the_adapter_is_swallowed_and_counted(logs: Captured, is_broken: None) -> None:
    answer = run(agent(ASK, ANSWER))

    (log,) = logs
    assert (str(answer), log["status"]) == ("It is paid.", "SUCCESS")
    assert log["sdk"]["missed_events"] == 4


def test_called_again_it_changes_the_fields_and_records_once(logs: Captured) -> None:
    record_runs(environment="other", ticket_id="fixed")
    run(agent(ANSWER))

    (log,) = logs
    assert (log["environment"], log["ticket_id"]) == ("other", "fixed")


def test_the_sdk_alone_does_not_import_llama_index() -> None:
    program = "import sys, caselog; sys.exit(any(name.startswith('llama_index') for name in sys.modules))"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_without_bodies_no_word_that_was_said_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASELOG_MASK", "bodies")
    asks = say(
        "Let me ask the harbour.", ("find_order", {"order_id": 7}), thinking="Perhaps a pelican knows."
    )

    with capture() as logs:
        run(agent(asks, say("A kingfisher ate it.")), "Has the walrus eaten my ticket?")

    (log,) = logs
    said = ("walrus", "eaten", "my ticket", "harbour", "pelican", "Perhaps", "kingfisher", "is paid")
    assert [word for word in said if word in json.dumps(log)] == []
    assert steps_of(log)["calls"] == [("find_order", "ok")]
