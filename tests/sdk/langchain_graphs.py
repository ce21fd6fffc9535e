"""Graphs, agents and a scripted model for the tests of the LangChain handler."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Annotated, Any, TypedDict

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.graph import END, START, StateGraph

from caselog.langchain import CaselogCallbackHandler


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
    category: str
    order: dict[str, Any]
    words: Annotated[list[str], operator.add]


def config(handler: CaselogCallbackHandler, ticket_id: str = "T-1", **rest: Any) -> RunnableConfig:
    return {"callbacks": [handler], "metadata": {"ticket_id": ticket_id}, **rest}  # type: ignore[typeddict-item]


def model(*script: AIMessage) -> ScriptedModel:
    return ScriptedModel(script=list(script), said=[0])


def agent(*script: AIMessage, tools: Sequence[Any] = (find_order,), **options: Any) -> Any:
    return create_agent(model(*script), list(tools), **options)


def graph(
    *nodes: tuple[str, Any], checkpointer: Any = None, stop_before: Sequence[str] = (), **options: Any
) -> Any:
    built = StateGraph(State)
    previous = START
    for name, action in nodes:
        built.add_node(name, action, **options)
        built.add_edge(previous, name)
        previous = name
    built.add_edge(previous, END)
    return built.compile(checkpointer=checkpointer, interrupt_before=list(stop_before))
