"""Real LangGraph graphs, with a scripted model, become one log per ticket."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Iterator
from typing import Annotated, Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, RetryPolicy, interrupt

from caselog.langchain import CaselogCallbackHandler
from caselog.testing import Captured, capture


class ScriptedModel(BaseChatModel):
    """Says one thing after the other, with usage as providers report it."""

    script: list[AIMessage]
    said: list[int]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        place = min(self.said[0], len(self.script) - 1)
        self.said[0] += 1
        return ChatResult(generations=[ChatGeneration(message=self.script[place].model_copy())])

    def bind_tools(self, *args: Any, **kwargs: Any) -> Any:
        return self


@tool
def find_order(order_id: int) -> str:
    """Find an order."""
    if order_id < 0:
        raise LookupError("no such order")
    return f"order {order_id} is paid"


def ask(order_id: int, call_id: str = "c1") -> AIMessage:
    usage = {"input_tokens": 10, "output_tokens": 3, "total_tokens": 13}
    call = {"name": "find_order", "args": {"order_id": order_id}, "id": call_id}
    return AIMessage(
        "Look it up.", tool_calls=[call], usage_metadata=usage, response_metadata={"model_name": "small-1"}
    )


ANSWER = AIMessage("It is paid.", usage_metadata={"input_tokens": 20, "output_tokens": 5, "total_tokens": 25})
QUESTION = {"messages": [("user", "Is order 7 paid?")]}


class State(TypedDict, total=False):
    ticket_id: str
    status: str
    words: Annotated[list[str], operator.add]


@pytest.fixture
def logs() -> Iterator[Captured]:
    with capture() as captured:
        yield captured


@pytest.fixture
def handler() -> CaselogCallbackHandler:
    return CaselogCallbackHandler(environment="test")


def config(handler: CaselogCallbackHandler, ticket_id: str = "T-1", **rest: Any) -> RunnableConfig:
    return {"callbacks": [handler], "metadata": {"ticket_id": ticket_id}, **rest}  # type: ignore[typeddict-item]


def agent(*script: AIMessage) -> Any:
    return create_agent(ScriptedModel(script=list(script), said=[0]), [find_order])


def graph(*nodes: tuple[str, Any], checkpointer: Any = None, **options: Any) -> Any:
    built = StateGraph(State)
    previous = START
    for name, action in nodes:
        built.add_node(name, action, **options)
        built.add_edge(previous, name)
        previous = name
    built.add_edge(previous, END)
    return built.compile(checkpointer=checkpointer)


def test_a_react_agent_becomes_iterations_with_their_tool_calls_tokens_and_model(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    agent(ask(7), ANSWER).invoke(QUESTION, config(handler))

    (log,) = logs
    first, second = log["trace"]["react_iterations"]
    assert (log["ticket_id"], log["status"], log["environment"]) == ("T-1", "SUCCESS", "test")
    assert (first["thought"], first["node"], first["model"]) == ("Look it up.", "model", "small-1")
    assert first["action"] == [{"name": "find_order", "arguments": {"order_id": 7}}]
    assert first["tool_calls"][0]["arguments"] == {"order_id": 7}
    assert first["tool_calls"][0]["result"] == first["observation"] == "order 7 is paid"
    assert second["thought"] == log["trace"]["final_response"] == "It is paid."
    assert [node["name"] for node in log["trace"]["nodes"]] == ["model", "tools", "model"]
    assert log["metrics"] == {
        "react_iterations": 2, "error_count": 0, "tool_call_count": 1, "input_tokens": 30, "output_tokens": 8
    }  # fmt: skip
    assert [message["role"] for message in log["trace"]["messages"]] == [
        "user",
        "assistant",
        "tool",
        "assistant",
    ]


def test_asynchronous_and_streamed_runs_are_recorded_alike(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    async def run() -> None:
        await agent(ask(7), ANSWER).ainvoke(QUESTION, config(handler, "async"))
        async for _ in agent(ask(7), ANSWER).astream(QUESTION, config(handler, "stream")):
            pass

    asyncio.run(run())

    assert [log["ticket_id"] for log in logs] == ["async", "stream"]
    for log in logs:
        assert log["metrics"]["tool_call_count"] == 1
        assert [node["name"] for node in log["trace"]["nodes"]] == ["model", "tools", "model"]


def test_tickets_that_run_at_once_do_not_mix(logs: Captured, handler: CaselogCallbackHandler) -> None:
    async def run() -> None:
        runs = [agent(ask(n), ANSWER).ainvoke(QUESTION, config(handler, f"T-{n}")) for n in range(6)]
        await asyncio.gather(*runs)

    asyncio.run(run())

    for log in logs:
        step = log["trace"]["react_iterations"][0]
        assert f"T-{step['tool_calls'][0]['arguments']['order_id']}" == log["ticket_id"]
    assert len(logs) == 6


def test_a_tool_that_fails_is_an_error_of_the_log(logs: Captured, handler: CaselogCallbackHandler) -> None:
    with pytest.raises(LookupError):
        agent(ask(-1), ANSWER).invoke(QUESTION, config(handler))

    (log,) = logs
    call = log["trace"]["react_iterations"][0]["tool_calls"][0]
    assert (call["status"], call["error"]["type"]) == ("error", "LookupError")
    assert [(error["node"], error["type"]) for error in log["trace"]["errors"]] == [("tools", "LookupError")]
    assert log["status"] == "FAILED"


def test_a_node_that_succeeds_at_the_second_try_is_two_nodes_and_one_error(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    tries: list[int] = []

    def flaky(_state: State) -> State:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionError("once")
        return {"words": ["done"]}

    policy = RetryPolicy(initial_interval=0.001, retry_on=ConnectionError)
    graph(("flaky", flaky), retry_policy=policy).invoke({"ticket_id": "T-9"}, {"callbacks": [handler]})

    (log,) = logs
    assert [node["status"] for node in log["trace"]["nodes"]] == ["error", "ok"]
    assert (log["ticket_id"], log["status"], log["metrics"]["error_count"]) == ("T-9", "SUCCESS", 1)


def test_parallel_branches_and_subgraphs_are_nodes_too(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    inner = graph(("inside", lambda _state: {"words": ["inside"]}))
    built = StateGraph(State)
    built.add_node("left", lambda _state: {"words": ["left"]})
    built.add_node("right", lambda _state: {"words": ["right"]})
    built.add_node("sub", inner)
    for name in ("left", "right"):
        built.add_edge(START, name)
        built.add_edge(name, "sub")
    built.add_edge("sub", END)

    built.compile().invoke({"ticket_id": "T-1", "status": "escalated"}, {"callbacks": [handler]})

    (log,) = logs
    assert sorted(node["name"] for node in log["trace"]["nodes"]) == ["inside", "left", "right", "sub"]
    assert log["status"] == "ESCALATED"


def test_an_interrupt_is_no_error_and_the_resumed_run_is_the_same_ticket(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    app = graph(
        ("draft", lambda _state: {"words": ["draft"]}),
        ("approve", lambda _state: {"words": [interrupt("send it?")]}),
        checkpointer=InMemorySaver(),
    )
    options = config(handler, configurable={"thread_id": "thread-1"})

    app.invoke({"words": []}, options)
    before = len(logs)
    app.invoke(Command(resume="yes"), options)

    (log,) = logs
    assert before == 0
    assert [node["name"] for node in log["trace"]["nodes"]] == ["draft", "approve", "approve"]
    assert (log["status"], log["metrics"]["error_count"]) == ("SUCCESS", 0)


def test_a_plain_chain_is_recorded_by_its_steps(logs: Captured, handler: CaselogCallbackHandler) -> None:
    chain = RunnableLambda(lambda text: text.upper()).with_config(run_name="shout") | ScriptedModel(
        script=[ANSWER], said=[0]
    )

    chain.invoke("is it paid?", config(handler))

    (log,) = logs
    assert [node["name"] for node in log["trace"]["nodes"]] == ["shout"]
    assert log["metrics"]["react_iterations"] == 1


def test_nothing_of_a_finished_run_is_kept(logs: Captured, handler: CaselogCallbackHandler) -> None:
    for _ in range(3):
        agent(ask(7), ANSWER).invoke(QUESTION, config(handler))

    assert handler._runs == {}
    assert len(handler._waiting) == 0
