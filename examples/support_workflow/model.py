"""A chat model that costs nothing: what it says comes from playbooks, everything around it is LangChain's own."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from examples.support_workflow.case import Case, Turn
from examples.support_workflow.clock import Clock
from examples.support_workflow.knowledge import words
from examples.support_workflow.playbooks import next_turn

MODEL_NAME: Final = "scripted-support-1"
#: Shares of requests that the model's provider refuses, and of replies that break off.
OVERLOADED_SHARE: Final = 0.004
BROKEN_OFF_SHARE: Final = 0.01
TOKENS_PER_SECOND: Final = 45.0
#: Share of requests that wait in the provider's queue first, and for how many seconds at most.
QUEUED_SHARE: Final = 0.02
MAX_QUEUE_S: Final = 40.0

_SIGNS: Final = {
    "refund": "refund return money back cancel unused size fit mind renewal",
    "damaged_item": "damaged broken defective crack squashed photos survive fell apart arrived instructions box",
    "late_delivery": "where delivery late parcel tracking transit carrier moved lost answers",
    "billing": "charged twice invoice statement billed charge vat accountant correct",
    "account_access": "login log locked password reset two-factor codes sso account",
    "technical": "api 401 webhook export checkout app crashes dashboard slow 429 key integration requests page",
}


class ModelOverloaded(Exception):
    """The model's provider refused the request for lack of capacity."""

    def __init__(self) -> None:
        super().__init__("429: the model is overloaded, try again in a few seconds")


class ScriptedChatModel(BaseChatModel):
    """Answers as a support model would: with a category where it has no tools, with its next turn where it has.

    The same ``seed`` and conversation give the same answer. It advances ``clock`` by what a real model of this
    speed would have taken.
    """

    clock: Clock
    seed: str
    _chance: random.Random

    def model_post_init(self, _context: Any, /) -> None:
        self._chance = random.Random(self.seed)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        return self.bind(
            tools=[convert_to_openai_tool(each) for each in tools], tool_choice=tool_choice, **kwargs
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain passes it
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - as stop
        **kwargs: Any,
    ) -> ChatResult:
        if self._chance.random() < OVERLOADED_SHARE:
            self.clock.spend(1.0)
            raise ModelOverloaded
        case = Case(messages)
        turn = self._next_turn(case) if kwargs.get("tools") else self._classify(case)
        reply = self._reply(turn, _count_tokens(*(str(message.content) for message in messages)))
        return ChatResult(generations=[ChatGeneration(message=reply)])

    def _next_turn(self, case: Case) -> Turn:
        category = case.system.partition("Category: ")[2].split(".")[0]
        return next_turn(category, case)

    def _classify(self, case: Case) -> Turn:
        asked = set(words(case.text))
        offered = case.system.partition("Categories: ")[2].split(", ")
        scores = {name: sum(word in asked for word in set(words(_SIGNS[name]))) for name in offered}
        best = max(scores, key=lambda name: scores[name])
        text = json.dumps(
            {"category": best, "confidence": round(scores[best] / (sum(scores.values()) or 1), 2)}
        )
        return Turn("", answer=text[:20] if self._chance.random() < BROKEN_OFF_SHARE else text)

    def _reply(self, turn: Turn, input_tokens: int) -> AIMessage:
        calls = [{"name": name, "args": arguments, "id": self._call_id()} for name, arguments in turn.calls]
        output_tokens = _count_tokens(turn.thought, turn.answer, json.dumps(calls) if calls else "")
        self.clock.spend(self._latency_s(input_tokens, output_tokens))
        return AIMessage(
            content=turn.answer,
            tool_calls=calls,
            # Where reasoning models put what they think; see langchain-deepseek, langchain-xai.
            additional_kwargs={"reasoning_content": turn.thought},
            response_metadata={
                "model_name": MODEL_NAME,
                "mean_logprob": -abs(self._chance.gauss(0.02, 0.025)),
            },
            usage_metadata={
                "input_tokens": input_tokens,
                "output_tokens": output_tokens,
                "total_tokens": input_tokens + output_tokens,
            },
        )

    def _latency_s(self, input_tokens: int, output_tokens: int) -> float:
        queued = self._chance.uniform(5, MAX_QUEUE_S) if self._chance.random() < QUEUED_SHARE else 0.0
        work = 0.6 + input_tokens / 6000 + output_tokens / TOKENS_PER_SECOND
        return queued + work * self._chance.lognormvariate(0, 0.35)

    def _call_id(self) -> str:
        return f"call_{self._chance.randbytes(6).hex()}"


def _count_tokens(*texts: str) -> int:
    """About four characters are a token, in English."""
    return max(1, sum(map(len, texts)) // 4)
