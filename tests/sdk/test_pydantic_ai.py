"""Runs of pydantic-ai's agents, with a scripted model, become one log per ticket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from pydantic import BaseModel

from tests.conftest import missing

if find_spec("pydantic_ai") is None:
    missing("pydantic-ai is not installed")

from pydantic_ai import (
    Agent,
    ApprovalRequired,
    DeferredToolRequests,
    DeferredToolResults,
    ModelRetry,
    RunContext,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
)
from pydantic_ai.messages import (
    ModelRequest,
    ModelResponse,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel
from pydantic_ai.models.test import TestModel
from pydantic_ai.usage import RequestUsage, UsageLimits

import caselog
from caselog import guard
from caselog.pydantic_ai import CaselogCapability, record
from caselog.testing import Captured
from caselog.waiting import Waiting
from tests.sdk.adapters import run_mixed, without_times

QUESTION = "Is order 7 paid?"
USAGE = RequestUsage(input_tokens=10, output_tokens=3, cache_read_tokens=4)


def model(*answers: Any, name: str = "small-1", usage: RequestUsage | None = USAGE) -> FunctionModel:
    """A model that gives these answers in turn: parts, or what it raises."""
    left = iter(answers)

    def answer(_messages: list[Any], _info: AgentInfo) -> ModelResponse:
        parts = next(left)
        if isinstance(parts, BaseException):
            raise parts
        return ModelResponse(parts=parts, usage=usage or RequestUsage())

    async def stream(_messages: list[Any], _info: AgentInfo) -> AsyncIterator[Any]:
        parts = next(left)
        if isinstance(parts, BaseException):
            raise parts
        for place, part in enumerate(parts):
            if isinstance(part, ToolCallPart):
                arguments = json.dumps(part.args)
                yield {place: DeltaToolCall(part.tool_name, arguments, tool_call_id=part.tool_call_id)}
            else:
                yield part.content

    return FunctionModel(answer, stream_function=stream, model_name=name)


def call(name: str, call_id: str = "c1", **arguments: Any) -> ToolCallPart:
    return ToolCallPart(name, arguments, tool_call_id=call_id)


def say(text: str) -> TextPart:
    return TextPart(text)


def find_order(order_id: int) -> str:
    return f"order {order_id} is paid"


def fail(order_id: int) -> str:
    raise ValueError(f"no order {order_id}")


def ask_again(order_id: int) -> str:
    raise ModelRetry(f"{order_id} is no order")


def agent(
    *answers: Any, name: str = "support", tools: tuple[Callable[..., Any], ...] = (find_order,), **more: Any
) -> Agent[Any, Any]:
    capabilities = [CaselogCapability(environment="test")]
    given = model(*answers) if answers else TestModel()
    return Agent(given, name=name, tools=tools, capabilities=capabilities, **more)


def run(agent: Agent[Any, Any], question: str = QUESTION, **options: Any) -> Any:
    return asyncio.run(agent.run(question, **options)).output


def test_a_run_becomes_one_log_with_all_that_happened(logs: Captured) -> None:
    support = agent(
        [ThinkingPart("Which order?"), say("Look it up."), call("find_order", order_id=7)],
        [say("It is paid.")],
        instructions="Be kind.",
    )

    assert run(support, metadata={"ticket_id": "T-1", "category": "refund"}) == "It is paid."

    (log,) = logs
    first, second = log["trace"]["react_iterations"]
    assert all(0 <= step["duration_ms"] < 60_000 for step in (first, second, first["tool_calls"][0]))
    assert first["started_at"] <= first["tool_calls"][0]["started_at"] <= second["started_at"]
    tokens = {
        "model": "small-1",
        "input_tokens": 10,
        "output_tokens": 3,
        "total_tokens": 13,
        "cached_input_tokens": 4,
    }
    asked = {"id": "c1", "name": "find_order", "arguments": {"order_id": 7}}
    assert without_times(log) == {
        "schema_version": 1,
        "client_id": "captured",
        "ticket_id": "T-1",
        "category": "refund",
        "environment": "test",
        "status": "SUCCESS",
        "metrics": {
            "react_iterations": 2, "error_count": 0, "tool_call_count": 1, "failed_tool_calls": 0,
            "input_tokens": 20, "output_tokens": 6,
        },
        "sdk": {"name": "caselog-python", "version": caselog.__version__},
        "trace": {
            "nodes": [{"name": "support", "status": "ok", "input": QUESTION, "output": "It is paid."}],
            "react_iterations": [
                {
                    "iteration": 1,
                    "node": "support",
                    "input": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": QUESTION}],
                    "thought": "Which order?\n\nLook it up.",
                    "action": "find_order(order_id=7)",
                    "observation": "order 7 is paid",
                    "tool_calls": [{**asked, "result": "order 7 is paid", "status": "ok"}],
                    **tokens,
                },
                {
                    "iteration": 2,
                    "node": "support",
                    "input": [
                        "[2 as before]",
                        {"role": "assistant", "content": [{"type": "thinking", "thinking": "Which order?"}]},
                        {"role": "assistant", "content": "Look it up."},
                        {"role": "assistant", "content": None, "tool_calls": [asked]},
                        {"role": "tool", "name": "find_order", "tool_call_id": "c1", "content": "order 7 is paid"},
                    ],
                    "thought": "It is paid.",
                    **tokens,
                },
            ],
            "tool_calls": [],
            "errors": [],
            "final_response": "It is paid.",
        },
    }  # fmt: skip


def test_the_frameworks_own_test_model_is_recorded(logs: Captured) -> None:
    run(agent())

    (log,) = logs
    (made,) = log["trace"]["react_iterations"][0]["tool_calls"]
    assert (made["name"], made["result"]) == ("find_order", "order 0 is paid")
    assert log["trace"]["react_iterations"][0]["model"] == "test"


async def _stream_text(support: Agent[Any, Any]) -> None:
    async with support.run_stream(QUESTION) as result:
        async for _ in result.stream_text():
            pass


async def _stream_events(support: Agent[Any, Any]) -> None:
    async with support.run_stream_events(QUESTION) as events:
        async for _ in events:
            pass


async def _iterate(support: Agent[Any, Any]) -> None:
    async with support.iter(QUESTION) as nodes:
        async for _ in nodes:
            pass


@pytest.mark.parametrize("way", [_stream_text, _stream_events, _iterate])
def test_streamed_and_iterated_runs_are_recorded_like_any_other(
    logs: Captured, way: Callable[..., Any]
) -> None:
    answers = [call("find_order", order_id=7)], [say("It is "), say("paid.")]

    asyncio.run(way(agent(*answers)))

    (log,) = logs
    first, second = log["trace"]["react_iterations"]
    assert (log["status"], log["trace"]["final_response"]) == ("SUCCESS", "It is paid.")
    assert (first["action"], first["observation"]) == ("find_order(order_id=7)", "order 7 is paid")
    assert second["thought"] == "It is paid."
    assert first["model"] == "small-1"


def test_run_sync_is_recorded(logs: Captured) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        assert agent([say("Yes.")]).run_sync(QUESTION).output == "Yes."
    finally:
        asyncio.set_event_loop(None)
        loop.close()

    assert [log["trace"]["final_response"] for log in logs] == ["Yes."]


def test_agents_as_tools_are_one_ticket(logs: Captured) -> None:
    research = agent([call("find_order", "n1", order_id=9)], [say("Nothing found.")], name="research")

    async def ask_research(text: str) -> str:
        return str((await research.run(text)).output)

    asked = [call("ask_research", text="order 9"), call("find_order", "c2", order_id=1)]
    run(agent(asked, [say("Nothing.")], name="triage", tools=(ask_research, find_order)))

    (log,) = logs
    nodes = [(node["name"], node.get("parent"), node["output"]) for node in log["trace"]["nodes"]]
    assert nodes == [("triage", None, "Nothing."), ("research", "triage", "Nothing found.")]
    assert [step["node"] for step in log["trace"]["react_iterations"]] == [
        "triage",
        "research",
        "research",
        "triage",
    ]
    assert log["trace"]["react_iterations"][0]["observation"] == ["Nothing found.", "order 1 is paid"]
    assert log["trace"]["react_iterations"][1]["observation"] == "order 9 is paid"
    assert log["trace"]["final_response"] == "Nothing."
    assert log["metrics"]["input_tokens"] == 40


def test_parallel_calls_of_one_tool_keep_their_arguments_results_and_order(logs: Captured) -> None:
    async def look(order_id: int) -> str:
        await asyncio.sleep(0.01 * (5 - order_id))
        return f"order {order_id} is paid"

    run(
        agent(
            [call("look", f"c{number}", order_id=number) for number in range(5)],
            [say("All paid.")],
            tools=(look,),
        )
    )

    (log,) = logs
    made = log["trace"]["react_iterations"][0]["tool_calls"]
    assert [(each["id"], each["arguments"], each["result"]) for each in made] == [
        (f"c{number}", {"order_id": number}, f"order {number} is paid") for number in range(5)
    ]


def test_a_tool_that_raises_ends_the_run_and_is_one_error(logs: Captured) -> None:
    with pytest.raises(ValueError, match="no order 7"):
        run(agent([call("fail", order_id=7)], tools=(fail,)))

    (log,) = logs
    (made,) = log["trace"]["react_iterations"][0]["tool_calls"]
    (error,) = log["trace"]["errors"]
    assert log["status"] == "FAILED"
    assert made["error"] == {"type": "ValueError", "message": "no order 7"}
    assert (error["type"], error["node"]) == ("ValueError", "support")
    assert "no order 7" in error["stacktrace"]


def test_calls_that_are_to_be_tried_again_failed_and_the_run_did_not(logs: Captured) -> None:
    run(
        agent(
            [call("ask_again", order_id=7)],
            [call("find_order", "c2", order_id="seven"), call("no_such_tool", "c3")],
            [say("I give up.")],
            tools=(ask_again, find_order),
        )
    )

    (log,) = logs
    first, second, _ = log["trace"]["react_iterations"]
    assert first["tool_calls"][0]["error"] == {"type": "ModelRetry", "message": "7 is no order"}
    assert [(each["name"], each["status"]) for each in second["tool_calls"]] == [
        ("find_order", "error"),
        ("no_such_tool", "error"),
    ]
    assert second["tool_calls"][0]["error"]["type"] == "ValidationError"
    assert "no_such_tool" in second["tool_calls"][1]["result"]
    assert (log["status"], log["trace"]["errors"], log["metrics"]["failed_tool_calls"]) == ("SUCCESS", [], 3)


def test_too_many_retries_are_a_failed_run(logs: Captured) -> None:
    tries = [[call("ask_again", f"c{number}", order_id=number)] for number in range(3)]

    with pytest.raises(UnexpectedModelBehavior):
        run(agent(*tries, tools=(ask_again,)))

    (log,) = logs
    assert (log["status"], log["trace"]["errors"][0]["type"]) == ("FAILED", "UnexpectedModelBehavior")
    assert log["metrics"]["error_count"] == 1


def test_too_many_requests_are_a_failed_run(logs: Captured) -> None:
    tries = [[call("find_order", f"c{number}", order_id=number)] for number in range(3)]

    with pytest.raises(UsageLimitExceeded):
        run(agent(*tries), usage_limits=UsageLimits(request_limit=2))

    (log,) = logs
    assert (log["status"], log["trace"]["errors"][0]["type"]) == ("FAILED", "UsageLimitExceeded")
    assert [step["observation"] for step in log["trace"]["react_iterations"][:2]] == [
        "order 0 is paid",
        "order 1 is paid",
    ]


def test_a_model_that_fails_is_a_failed_run_with_what_was_before(logs: Captured) -> None:
    with pytest.raises(TimeoutError):
        run(agent([call("find_order", order_id=7)], TimeoutError("down")))

    (log,) = logs
    _, second = log["trace"]["react_iterations"]
    assert log["status"] == "FAILED"
    assert second["error"] == {"type": "TimeoutError", "message": "down"}
    assert log["metrics"]["error_count"] == 1


def test_a_fallback_is_one_ticket_that_names_the_model_that_answered(logs: Captured) -> None:
    models = FallbackModel(
        model(TimeoutError("down"), name="first"),
        model([say("It is paid.")], name="second"),
        fallback_on=(TimeoutError,),
    )

    run(Agent(models, capabilities=[CaselogCapability()]))

    (log,) = logs
    assert [step["model"] for step in log["trace"]["react_iterations"]] == ["second"]
    assert log["status"] == "SUCCESS"


def test_an_output_that_is_no_text_is_the_answer_as_data(logs: Captured) -> None:
    class Verdict(BaseModel):
        paid: bool

    run(agent([call("final_result", paid="x")], [call("final_result", "c2", paid=True)], output_type=Verdict))

    (log,) = logs
    first, second = log["trace"]["react_iterations"]
    assert log["trace"]["final_response"] == log["trace"]["nodes"][0]["output"] == {"paid": True}
    assert first["tool_calls"][0]["status"] == "error"
    assert second["action"] == "final_result(paid=true)"


def test_figures_that_a_provider_does_not_tell_are_absent(logs: Captured) -> None:
    class Untold(FunctionModel):
        async def request(self, *args: Any, **kwargs: Any) -> ModelResponse:
            response = await super().request(*args, **kwargs)
            response.usage = RequestUsage()
            return response

    def answer(*_: Any) -> ModelResponse:
        return ModelResponse(parts=[say("It is paid.")])

    run(Agent(Untold(answer), capabilities=[CaselogCapability()]))

    (log,) = logs
    assert not {"input_tokens", "output_tokens"} & set(log["metrics"])
    assert not {"input_tokens", "total_tokens"} & set(log["trace"]["react_iterations"][0])


def refund(ctx: RunContext[Any], order_id: int) -> str:
    if not ctx.tool_call_approved:
        raise ApprovalRequired
    return f"order {order_id} is refunded"


def refunder() -> Agent[Any, Any]:
    asked = [call("refund", order_id=7), call("find_order", "c2", order_id=7)]
    return agent(asked, [say("Done.")], tools=(refund, find_order), output_type=[str, DeferredToolRequests])


@pytest.fixture
def waiting() -> Iterator[Waiting[record.RunRecord]]:
    """Who waits, waits in the process: a test begins and ends with none."""
    record.waiting.start_anew()
    yield record.waiting
    record.waiting.start_anew()


@pytest.mark.parametrize("approves", [False, True])
def test_a_run_that_waits_for_an_approval_goes_on_as_the_same_ticket(
    logs: Captured, waiting: Waiting[record.RunRecord], approves: bool
) -> None:
    async def work() -> None:
        support = refunder()
        waits = await support.run(QUESTION, metadata={"ticket_id": "T-1"})
        assert (len(logs), len(waiting)) == (0, 1)
        answers = DeferredToolResults(approvals={"c1": approves})
        await support.run(message_history=waits.all_messages(), deferred_tool_results=answers)

    asyncio.run(work())

    (log,) = logs
    first, second = log["trace"]["react_iterations"]
    assert (log["ticket_id"], log["status"], log["trace"]["final_response"]) == ("T-1", "SUCCESS", "Done.")
    assert [(made["id"], made["name"]) for made in first["tool_calls"]] == [
        ("c1", "refund"),
        ("c2", "find_order"),
    ]
    assert first["tool_calls"][0]["status"] == ("ok" if approves else "error")
    assert "ended_by" not in first["tool_calls"][0]
    assert first["observation"] == [first["tool_calls"][0]["result"], "order 7 is paid"]
    assert second["thought"] == "Done."
    assert (log["metrics"]["tool_call_count"], log["trace"]["tool_calls"], len(waiting)) == (2, [], 0)


def test_a_run_whose_approval_never_comes_is_interrupted(
    logs: Captured, waiting: Waiting[record.RunRecord]
) -> None:
    async def work() -> None:
        support = refunder()
        waits = await support.run(QUESTION)
        unanswered = [message for message in waits.all_messages() if isinstance(message, ModelRequest)][:1]
        await support.run("And order 8?", message_history=unanswered)

    asyncio.run(work())

    interrupted, answered = logs
    (made, _) = interrupted["trace"]["react_iterations"][0]["tool_calls"]
    assert (interrupted["status"], interrupted["trace"]["errors"]) == ("INTERRUPTED", [])
    assert made["ended_by"] == "ApprovalRequired"
    assert "final_response" not in interrupted["trace"]
    assert (answered["status"], answered["trace"]["final_response"]) == ("SUCCESS", "Done.")


def test_what_waits_at_the_end_of_the_process_is_shipped(
    logs: Captured, waiting: Waiting[record.RunRecord]
) -> None:
    run(refunder())

    record._ship_all_waiting()

    assert [log["status"] for log in logs] == ["INTERRUPTED"]


@pytest.mark.parametrize("streams", [False, True])
def test_a_run_that_is_cancelled_is_no_failure(logs: Captured, streams: bool) -> None:
    began = asyncio.Event()

    async def wait_long() -> None:
        began.set()
        await asyncio.sleep(60)

    async def cancel() -> None:
        support = agent([call("wait_long")], tools=(wait_long,))
        task = asyncio.create_task(_stream_text(support) if streams else support.run(QUESTION))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())

    (log,) = logs
    (made,) = log["trace"]["react_iterations"][0]["tool_calls"]
    assert (log["status"], log["trace"]["errors"]) == ("CANCELLED", [])
    assert made["ended_by"] == log["trace"]["nodes"][0]["ended_by"] == "CancelledError"


def test_a_stream_that_nobody_reads_to_its_end_is_one_log(logs: Captured) -> None:
    async def leave() -> None:
        async with agent([call("find_order", order_id=7)], [say("It is paid.")]).iter(QUESTION) as nodes:
            async for node in nodes:
                if Agent.is_call_tools_node(node):
                    break

    asyncio.run(leave())

    (log,) = logs
    assert log["status"] == "CANCELLED"
    assert log["trace"]["react_iterations"][0]["action"] == "find_order(order_id=7)"


def test_runs_inside_of_a_ticket_belong_to_it(logs: Captured) -> None:
    async def work() -> None:
        with caselog.ticket(ticket_id="T-1") as ticket, ticket.node("answer"):
            await asyncio.gather(
                agent([call("find_order", order_id=1)], [say("One.")], name="one").run(QUESTION),
                _stream_text(agent([call("find_order", order_id=2)], [say("Two.")], name="two")),
            )
            ticket.set(category="refund")

    asyncio.run(work())

    (log,) = logs
    assert (log["ticket_id"], log["category"], log["status"]) == ("T-1", "refund", "SUCCESS")
    assert {(node["name"], node.get("parent")) for node in log["trace"]["nodes"]} == {
        ("answer", None), ("one", "answer"), ("two", "answer"),
    }  # fmt: skip
    steps = log["trace"]["react_iterations"]
    assert {(step["node"], step.get("observation")) for step in steps} == {
        ("one", "order 1 is paid"), ("one", None), ("two", "order 2 is paid"), ("two", None),
    }  # fmt: skip
    assert log["trace"]["final_response"] in ("One.", "Two.")


def test_what_a_ticket_says_itself_counts_before_what_its_run_answered(logs: Captured) -> None:
    with caselog.ticket(ticket_id="T-1") as ticket:
        ticket.final_response = "Mine."
        run(agent([say("Theirs.")]))

    assert [log["trace"]["final_response"] for log in logs] == ["Mine."]


def test_concurrent_runs_are_never_mixed(logs: Captured) -> None:
    support = CaselogCapability()

    async def ask(number: int) -> None:
        answers = model([call("find_order", order_id=number)], [say(f"answer {number}")])
        one = Agent(answers, tools=[find_order], capabilities=[support])
        await one.run(QUESTION, metadata={"ticket_id": f"T-{number}"})

    async def work() -> None:
        await asyncio.gather(*map(ask, range(20)))

    asyncio.run(work())

    assert len(logs) == 20
    for log in logs:
        number = int(log["ticket_id"].removeprefix("T-"))
        (made,) = log["trace"]["react_iterations"][0]["tool_calls"]
        assert made["arguments"] == {"order_id": number}
        assert log["trace"]["final_response"] == f"answer {number}"
        assert log["metrics"]["react_iterations"] == 2


def test_a_decorated_function_that_a_tool_calls_is_in_the_runs_ticket(logs: Captured) -> None:
    @caselog.tool
    def ask_the_shop(order_id: int) -> str:
        return "paid"

    async def look(order_id: int) -> str:
        return ask_the_shop(order_id)

    run(agent([call("look", order_id=7)], [say("It is paid.")], tools=(look,)))

    (log,) = logs
    assert [(made["name"], made["result"]) for made in log["trace"]["tool_calls"]] == [
        ("ask_the_shop", "paid")
    ]


def test_a_capability_given_to_a_run_takes_the_place_of_the_agents_own(logs: Captured) -> None:
    run(agent([say("It is paid.")]), capabilities=[CaselogCapability(category="refund")])

    (log,) = logs
    assert log["category"] == "refund"
    assert "environment" not in log


def test_two_on_one_agent_are_one_log(logs: Captured) -> None:
    both = [CaselogCapability(category="first"), CaselogCapability(category="second")]

    run(Agent(model([say("It is paid.")]), capabilities=both))

    assert [log["category"] for log in logs] == ["second"]


def test_a_conversation_that_goes_on_shows_what_was_said_before(logs: Captured) -> None:
    before = [ModelRequest(parts=[UserPromptPart("Hello.")]), ModelResponse(parts=[say("Good day.")])]

    run(agent([say("It is paid.")]), message_history=before)

    (log,) = logs
    assert log["trace"]["react_iterations"][0]["input"] == [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Good day."},
        {"role": "user", "content": QUESTION},
    ]


def test_a_mistake_of_the_adapter_costs_no_run_and_is_counted(
    logs: Captured, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(*_: Any) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(guard, "reraise", False)
    monkeypatch.setattr(record, "read_response", break_down)

    assert run(agent([call("find_order", order_id=7)], [say("It is paid.")])) == "It is paid."

    (log,) = logs
    assert log["sdk"]["missed_events"] == 2
    assert (log["status"], log["trace"]["final_response"]) == ("SUCCESS", "It is paid.")
    assert log["metrics"]["tool_call_count"] == 1
    assert "failed inside the SDK" in capsys.readouterr().err


def test_a_long_conversation_makes_the_log_grow_with_its_length(logs: Captured) -> None:
    def ask(turns: int) -> int:
        before = len(logs)
        steps = [[call("find_order", f"c{number}", order_id=number)] for number in range(turns)]
        run(agent(*steps, [say("Done.")]), usage_limits=UsageLimits(request_limit=None))
        return len(str(logs[before]))

    assert ask(60) < 2.5 * ask(30)


def test_the_capability_leaves_no_run_behind(logs: Captured) -> None:
    support = CaselogCapability()
    with contextlib.suppress(TimeoutError):
        run(Agent(model(TimeoutError("down")), capabilities=[support]))

    assert support.record is None
    assert caselog.current_ticket() is None
    assert len(logs) == 1


#: How a run may go, and what its log then says.
KINDS = {
    "plain": "SUCCESS",
    "streamed": "SUCCESS",
    "nested": "SUCCESS",
    "in a ticket": "SUCCESS",
    "tried again": "SUCCESS",
    "tool raises": "FAILED",
    "model fails": "FAILED",
    "too many requests": "FAILED",
    "cancelled": "CANCELLED",
}


async def _nest(inner: Agent[Any, Any], says: list[Any], options: dict[str, Any]) -> None:
    async def ask_inner(text: str) -> str:
        return str((await inner.run(text)).output)

    await agent([call("ask_inner", text="x")], says, tools=(ask_inner,)).run(QUESTION, **options)


async def _cancel(options: dict[str, Any]) -> None:
    began = asyncio.Event()

    async def wait_long() -> None:
        began.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(agent([call("wait_long")], tools=(wait_long,)).run(QUESTION, **options))
    await began.wait()
    task.cancel()
    await task


async def _go(kind: str, ticket_id: str) -> None:
    number = int(ticket_id.removeprefix("T-"))
    looks, says = [call("find_order", order_id=number)], [say(f"answer {number}")]
    options: dict[str, Any] = {"metadata": {"ticket_id": ticket_id}}
    if kind == "nested":
        await _nest(agent(looks, says, name="inner"), says, options)
    elif kind == "in a ticket":
        with caselog.ticket(ticket_id=ticket_id):
            await agent(looks, says).run(QUESTION)
    elif kind == "tool raises":
        await agent([call("fail", order_id=number)], tools=(fail,)).run(QUESTION, **options)
    elif kind == "tried again":
        await agent([call("ask_again", order_id=number)], says, tools=(ask_again,)).run(QUESTION, **options)
    elif kind == "model fails":
        await agent(looks, TimeoutError(f"down {number}")).run(QUESTION, **options)
    elif kind == "too many requests":
        await agent(looks, says).run(QUESTION, usage_limits=UsageLimits(request_limit=1), **options)
    elif kind == "cancelled":
        await _cancel(options)
    elif kind == "streamed":
        async with agent(looks, says).run_stream(QUESTION, **options) as result:
            await result.get_output()
    else:
        await agent(looks, says).run(QUESTION, **options)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_runs_at_once_each_is_one_log_of_its_own(logs: Captured, seed: int) -> None:
    run_mixed(_go, KINDS, logs, seed)
