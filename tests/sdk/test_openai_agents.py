"""Runs of the OpenAI Agents SDK, with a scripted model, become one log per ticket."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from tests.conftest import missing

if find_spec("agents") is None:
    missing("openai-agents is not installed")

from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrailTripwireTriggered,
    MaxTurnsExceeded,
    ModelRefusalError,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    OutputGuardrailTripwireTriggered,
    RunConfig,
    RunHooks,
    Runner,
    UserError,
    custom_span,
    function_tool,
    input_guardrail,
    output_guardrail,
    set_trace_processors,
    trace,
)
from agents.run import get_default_agent_runner, set_default_agent_runner
from openai import AsyncOpenAI, InternalServerError

import caselog
from caselog import guard
from caselog.console import Console
from caselog.openai_agents import CaselogTracingProcessor, processor, record_runs, runner
from caselog.testing import Captured
from tests.sdk.adapters import run_mixed, without_times
from tests.sdk.openai_runs import (
    OwnModel,
    agent,
    call,
    chat_answers,
    fail,
    find_order,
    make_wait_long,
    openai_server,
    read_stream,
    refuse,
    response_answers,
    say,
    swallow,
    think,
)

QUESTION = "Is order 7 paid?"


@pytest.fixture(autouse=True)
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[CaselogTracingProcessor]:
    """Records every run, and nothing is sent to anybody else."""
    before = get_default_agent_runner()
    monkeypatch.setattr(runner, "_installed", {})
    set_trace_processors([])
    installed = record_runs(environment="test")
    yield installed
    set_trace_processors([])
    set_default_agent_runner(before)
    assert len(installed.places) == 0


def run(agent: Agent[Any], question: str = QUESTION, **options: Any) -> Any:
    return asyncio.run(Runner.run(agent, question, **options)).final_output


def test_a_run_becomes_one_log_with_all_that_happened(logs: Captured) -> None:
    question = {"role": "user", "content": QUESTION}
    thought = {"id": "r1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Which order?"}]}
    made = {
        "id": "c1",
        "name": "find_order",
        "arguments": {"order_id": 7},
        "result": "order 7 is paid",
        "status": "ok",
    }
    called = {
        "type": "function_call",
        "call_id": "c1",
        "id": "fc_c1",
        "name": "find_order",
        "arguments": '{"order_id": 7}',
    }
    answered = {"type": "function_call_output", "call_id": "c1", "output": "order 7 is paid"}
    support = agent(
        [think("Which order?"), call("find_order", order_id=7)], [say("It is paid.")], instructions="Be kind."
    )

    assert (
        run(support, run_config=RunConfig(trace_metadata={"ticket_id": "T-1", "category": "refund"}))
        == "It is paid."
    )

    (log,) = logs
    first, second = log["trace"]["react_iterations"]
    assert all(0 <= step["duration_ms"] < 60_000 for step in (first, second, first["tool_calls"][0]))
    assert first["started_at"] <= first["tool_calls"][0]["started_at"] <= second["started_at"]
    tokens = {"input_tokens": 10, "output_tokens": 3, "total_tokens": 13}
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
            "nodes": [{"name": "support", "status": "ok", "input": [question], "output": "It is paid."}],
            "react_iterations": [
                {
                    "iteration": 1,
                    "node": "support",
                    "input": [{"role": "system", "content": "Be kind."}, question],
                    "thought": "Which order?",
                    "action": "find_order(order_id=7)",
                    "observation": "order 7 is paid",
                    "tool_calls": [made],
                    **tokens,
                },
                {
                    "iteration": 2,
                    "node": "support",
                    "input": ["[2 as before]", thought, called, answered],
                    "thought": "It is paid.",
                    **tokens,
                },
            ],
            "tool_calls": [],
            "errors": [],
            "final_response": "It is paid.",
        },
    }  # fmt: skip


@pytest.mark.parametrize("shape", ["chat", "responses"])
@pytest.mark.parametrize("hooked", [True, False])
@pytest.mark.parametrize("streams", [True, False])
def test_openais_own_models_are_recorded_with_their_name_and_whole_figures(
    logs: Captured, shape: str, hooked: bool, streams: bool
) -> None:
    answers = chat_answers() if shape == "chat" else response_answers()
    if not hooked:  # the processor alone, as for whoever adds it by hand
        set_default_agent_runner(None)

    async def ask(address: str) -> Any:
        async with AsyncOpenAI(api_key="none", base_url=address, max_retries=0) as client:
            of = OpenAIChatCompletionsModel if shape == "chat" else OpenAIResponsesModel
            support = Agent(name="support", model=of("gpt-small", client), tools=[find_order])
            return (
                await read_stream(support) if streams else (await Runner.run(support, QUESTION)).final_output
            )

    with openai_server(answers) as (address, asked):
        assert asyncio.run(ask(address)) == "It is paid."

    (log,) = logs
    first, second = log["trace"]["react_iterations"]
    assert len(asked) == 2
    assert first["action"] == "find_order(order_id=7)"
    assert first["tool_calls"][0]["id"] == "c1"
    assert first["tool_calls"][0]["arguments"] == {"order_id": 7}
    assert first["observation"] == "order 7 is paid"
    assert (first["input_tokens"], first["output_tokens"], first["cached_input_tokens"]) == (10, 3, 4)
    assert QUESTION in str(first["input"])
    assert log["trace"]["final_response"] == log["trace"]["nodes"][0]["output"] == "It is paid."
    if shape == "chat":
        assert (first["model"], first["thought"]) == ("gpt-small", "Look it up.")
        assert log["metrics"]["input_tokens"] == 30
    else:
        assert (first["model"], first["thought"], first["reasoning_tokens"]) == (
            "gpt-small-2026-01-01",
            "Which order?",
            2,
        )
        assert [each["name"] for each in second["tool_calls"]] == ["web_search"]


def test_a_model_that_fails_at_its_server_is_a_failed_run(logs: Captured) -> None:
    async def ask(address: str) -> None:
        async with AsyncOpenAI(api_key="none", base_url=address, max_retries=0) as client:
            await Runner.run(Agent(name="support", model=OpenAIResponsesModel("gpt-small", client)), QUESTION)

    with (
        openai_server([{"http_status": 500, "error": {"message": "overloaded"}}]) as (address, _),
        pytest.raises(InternalServerError),
    ):
        asyncio.run(ask(address))

    (log,) = logs
    (iteration,) = log["trace"]["react_iterations"]
    assert log["status"] == "FAILED"
    assert iteration["error"]["type"] == log["trace"]["errors"][0]["type"] == "InternalServerError"
    assert log["metrics"]["error_count"] == 1
    assert "input_tokens" not in log["metrics"]


def test_a_streamed_run_is_recorded_like_any_other(logs: Captured) -> None:
    answers = [call("find_order", order_id=7)], [say("It is paid.")]

    run(agent(*answers))
    asyncio.run(read_stream(agent(*answers)))

    plain, streamed = (without_times(log) for log in logs)
    assert plain.pop("ticket_id") != streamed.pop("ticket_id")
    assert streamed == plain


def test_run_sync_is_recorded(logs: Captured) -> None:
    loop = asyncio.new_event_loop()  # it would make one and leave it open
    asyncio.set_event_loop(loop)
    try:
        assert Runner.run_sync(agent([say("Yes.")]), QUESTION).final_output == "Yes."
    finally:
        asyncio.set_event_loop(None)
        loop.close()

    assert [log["trace"]["final_response"] for log in logs] == ["Yes."]


@pytest.mark.parametrize("tracing", [None, {"include_task_and_turn_spans": False}])
def test_handoffs_and_agents_as_tools_are_one_ticket(logs: Captured, tracing: Any) -> None:
    refunds = agent([say("Refunded.")], name="refunds")
    research = agent([call("find_order", "n1", order_id=9)], [say("Nothing found.")], name="research")
    triage = agent(
        [call("ask_research", input="order 9")],
        [call("transfer_to_refunds", "c2")],
        name="triage",
        tools=(research.as_tool("ask_research", "Ask."),),
        handoffs=[refunds],
    )

    run(triage, run_config=RunConfig(tracing=tracing))

    (log,) = logs
    nodes = [(node["name"], node.get("parent"), node["output"]) for node in log["trace"]["nodes"]]
    assert nodes == [
        ("triage", None, {"handoff": "refunds"}),
        ("research", "triage", "Nothing found."),
        ("refunds", None, "Refunded."),
    ]
    asks, looks, finds, hands_over, answers = log["trace"]["react_iterations"]
    assert [step["node"] for step in (asks, looks, finds, hands_over, answers)] == [
        "triage", "research", "research", "triage", "refunds",
    ]  # fmt: skip
    assert asks["observation"] == "Nothing found."
    assert looks["observation"] == "order 9 is paid"
    assert (hands_over["tool_calls"][0]["id"], hands_over["observation"]) == ("c2", {"assistant": "refunds"})
    assert log["trace"]["final_response"] == "Refunded."
    assert log["metrics"]["input_tokens"] == 50


def test_parallel_calls_of_one_tool_keep_their_arguments_results_and_order(logs: Captured) -> None:
    calls = [call("find_order", f"c{number}", order_id=number) for number in range(5)]

    run(agent(calls, [say("All paid.")]))

    (log,) = logs
    made = log["trace"]["react_iterations"][0]["tool_calls"]
    assert [(each["id"], each["arguments"], each["result"]) for each in made] == [
        (f"c{number}", {"order_id": number}, f"order {number} is paid") for number in range(5)
    ]
    assert log["trace"]["react_iterations"][0]["observation"] == [
        f"order {number} is paid" for number in range(5)
    ]


def test_a_tool_that_fails_and_is_answered_for_is_a_failed_call_of_a_run_that_went_well(
    logs: Captured,
) -> None:
    run(agent([call("swallow", order_id=7)], [say("I cannot find it.")], tools=(swallow,)))

    (log,) = logs
    (made,) = log["trace"]["react_iterations"][0]["tool_calls"]
    assert (made["status"], log["status"], log["trace"]["errors"]) == ("error", "SUCCESS", [])
    assert made["error"]["message"].startswith("Error running tool")
    assert log["metrics"]["failed_tool_calls"] == 1


def test_a_tool_that_raises_ends_the_run_and_is_one_error(logs: Captured) -> None:
    with pytest.raises(UserError):
        run(agent([call("fail", order_id=7)], tools=(fail,)))

    (log,) = logs
    (made,) = log["trace"]["react_iterations"][0]["tool_calls"]
    (error,) = log["trace"]["errors"]
    assert log["status"] == "FAILED"
    assert made["error"] == {"type": "ValueError", "message": "no order 7"}
    assert (error["type"], error["node"]) == ("UserError", "support")
    assert "no order 7" in error["stacktrace"]


@pytest.mark.parametrize("streams", [False, True])
def test_too_many_turns_are_a_failed_run(logs: Captured, streams: bool) -> None:
    support = agent(*([call("find_order", f"c{number}", order_id=number)] for number in range(3)))

    with pytest.raises(MaxTurnsExceeded):
        asyncio.run(read_stream(support, max_turns=2)) if streams else run(support, max_turns=2)

    (log,) = logs
    (error,) = log["trace"]["errors"]
    assert (log["status"], error["type"], error["node"]) == ("FAILED", "MaxTurnsExceeded", "support")
    assert len(log["trace"]["react_iterations"]) == 2
    assert "final_response" not in log["trace"]


def test_turns_that_are_answered_for_are_no_failure(logs: Captured) -> None:
    support = agent([call("find_order", order_id=1)])

    def answer(_: Any) -> str:
        return "I give up."

    for ask in (run, lambda *args, **options: asyncio.run(read_stream(*args, **options))):
        again = support.clone(model=copy.deepcopy(support.model))
        assert ask(again, max_turns=1, error_handlers={"max_turns": answer}) == "I give up."

    assert [(log["status"], log["trace"]["final_response"], log["trace"]["errors"]) for log in logs] == [
        ("SUCCESS", "I give up.", [])
    ] * 2


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("which", ["input", "output"])
def test_a_guardrail_that_trips_ends_the_run_and_is_seen(logs: Captured, which: str, streams: bool) -> None:
    @input_guardrail
    def no_orders(*_: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(output_info="why", tripwire_triggered=which == "input")

    @output_guardrail
    def no_answers(*_: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(output_info="why", tripwire_triggered=which == "output")

    support = agent([say("It is paid.")], input_guardrails=[no_orders], output_guardrails=[no_answers])
    raised = InputGuardrailTripwireTriggered if which == "input" else OutputGuardrailTripwireTriggered

    with pytest.raises(raised):
        asyncio.run(read_stream(support)) if streams else run(support)

    (log,) = logs
    guards = {node["name"]: node["attributes"] for node in log["trace"]["nodes"] if "attributes" in node}
    name = "no_orders" if which == "input" else "no_answers"
    assert log["status"] == "FAILED"
    assert guards[name] == {"kind": "guardrail", "triggered": True}
    assert "TripwireTriggered" in log["trace"]["errors"][0]["type"]
    assert log["metrics"]["error_count"] == 1


@pytest.mark.parametrize("streams", [False, True])
def test_a_run_that_is_cancelled_is_no_failure(logs: Captured, streams: bool) -> None:
    async def cancel() -> None:
        began = asyncio.Event()
        support = agent([call("wait_long")], tools=(make_wait_long(began),))
        task = asyncio.create_task(read_stream(support) if streams else Runner.run(support, QUESTION))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(20):
            await asyncio.sleep(0)

    asyncio.run(cancel())

    (log,) = logs
    (made,) = log["trace"]["react_iterations"][0]["tool_calls"]
    assert (log["status"], log["trace"]["errors"]) == ("CANCELLED", [])
    assert made["name"] == "wait_long"
    assert made["ended_by"] == log["trace"]["nodes"][0]["ended_by"] == "CancelledError"


def test_runs_inside_of_a_ticket_belong_to_it(logs: Captured) -> None:
    async def work() -> None:
        with caselog.ticket(ticket_id="T-1") as ticket, ticket.node("answer"):
            await asyncio.gather(
                Runner.run(agent([say("One.")], name="one"), QUESTION),
                read_stream(agent([say("Two.")], name="two")),
            )
            ticket.set(category="refund")

    asyncio.run(work())

    (log,) = logs
    assert (log["ticket_id"], log["category"], log["status"]) == ("T-1", "refund", "SUCCESS")
    assert {node["name"] for node in log["trace"]["nodes"]} == {"answer", "one", "two"}
    assert log["metrics"]["input_tokens"] == 20
    assert log["trace"]["final_response"] in ("One.", "Two.")


def test_what_a_ticket_says_itself_counts_before_what_its_run_answered(logs: Captured) -> None:
    with caselog.ticket(ticket_id="T-1") as ticket:
        ticket.final_response = "Mine."
        run(agent([say("Theirs.")]))

    assert [log["trace"]["final_response"] for log in logs] == ["Mine."]


def test_a_run_that_fails_in_a_ticket_is_one_error_there(logs: Captured) -> None:
    with caselog.ticket(ticket_id="T-1"), pytest.raises(TimeoutError):
        run(agent(TimeoutError("down")))

    (log,) = logs
    assert (log["status"], log["metrics"]["error_count"]) == ("SUCCESS", 1)


def test_concurrent_runs_are_never_mixed(logs: Captured) -> None:
    async def ask(number: int) -> None:
        answers = [call("find_order", order_id=number)], [say(f"answer {number}")]
        metadata = RunConfig(trace_metadata={"ticket_id": f"T-{number}"})
        ask = Runner.run if number % 2 else read_stream
        asked = (agent(*answers), QUESTION) if number % 2 else (agent(*answers),)
        await ask(*asked, run_config=metadata)

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


def test_runs_in_one_trace_are_one_ticket_with_the_users_own_spans(logs: Captured) -> None:
    async def work() -> None:
        with trace("Answer a ticket", group_id="thread-1"):
            await Runner.run(agent([say("A draft.")], name="writer"), QUESTION)
            with custom_span("publish", {"output": "done"}):
                await Runner.run(agent([say("Approved.")], name="reviewer"), QUESTION)

    asyncio.run(work())

    (log,) = logs
    assert log["ticket_id"] == "thread-1"
    assert [node["name"] for node in log["trace"]["nodes"]] == ["writer", "publish", "reviewer"]
    assert log["trace"]["final_response"] == "Approved."


def test_a_trace_around_tickets_is_no_ticket_itself(logs: Captured) -> None:
    async def work() -> None:
        with trace("A batch"):
            for number in range(2):
                with caselog.ticket(ticket_id=f"T-{number}"):
                    await Runner.run(
                        agent([call("find_order", order_id=number)], [say(str(number))]), QUESTION
                    )

    asyncio.run(work())

    assert [(log["ticket_id"], log["trace"]["final_response"]) for log in logs] == [
        ("T-0", "0"),
        ("T-1", "1"),
    ]
    assert [log["trace"]["react_iterations"][0]["observation"] for log in logs] == [
        "order 0 is paid",
        "order 1 is paid",
    ]


def test_an_error_that_is_being_handled_already_is_none_of_the_runs(logs: Captured) -> None:
    def try_first() -> None:
        raise ConnectionError("the first try failed")

    try:
        try_first()
    except ConnectionError:
        run(agent([say("It is paid.")]))

    assert [(log["status"], log["trace"]["errors"]) for log in logs] == [("SUCCESS", [])]


def test_a_refusal_is_seen(logs: Captured) -> None:
    with pytest.raises(ModelRefusalError):
        run(agent([refuse("I cannot do that.")]))

    (log,) = logs
    assert (log["status"], log["trace"]["errors"][0]["type"]) == ("FAILED", "ModelRefusalError")
    assert log["trace"]["react_iterations"][0]["thought"] == "I cannot do that."


def test_a_model_of_ones_own_without_spans_is_recorded(logs: Captured) -> None:
    run(Agent(name="support", model=OwnModel()))

    (log,) = logs
    assert log["trace"]["final_response"] == "It is paid."
    assert log["metrics"]["input_tokens"] == 10


def test_without_hooks_a_model_without_spans_still_has_its_figures_and_its_tool_calls(logs: Captured) -> None:
    set_default_agent_runner(None)

    run(agent([call("find_order", order_id=7)], [say("It is paid.")]))

    (log,) = logs
    assert (log["status"], log["metrics"]["input_tokens"], log["metrics"]["tool_call_count"]) == (
        "SUCCESS",
        20,
        1,
    )


def test_the_callers_hooks_are_asked_as_before(logs: Captured) -> None:
    told: list[str] = []

    class Hooks(RunHooks[Any]):
        async def on_llm_end(self, *_: Any) -> None:
            told.append("llm")

        async def on_tool_end(self, *args: Any) -> None:
            told.append(str(args[-1]))

    run(agent([call("find_order", order_id=7)], [say("It is paid.")]), hooks=Hooks())

    assert told == ["llm", "order 7 is paid", "llm"]
    assert logs[0]["metrics"]["react_iterations"] == 2


def test_what_is_no_hooks_is_refused_by_the_framework_as_before(logs: Captured) -> None:
    with pytest.raises(TypeError, match="Run hooks must be instances of RunHooks"):
        run(agent([say("It is paid.")]), hooks="nonsense")

    assert all(log["status"] == "FAILED" for log in logs)


def test_who_keeps_content_out_of_traces_keeps_it_out_of_the_log(logs: Captured) -> None:
    answers = [call("find_order", order_id=7)], [say("It is paid.")]

    run(agent(*answers), run_config=RunConfig(trace_include_sensitive_data=False))
    run(agent(*answers), run_config={"trace_include_sensitive_data": False})

    for log in logs:
        assert "paid" not in str(log)
        assert (log["metrics"]["input_tokens"], log["metrics"]["tool_call_count"]) == (20, 1)


def test_a_run_that_is_not_to_be_traced_is_not_recorded_and_that_is_said(
    logs: Captured, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner, "_console", Console())

    for _ in range(2):
        run(agent([say("It is paid.")]), run_config=RunConfig(tracing_disabled=True))

    assert len(logs) == 0
    assert capsys.readouterr().err.count("tracing of openai-agents is disabled") == 1


def test_a_mistake_of_the_adapter_costs_no_run_and_is_counted(
    logs: Captured, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(*_: Any) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(guard, "reraise", False)
    monkeypatch.setattr(processor, "end_call", break_down)

    assert run(agent([call("find_order", order_id=7)], [say("It is paid.")])) == "It is paid."

    (log,) = logs
    assert log["sdk"]["missed_events"] == 1
    assert log["status"] == "SUCCESS"
    assert log["trace"]["react_iterations"][0]["tool_calls"][0]["name"] == "find_order"
    assert "failed inside the SDK" in capsys.readouterr().err


def test_recording_twice_is_one_log_with_the_later_fields(logs: Captured) -> None:
    record_runs(category="refund")

    run(agent([say("It is paid.")]))

    assert [log["category"] for log in logs] == ["refund"]


def test_recording_can_be_taken_away_and_asked_for_again(logs: Captured) -> None:
    set_trace_processors([])
    run(agent([say("Unseen.")]))
    record_runs()
    run(agent([call("find_order", order_id=7)], [say("Seen.")]))

    (log,) = logs
    assert log["trace"]["final_response"] == "Seen."
    assert [node["name"] for node in log["trace"]["nodes"]] == ["support"]
    assert (log["metrics"]["react_iterations"], log["metrics"]["tool_call_count"]) == (2, 1)


def test_a_run_that_is_open_when_the_process_ends_is_shipped_as_it_is(
    logs: Captured, recorder: CaselogTracingProcessor
) -> None:
    with trace("Answer a ticket", metadata={"ticket_id": "T-1"}):
        run(agent([say("It is paid.")]))
        recorder.shutdown()

    assert [(log["ticket_id"], log["status"]) for log in logs] == [("T-1", "INTERRUPTED")]


def test_of_traces_that_never_end_the_oldest_is_shipped(
    logs: Captured, recorder: CaselogTracingProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caselog.openai_agents.places._MAX_OPEN", 2)
    for number in range(3):
        opened = trace("Never ends", metadata={"ticket_id": f"T-{number}"})
        opened.start()
        with custom_span("step", parent=opened):
            pass

    assert [(log["ticket_id"], log["status"]) for log in logs] == [("T-0", "INTERRUPTED")]
    recorder.shutdown()


def test_a_long_conversation_makes_the_log_grow_with_its_length(logs: Captured) -> None:
    def ask(turns: int) -> int:
        before = len(logs)
        steps = [[call("find_order", f"c{number}", order_id=number)] for number in range(turns)]
        run(agent(*steps, [say("Done.")]), max_turns=None)
        return len(str(logs[before]))

    assert ask(60) < 2.5 * ask(30)


@function_tool(needs_approval=True)
def refund(order_id: int) -> str:
    """Pay back."""
    return f"order {order_id} is refunded"


def refunder() -> Agent[Any]:
    asked = [call("refund", order_id=7), call("find_order", "c2", order_id=7)]
    return agent(asked, [say("Done.")], tools=(refund, find_order))


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("approves", [False, True])
def test_a_run_that_waits_for_an_approval_goes_on_as_the_same_ticket(
    logs: Captured, recorder: CaselogTracingProcessor, streams: bool, approves: bool
) -> None:
    async def work() -> None:
        support = refunder()
        waits = await Runner.run(support, QUESTION, run_config=RunConfig(trace_metadata={"ticket_id": "T-1"}))
        assert (len(logs), len(recorder.waiting)) == (0, 1)
        state, (asked,) = waits.to_state(), waits.interruptions
        state.approve(asked) if approves else state.reject(asked)
        config = RunConfig(trace_metadata={"ticket_id": "T-1"})
        if streams:
            await _read(Runner.run_streamed(support, state, run_config=config))
        else:
            await Runner.run(support, state, run_config=config)

    asyncio.run(work())

    (log,) = logs
    (first, second) = log["trace"]["react_iterations"]
    assert (log["ticket_id"], log["status"], log["trace"]["final_response"]) == ("T-1", "SUCCESS", "Done.")
    assert [(made["id"], made["name"]) for made in first["tool_calls"]] == [
        ("c1", "refund"),
        ("c2", "find_order"),
    ]
    assert first["tool_calls"][0]["status"] == ("ok" if approves else "error")
    assert "ended_by" not in first["tool_calls"][0]
    assert first["observation"] == [first["tool_calls"][0]["result"], "order 7 is paid"]
    assert second["thought"] == "Done."
    assert (log["metrics"]["tool_call_count"], log["trace"]["tool_calls"]) == (2, [])
    assert len(recorder.waiting) == 0


async def _read(result: Any) -> None:
    async for _ in result.stream_events():
        pass


def test_an_approval_that_never_comes_is_shipped_at_the_end_of_the_process(
    logs: Captured, recorder: CaselogTracingProcessor
) -> None:
    run(refunder())
    assert len(logs) == 0

    recorder.shutdown()

    (log,) = logs
    assert (log["status"], log["trace"]["errors"]) == ("INTERRUPTED", [])
    assert log["trace"]["react_iterations"][0]["tool_calls"][0]["ended_by"] == "ApprovalRequired"


def test_an_approval_in_a_ticket_is_part_of_it(logs: Captured) -> None:
    async def work() -> None:
        support = refunder()
        with caselog.ticket(ticket_id="T-1"):
            waits = await Runner.run(support, QUESTION)
            state = waits.to_state()
            state.approve(waits.interruptions[0])
            await Runner.run(support, state)

    asyncio.run(work())

    (log,) = logs
    assert (log["status"], log["trace"]["final_response"]) == ("SUCCESS", "Done.")
    assert [
        made["status"] for made in log["trace"]["react_iterations"][0]["tool_calls"] if "status" in made
    ] == ["ok"]


#: How a run may go, and what its log then says.
KINDS = {
    "plain": "SUCCESS",
    "streamed": "SUCCESS",
    "nested": "SUCCESS",
    "in a ticket": "SUCCESS",
    "tool raises": "FAILED",
    "model fails": "FAILED",
    "too many turns": "FAILED",
    "cancelled": "CANCELLED",
}


async def _go(kind: str, ticket_id: str) -> None:
    number = int(ticket_id.removeprefix("T-"))
    looks, says = [call("find_order", order_id=number)], [say(f"answer {number}")]
    options: dict[str, Any] = {"run_config": RunConfig(trace_metadata={"ticket_id": ticket_id})}
    if kind == "nested":
        inner = agent(looks, says, name="inner")
        tools = (inner.as_tool("ask_inner", "Ask."),)
        await Runner.run(agent([call("ask_inner", input="x")], says, tools=tools), QUESTION, **options)
    elif kind == "in a ticket":
        with caselog.ticket(ticket_id=ticket_id):
            await Runner.run(agent(looks, says), QUESTION)
    elif kind == "tool raises":
        await Runner.run(agent([call("fail", order_id=number)], tools=(fail,)), QUESTION, **options)
    elif kind == "model fails":
        await Runner.run(agent(looks, TimeoutError(f"down {number}")), QUESTION, **options)
    elif kind == "too many turns":
        await Runner.run(agent(looks, says), QUESTION, max_turns=1, **options)
    elif kind == "cancelled":
        began = asyncio.Event()
        waits = agent([call("wait_long")], tools=(make_wait_long(began),))
        task = asyncio.create_task(Runner.run(waits, QUESTION, **options))
        await began.wait()
        task.cancel()
        await task
    elif kind == "streamed":
        await read_stream(agent(looks, says), **options)
    else:
        await Runner.run(agent(looks, says), QUESTION, **options)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_runs_at_once_each_is_one_log_of_its_own(logs: Captured, seed: int) -> None:
    run_mixed(_go, KINDS, logs, seed)
