"""Real LangGraph graphs, with a scripted model, become one log per ticket."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from typing import Any

import pytest
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.caches import InMemoryCache
from langchain_core.documents import Document
from langchain_core.language_models import FakeListLLM, GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.outputs import LLMResult
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import ToolException, tool
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import RetryPolicy

from caselog.langchain import CaselogCallbackHandler
from caselog.testing import Captured
from tests.sdk.langchain_graphs import ANSWER, QUESTION, State, agent, ask, config, graph, model


def test_a_react_agent_becomes_iterations_with_their_tool_calls_tokens_and_model(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    agent(ask(7), ANSWER).invoke(QUESTION, config(handler))

    (log,) = logs
    first, second = log["trace"]["react_iterations"]
    assert (log["ticket_id"], log["status"], log["environment"]) == ("T-1", "SUCCESS", "test")
    assert (first["thought"], first["node"], first["model"]) == ("Look it up.", "model", "small-1")
    assert first["action"] == "find_order(order_id=7)"
    assert first["tool_calls"][0]["arguments"] == {"order_id": 7}
    assert first["tool_calls"][0]["result"] == first["observation"] == "order 7 is paid"
    assert second["thought"] == log["trace"]["final_response"] == "It is paid."
    assert [node["name"] for node in log["trace"]["nodes"]] == ["model", "tools", "model"]
    assert log["metrics"] == {
        "react_iterations": 2, "error_count": 0, "tool_call_count": 1, "failed_tool_calls": 0,
        "input_tokens": 30, "output_tokens": 8,
    }  # fmt: skip
    assert [message["role"] for message in log["trace"]["messages"]] == [
        "user",
        "assistant",
        "tool",
        "assistant",
    ]


def test_an_answer_from_the_cache_is_marked_and_costs_nothing(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    cached = model(ANSWER)
    cached.cache = InMemoryCache()
    for ticket_id in ("first", "again"):
        cached.invoke("Is it paid?", config(handler, ticket_id))

    first, again = logs
    assert first["metrics"]["input_tokens"] > 0
    assert "cached" not in first["trace"]["react_iterations"][0]
    assert again["trace"]["react_iterations"][0]["cached"] is True
    assert "input_tokens" not in again["metrics"]
    assert "input_tokens" not in again["trace"]["react_iterations"][0]


def test_a_model_with_fallbacks_is_one_ticket(logs: Captured, handler: CaselogCallbackHandler) -> None:
    def fail(_: Any) -> Any:
        raise TimeoutError("the first one is down")

    first = GenericFakeChatModel(messages=map(fail, "x"))
    fallbacks = first.with_fallbacks([model(ANSWER)])

    answer = fallbacks.invoke("Is it paid?", config(handler, "sync"))
    first.messages = map(fail, "x")
    asyncio.run(fallbacks.ainvoke("Is it paid?", config(handler, "async")))

    assert answer.content == "It is paid."
    assert [(log["ticket_id"], log["status"]) for log in logs] == [("sync", "SUCCESS"), ("async", "SUCCESS")]
    for log in logs:
        failed, answered = log["trace"]["react_iterations"]
        assert (failed["status"], answered["thought"]) == ("error", "It is paid.")
        assert log["trace"]["final_response"] == "It is paid."


def test_a_run_of_another_ticket_inside_a_run_is_a_log_of_its_own(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    def call_models(_: Any) -> str:
        model(ANSWER).invoke("same ticket", config(handler, "outer"))
        model(ANSWER).invoke("another ticket", config(handler, "inner"))
        return "done"

    RunnableLambda(call_models).invoke({}, config(handler, "outer"))

    counts = {log["ticket_id"]: len(log["trace"]["react_iterations"]) for log in logs}
    assert counts == {"inner": 1, "outer": 1}


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


def test_a_plain_chain_is_recorded_by_its_steps(logs: Captured, handler: CaselogCallbackHandler) -> None:
    chain = RunnableLambda(lambda text: text.upper()).with_config(run_name="shout") | model(ANSWER)

    chain.invoke("is it paid?", config(handler))

    (log,) = logs
    assert [node["name"] for node in log["trace"]["nodes"]] == ["shout"]
    assert log["metrics"]["react_iterations"] == 1


def test_nothing_of_a_finished_run_is_kept(logs: Captured, handler: CaselogCallbackHandler) -> None:
    for _ in range(3):
        agent(ask(7), ANSWER).invoke(QUESTION, config(handler))

    assert len(handler._runs) == 0


def test_a_long_conversation_makes_the_log_grow_with_its_length_not_with_its_square(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    sizes = []
    for rounds in (10, 20, 40):
        script = [ask(number, f"c{number}") for number in range(rounds)]
        agent(*script, ANSWER).invoke(QUESTION, config(handler, recursion_limit=1000))
        sizes.append(len(json.dumps(logs[-1])))

    assert sizes[1] < 2.2 * sizes[0]
    assert sizes[2] < 2.2 * sizes[1]
    assert "as before" in str(logs[0]["trace"]["nodes"][2]["input"])


def test_what_a_node_changes_in_place_does_not_change_what_earlier_ones_saw(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    def refund(state: State) -> State:
        state["order"]["status"] = "refunded"
        return {"order": state["order"]}

    load = ("load", lambda _state: {"order": {"id": 7, "status": "paid"}})
    graph(load, ("check", lambda _state: {"words": ["ok"]}), ("refund", refund)).invoke({}, config(handler))

    loaded, checked, refunded = logs[0]["trace"]["nodes"]
    assert loaded["output"]["order"]["status"] == checked["input"]["order"]["status"] == "paid"
    assert refunded["output"]["order"]["status"] == "refunded"


def test_a_retriever_is_a_tool_call_and_what_runs_in_it_belongs_to_the_ticket(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    class Rewriting(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
            model(ANSWER).invoke(f"rewrite {query}", {"callbacks": run_manager.get_child()})
            return [Document("Refunds take five days.")]

    find = ("find", lambda _state: {"words": [Rewriting().invoke("refunds")[0].page_content]})
    graph(find).invoke({}, config(handler))

    (log,) = logs
    (call,) = log["trace"]["tool_calls"]
    assert (call["name"], call["arguments"]) == ("Rewriting", {"query": "refunds"})
    assert call["result"][0]["page_content"] == "Refunds take five days."
    assert log["metrics"]["react_iterations"] == 1


def test_what_runs_on_after_its_ticket_has_ended_is_no_ticket(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    began, may_go_on, has_ended = threading.Event(), threading.Event(), threading.Event()

    def slow(_state: State) -> State:
        began.set()
        may_go_on.wait(60)
        try:
            return {"words": [model(ANSWER).invoke("still there?").text]}
        finally:
            has_ended.set()

    async def run() -> None:
        running = asyncio.create_task(graph(("slow", slow)).ainvoke({}, config(handler)))
        assert await asyncio.to_thread(began.wait, 60)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        may_go_on.set()
        assert await asyncio.to_thread(has_ended.wait, 60)

    asyncio.run(run())

    (log,) = logs
    assert (log["status"], log["metrics"]["error_count"]) == ("CANCELLED", 0)


def test_a_stream_that_nobody_reads_to_its_end_is_no_failure(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    first = ("first", lambda _state: {"words": ["a"]})
    for _chunk in graph(first, ("second", lambda _state: {"words": ["b"]})).stream({}, config(handler)):
        break

    (log,) = logs
    assert (log["status"], log["metrics"]["error_count"]) == ("CANCELLED", 0)


def test_a_failed_run_tells_what_its_nodes_had_found_out(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    def fail(_state: State) -> State:
        raise LookupError("no such order")

    classify = ("classify", lambda _state: {"ticket_id": "T-8", "category": "refund"})
    with pytest.raises(LookupError):
        graph(classify, ("fail", fail)).invoke({}, {"callbacks": [handler]})

    (log,) = logs
    assert (log["ticket_id"], log["category"], log["status"]) == ("T-8", "refund", "FAILED")


def test_a_run_that_names_no_ticket_is_known_by_its_own_id(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    graph(("a", lambda _state: {})).invoke({}, {"callbacks": [handler]})
    graph(("a", lambda _state: {})).invoke({}, {"callbacks": [handler]})

    assert len({log["ticket_id"] for log in logs}) == 2


def test_a_tool_that_answers_with_an_error_and_one_that_does_not_exist_are_failed_calls(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    @tool
    def deny(order_id: int) -> str:
        """Deny."""
        raise ToolException("denied")

    deny.handle_tool_error = True
    calls = [{"name": name, "args": {"order_id": 7}, "id": name} for name in ("made_up", "deny")]
    agent(AIMessage("", tool_calls=calls), ANSWER, tools=[deny]).invoke(QUESTION, config(handler))

    step = logs[0]["trace"]["react_iterations"][0]
    assert [(call["name"], call["status"]) for call in step["tool_calls"]] == [
        ("made_up", "error"),
        ("deny", "error"),
    ]
    assert step["tool_calls"][1]["result"] == "denied"


def test_each_try_of_one_call_stays_a_record_of_its_own(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    tries: list[int] = []

    @tool
    def flaky(order_id: int) -> str:
        """Fail once."""
        tries.append(order_id)
        if len(tries) == 1:
            raise ConnectionError("once")
        return "paid"

    call = {"name": "flaky", "args": {"order_id": 7}, "id": "c1"}
    again = ToolRetryMiddleware(max_retries=1, initial_delay=0.0, jitter=False)
    agent(AIMessage("", tool_calls=[call]), ANSWER, tools=[flaky], middleware=[again]).invoke(
        QUESTION, config(handler)
    )

    calls = logs[0]["trace"]["react_iterations"][0]["tool_calls"]
    assert [(made["id"], made["status"]) for made in calls] == [("c1", "error"), ("c1", "ok")]


def test_tool_calls_stand_in_the_order_they_were_asked_for(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    @tool
    def wait(seconds: float) -> str:
        """Wait."""
        time.sleep(seconds)
        return f"after {seconds}"

    calls = [{"name": "wait", "args": {"seconds": seconds}, "id": str(seconds)} for seconds in (0.05, 0.0)]
    agent(AIMessage("", tool_calls=calls), ANSWER, tools=[wait]).invoke(QUESTION, config(handler))

    assert logs[0]["trace"]["react_iterations"][0]["observation"] == ["after 0.05", "after 0.0"]


def test_the_answer_is_this_turns_and_never_that_of_an_earlier_one(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    earlier = [("user", "Is it paid?"), ("assistant", "It is."), ("user", "Thanks, bye.")]
    built: Any = StateGraph(MessagesState)
    built.add_node("hang up", lambda _state: {})
    built.add_edge(START, "hang up")
    ask_model: Any = RunnableLambda(lambda _text: "a question") | model(ANSWER)
    built.compile().invoke({"messages": earlier}, config(handler))
    ask_model.invoke("x", config(handler))
    agent(AIMessage([{"type": "text", "text": "In words."}])).invoke(QUESTION, config(handler))

    assert [log["trace"].get("final_response") for log in logs] == [None, "It is paid.", "In words."]


def test_tokens_and_models_are_found_where_older_and_streaming_models_put_them(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    usage = {"token_usage": {"prompt_tokens": 5, "completion_tokens": 2}, "model_name": "m-1m-1"}
    model(AIMessage("x", response_metadata=usage)).invoke("x", config(handler))

    (step,) = logs[0]["trace"]["react_iterations"]
    assert (step["input_tokens"], step["output_tokens"], step["model"]) == (5, 2, "m-1")


@pytest.mark.parametrize(
    ("usage", "count"),
    [
        ({"usage": {"input_tokens": 5}}, 15),
        ({"usage": {"prompt_tokens": 5}}, 15),
        ({"token_usage": {"prompt_tokens": 5.0}}, 15),
        ({"token_usage": {"prompt_tokens": "5"}}, 15),
        ({"token_usage": {"prompt_tokens": "many"}}, None),
        ({"token_usage": "many"}, None),
        ({}, None),
    ],
)
def test_no_sum_of_tokens_leaves_out_what_could_not_be_read(
    usage: dict[str, Any], count: int | None, logs: Captured, handler: CaselogCallbackHandler
) -> None:
    agent(ask(7), AIMessage("It is paid.", response_metadata=usage)).invoke(QUESTION, config(handler))

    assert logs[0]["metrics"].get("input_tokens") == count
    assert logs[0]["metrics"]["react_iterations"] == 2


def test_the_tasks_of_a_function_are_nodes_and_a_nested_node_says_where_it_lies(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    @task
    def double(number: int) -> int:
        return 2 * number

    @entrypoint()
    def flow(number: int) -> int:
        return double(number).result()

    flow.invoke(4, config(handler))

    named = [(node["name"], node.get("attributes")) for node in logs[0]["trace"]["nodes"]]
    assert named == [("flow", None), ("double", {"path": "flow"})]


def test_an_exception_whose_text_cannot_be_read_still_gives_a_log(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    class UnreadableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def fail(_state: State) -> State:
        raise UnreadableError

    with pytest.raises(UnreadableError):
        graph(("fail", fail)).invoke({}, config(handler))

    assert logs[0]["trace"]["errors"][0]["type"] == "UnreadableError"


def test_an_iteration_has_what_the_model_was_given_and_each_message_once(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    agent(ask(7), ANSWER, system_prompt="Be brief.").invoke(QUESTION, config(handler))

    first, second = logs[0]["trace"]["react_iterations"]
    assert [message["role"] for message in first["input"]] == ["system", "user"]
    assert [message["content"] for message in first["input"]] == ["Be brief.", "Is order 7 paid?"]
    assert second["input"][0] == "[2 as before]"
    assert [message["role"] for message in second["input"][1:]] == ["assistant", "tool"]


def test_a_prompt_that_is_a_text_is_what_the_model_was_given(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    FakeListLLM(responses=["Paid."]).invoke("Is order 7 paid?", config(handler))

    assert logs[0]["trace"]["react_iterations"][0]["input"] == "Is order 7 paid?"


def test_a_system_prompt_that_changes_each_time_does_not_repeat_the_conversation(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    said = [HumanMessage("Is order 7 paid?"), AIMessage("Let me see.")]

    def ask_twice(_state: State) -> State:
        for number in range(2):
            model(ANSWER).invoke([SystemMessage(f"It is {number} o'clock."), *said])
        return {}

    graph(("ask", ask_twice)).invoke({}, config(handler))

    first, second = logs[0]["trace"]["react_iterations"]
    assert len(first["input"]) == 3
    assert second["input"][0]["content"] == "It is 1 o'clock."
    assert second["input"][1:] == ["[2 as before]"]


def test_a_node_of_a_graph_within_a_node_has_that_node_as_its_parent(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    inner = graph(("inner", lambda _state: {"category": "refund"}))

    graph(("outer", inner)).invoke({}, config(handler))

    parents = {node["name"]: node.get("parent") for node in logs[0]["trace"]["nodes"]}
    assert parents == {"outer": None, "inner": "outer"}


# ---------------------------------------------------------------- what a model says


def answered(logs: Captured, handler: CaselogCallbackHandler, message: AIMessage) -> tuple[Any, Any]:
    """The iteration of a model that answers so, and what the run answered."""
    model(message).invoke("Is it paid?", config(handler))
    agent(message).invoke(QUESTION, config(handler))
    alone, of_agent = logs
    (step,) = alone["trace"]["react_iterations"]
    assert step["thought"] == of_agent["trace"]["react_iterations"][0]["thought"]
    assert alone["trace"]["final_response"] == of_agent["trace"]["final_response"]
    assert alone["status"] == of_agent["status"] == "SUCCESS"
    return step, alone["trace"]["final_response"]


SUMMARY = [{"type": "summary_text", "text": "Which order?"}]


@pytest.mark.parametrize(
    "reasoning",
    [
        {"content": [{"type": "reasoning", "summary": SUMMARY}, {"type": "text", "text": "It is paid."}]},
        {
            "content": [
                {"type": "thinking", "thinking": "Which order?"},
                {"type": "text", "text": "It is paid."},
            ]
        },
        {
            "content": [
                {"type": "reasoning", "reasoning": "Which order?"},
                {"type": "text", "text": "It is paid."},
            ]
        },
        {
            "content": [
                {"type": "reasoning_content", "reasoning_content": {"text": "Which order?"}},
                {"type": "text", "text": "It is paid."},
            ]
        },
        {"content": "It is paid.", "additional_kwargs": {"reasoning_content": "Which order?"}},
        {"content": "It is paid.", "additional_kwargs": {"reasoning": "Which order?"}},
        {"content": "It is paid.", "additional_kwargs": {"reasoning": {"summary": SUMMARY}}},
        {
            "content": [{"type": "text", "text": "It is paid."}],
            "additional_kwargs": {"reasoning": {"summary": SUMMARY}},
        },
    ],
)
def test_reasoning_goes_to_the_thought_and_not_into_the_answer(
    reasoning: dict[str, Any], logs: Captured, handler: CaselogCallbackHandler
) -> None:
    step, answer = answered(logs, handler, AIMessage(**reasoning))

    assert "Which order?" in step["thought"]
    assert answer == "It is paid."


@pytest.mark.parametrize(
    "refusal",
    [
        {"content": "", "additional_kwargs": {"refusal": "I cannot do that."}},
        {"content": [{"type": "refusal", "refusal": "I cannot do that."}]},
    ],
)
def test_a_refusal_is_the_answer(
    refusal: dict[str, Any], logs: Captured, handler: CaselogCallbackHandler
) -> None:
    step, answer = answered(logs, handler, AIMessage(**refusal))

    assert step["thought"] == answer == "I cannot do that."


def test_a_picture_alone_is_the_answer(logs: Captured, handler: CaselogCallbackHandler) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBOR"}}

    model(AIMessage([picture])).invoke("x", config(handler))

    assert logs[0]["trace"]["final_response"] == [picture]


def test_an_answer_in_several_blocks_is_joined_as_it_is(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    texts = ["* one ", "item\n", "* two", " items"]
    blocks: list[Any] = [{"type": "text", "text": text, "citations": []} for text in texts]

    _, answer = answered(logs, handler, AIMessage(content=blocks))

    assert answer == "* one item\n* two items"


def test_tools_that_the_provider_s_server_runs_are_tool_calls(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    found = [{"type": "web_search_result", "title": "Refunds", "url": "https://example.com"}]
    blocks: list[Any] = [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "refunds"}},
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": found},
        {
            "type": "code_interpreter_call",
            "id": "s2",
            "code": "1 + 1",
            "outputs": ["2"],
            "status": "completed",
        },
        {"type": "text", "text": "It is paid."},
    ]

    step, answer = answered(logs, handler, AIMessage(content=blocks))

    calls = [(call["id"], call["name"], call["arguments"], call["result"]) for call in step["tool_calls"]]
    assert calls == [
        ("s1", "web_search", {"query": "refunds"}, found),
        ("s2", "code_interpreter", "1 + 1", ["2"]),
    ]
    assert step["action"] == 'web_search(query="refunds"); code_interpreter("1 + 1")'
    assert answer == "It is paid."
    assert logs[0]["metrics"]["tool_call_count"] == 2


def test_a_picture_and_an_artifact_of_a_tool_are_kept(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    picture = {"type": "image", "mime_type": "image/png", "base64": "iVBORw0KGgo="}

    @tool(response_format="content_and_artifact")
    def find_order(order_id: int) -> Any:
        """Find an order."""
        return [{"type": "text", "text": "here"}, picture], {"rows": order_id}

    agent(ask(7), ANSWER, tools=[find_order]).invoke(QUESTION, config(handler))

    (call,) = logs[0]["trace"]["react_iterations"][0]["tool_calls"]
    assert call["result"] == [{"type": "text", "text": "here"}, picture]
    assert call["artifact"] == {"rows": 7}


def test_a_model_that_answers_nothing_is_one_log_and_nothing_stays(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    none: list[Any] = [[], [[]]]
    for generations in none:
        run_id = uuid.uuid4()
        handler.on_chat_model_start({}, [[]], run_id=run_id, metadata={"ticket_id": "T-1"})
        handler.on_llm_end(LLMResult(generations=generations), run_id=run_id)

    assert [len(log["trace"]["react_iterations"]) for log in logs] == [1, 1]
    assert len(handler._runs) == 0
