"""Agents of the OpenAI Agents SDK with a scripted model, for the tests of its adapter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from agents import Agent, ModelResponse, Runner, Tool, Usage, function_tool
from agents.testing import ModelStep, ScriptedModel
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
)
from openai.types.responses.response_reasoning_item import ResponseReasoningItem, Summary

USAGE = Usage(requests=1, input_tokens=10, output_tokens=3, total_tokens=13)


def call(name: str, call_id: str = "c1", **arguments: Any) -> ResponseFunctionToolCall:
    return ResponseFunctionToolCall(
        type="function_call", name=name, arguments=json.dumps(arguments), call_id=call_id, id=f"fc_{call_id}"
    )


def say(text: str) -> ResponseOutputMessage:
    words = ResponseOutputText(type="output_text", text=text, annotations=[])
    return ResponseOutputMessage(
        id="m1", role="assistant", status="completed", type="message", content=[words]
    )


def refuse(text: str) -> ResponseOutputMessage:
    words = ResponseOutputRefusal(type="refusal", refusal=text)
    return ResponseOutputMessage(
        id="m1", role="assistant", status="completed", type="message", content=[words]
    )


def think(text: str) -> ResponseReasoningItem:
    return ResponseReasoningItem(id="r1", type="reasoning", summary=[Summary(type="summary_text", text=text)])


def model(*answers: Any) -> ScriptedModel:
    """A model that gives these answers in turn: a list of items, or what it raises."""
    return ScriptedModel(
        [ModelStep(output=each, usage=USAGE) if isinstance(each, list) else each for each in answers]
    )


@function_tool
def find_order(order_id: int) -> str:
    """Look an order up."""
    return f"order {order_id} is paid"


@function_tool
def swallow(order_id: int) -> str:
    """Fail; the model is told."""
    raise ValueError(f"no order {order_id}")


@function_tool(failure_error_function=None)
def fail(order_id: int) -> str:
    """Fail; the run ends."""
    raise ValueError(f"no order {order_id}")


def make_wait_long(began: asyncio.Event) -> Tool:
    """A tool that never comes back."""

    @function_tool
    async def wait_long() -> str:
        began.set()
        await asyncio.sleep(60)
        return "too late"

    return wait_long


def agent(
    *answers: Any, name: str = "support", tools: tuple[Tool, ...] = (find_order,), **more: Any
) -> Agent[Any]:
    return Agent(name=name, model=model(*answers), tools=list(tools), **more)


async def read_stream(agent: Agent[Any], **options: Any) -> Any:
    result = Runner.run_streamed(agent, "Is order 7 paid?", **options)
    async for _ in result.stream_events():
        pass
    return result.final_output


class OwnModel(ScriptedModel):
    """A model that makes no spans at all, as those that people write do."""

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        return ModelResponse(output=[say("It is paid.")], usage=USAGE, response_id=None)


# ---------------------------------------------------------------- OpenAI's own client, against a server on this machine


@contextmanager
def openai_server(answers: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that gives the answers in turn, whatever it is asked; its address, and what it was asked."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            answer, streams = answers.pop(0), asked[-1].get("stream")
            self.send_response(answer.pop("http_status", 200))
            body = (_as_stream(answer) if streams else json.dumps(answer)).encode()
            self.send_header("content-type", "text/event-stream" if streams else "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _as_stream(answer: dict[str, Any]) -> str:
    """The answer as the events of a stream: one piece, and what ends it."""
    if answer["object"] == "response":
        event = {"type": "response.completed", "sequence_number": 1, "response": answer}
        return f"event: response.completed\ndata: {json.dumps(event)}\n\n"
    (choice,) = answer["choices"]
    calls = [{"index": place, **made} for place, made in enumerate(choice["message"].get("tool_calls") or ())]
    delta = {**choice["message"], **({"tool_calls": calls} if calls else {})}
    piece = {**answer, "object": "chat.completion.chunk", "choices": [{**choice, "delta": delta}]}
    return f"data: {json.dumps(piece)}\n\ndata: [DONE]\n\n"


_ASKED = {"id": "c1", "type": "function", "function": {"name": "find_order", "arguments": '{"order_id": 7}'}}


def _completion(usage: dict[str, Any], **message: Any) -> dict[str, Any]:
    """An answer of the Chat Completions API."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}
    return {
        "id": "chat-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-small-2026-01-01",
        "choices": [choice],
        "usage": usage,
    }


def chat_answers() -> list[dict[str, Any]]:
    """A call of a tool, then an answer."""
    told = {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13}
    asks = _completion(
        {**told, "prompt_tokens_details": {"cached_tokens": 4}}, content="Look it up.", tool_calls=[_ASKED]
    )
    says = _completion(
        {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}, content="It is paid."
    )
    return [asks, says]


def _response(*output: dict[str, Any]) -> dict[str, Any]:
    """An answer of the Responses API."""
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "gpt-small-2026-01-01",
        "status": "completed",
        "output": list(output),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 10,
            "output_tokens": 3,
            "total_tokens": 13,
            "input_tokens_details": {"cached_tokens": 4},
            "output_tokens_details": {"reasoning_tokens": 2},
        },
    }


def response_answers() -> list[dict[str, Any]]:
    """A thought and a call of a tool, then a search that the server made, and an answer."""
    thinks = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "Which order?"}],
    }
    searches = {"type": "search", "query": "refunds"}
    words = {"type": "output_text", "text": "It is paid.", "annotations": []}
    done = {"status": "completed"}
    return [
        _response(thinks, {**call("find_order", order_id=7).model_dump(exclude_none=True), **done}),
        _response(
            {"type": "web_search_call", "id": "ws_1", "action": searches, **done},
            {"type": "message", "id": "msg_1", "role": "assistant", "content": [words], **done},
        ),
    ]
