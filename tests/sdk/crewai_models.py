"""A model of CrewAI's that says what the test tells it to, and tells of its calls as the built-in ones do."""

from __future__ import annotations

import json
import threading
from typing import Any

from crewai import BaseLLM
from crewai.events.types.llm_events import LLMCallType
from crewai.llms.base_llm import llm_call_context

USAGE = {"prompt_tokens": 10, "completion_tokens": 3}


def think(thought: str, tool: str, **arguments: Any) -> str:
    """An answer that asks for a tool, as an agent without function calling reads it."""
    return f"Thought: {thought}\nAction: {tool}\nAction Input: {json.dumps(arguments)}"


def finish(answer: str) -> str:
    return f"Thought: I know.\nFinal Answer: {answer}"


def call(name: str, number: int = 1, **arguments: Any) -> dict[str, Any]:
    """A call of a tool, as a model with function calling asks for it."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"id": f"call-{number}", "type": "function", "function": function}


class Scripted(BaseLLM):
    """Gives its answers one after the other; an exception is raised, an event is waited for."""

    script: list[Any]
    is_silent: bool = False
    calls_functions: bool = False
    usage: Any = USAGE

    def supports_function_calling(self) -> bool:
        return self.calls_functions

    def get_context_window_size(self) -> int:
        return 100_000

    def call(self, messages: Any, tools: Any = None, *_: Any, **kwargs: Any) -> Any:
        if isinstance(self.script[0], threading.Event):
            self.script.pop(0).wait(60)
        with llm_call_context():
            return self._answer(messages, tools, kwargs)

    async def acall(self, *args: Any, **kwargs: Any) -> Any:
        return self.call(*args, **kwargs)

    def _answer(self, messages: Any, tools: Any, kwargs: dict[str, Any]) -> Any:
        of = {"from_task": kwargs.get("from_task"), "from_agent": kwargs.get("from_agent")}
        answer = self.script.pop(0)
        if not self.is_silent:
            self._emit_call_started_event(messages=messages, tools=tools, **of)
        if isinstance(answer, BaseException):
            if not self.is_silent:
                self._emit_call_failed_event(error=str(answer), **of)
            raise answer
        if self.stream:
            for chunk in answer.split(" "):
                self._emit_stream_chunk_event(chunk=chunk, **of)
        if not self.is_silent:
            kind = LLMCallType.TOOL_CALL if isinstance(answer, list) else LLMCallType.LLM_CALL
            self._emit_call_completed_event(
                response=answer, call_type=kind, messages=messages, usage=self.usage, **of
            )
        return answer
