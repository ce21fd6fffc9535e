"""Models of LlamaIndex's that say what the test tells them to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from typing import Any

from llama_index.core.base.llms.generic_utils import (
    achat_to_completion_decorator,
    astream_chat_to_completion_decorator,
    chat_to_completion_decorator,
    stream_chat_to_completion_decorator,
)
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    LLMMetadata,
    TextBlock,
    ThinkingBlock,
)
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.llms.custom import CustomLLM
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection

USAGE = {"prompt_tokens": 10, "completion_tokens": 3}


def say(
    text: str, *calls: tuple[str, dict[str, Any]], thinking: str | None = None, usage: Any = USAGE
) -> ChatResponse:
    """An answer: words, and calls of tools."""
    asked = [
        {"id": f"call-{place}", "name": name, "arguments": arguments}
        for place, (name, arguments) in enumerate(calls, 1)
    ]
    thought = [ThinkingBlock(content=thinking)] if thinking else []
    message = ChatMessage(role="assistant", blocks=[*thought, TextBlock(text=text)])
    message.additional_kwargs = {"asked": asked} if asked else {}
    return ChatResponse(message=message, raw={"model": "small-1", "usage": usage} if usage else None)


class Words(CustomLLM):
    """Completes whatever it is given by the same words; tells of its calls as integrations do."""

    words: str = "It takes five days."

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="words")

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text=self.words, additional_kwargs=USAGE)

    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> Generator[CompletionResponse, None, None]:
        def stream() -> Generator[CompletionResponse, None, None]:
            for end in range(1, len(self.words) + 1):
                yield CompletionResponse(text=self.words[:end], delta=self.words[end - 1])

        return stream()


class Scripted(FunctionCallingLLM):
    """Gives its answers one after the other; an exception among them is raised, a number is waited for in seconds."""

    script: list[Any]

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="scripted", is_function_calling_model=True)

    def _next(self) -> ChatResponse:
        answer = self.script.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        assert isinstance(answer, ChatResponse)
        return answer

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return self._next()

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        if isinstance(self.script[0], float):
            await asyncio.sleep(self.script.pop(0))
        return self._next()

    def stream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> Generator[ChatResponse, None, None]:
        return self._stream(self._next())

    def _stream(self, answer: ChatResponse) -> Generator[ChatResponse, None, None]:
        text = answer.message.content or ""
        yield ChatResponse(message=ChatMessage(role="assistant", content=text[:4]), delta=text[:4])
        yield ChatResponse(message=answer.message, delta=text[4:], raw=answer.raw)

    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> AsyncGenerator[ChatResponse, None]:
        answer = self._next()

        async def stream() -> AsyncGenerator[ChatResponse, None]:
            for chunk in self._stream(answer):
                yield chunk

        return stream()

    def _prepare_chat_with_tools(
        self, tools: Any, user_msg: Any = None, chat_history: Any = None, **kwargs: Any
    ) -> dict[str, Any]:
        return {"messages": [*(chat_history or []), *([user_msg] if user_msg else [])]}

    def get_tool_calls_from_response(self, response: Any, *args: Any, **kwargs: Any) -> list[ToolSelection]:
        return [
            ToolSelection(tool_id=call["id"], tool_name=call["name"], tool_kwargs=call["arguments"])
            for call in response.message.additional_kwargs.get("asked", ())
        ]

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return chat_to_completion_decorator(self.chat)(prompt)

    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return await achat_to_completion_decorator(self.achat)(prompt)

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        return stream_chat_to_completion_decorator(self.stream_chat)(prompt)

    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        return await astream_chat_to_completion_decorator(self.astream_chat)(prompt)
