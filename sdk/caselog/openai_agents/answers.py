"""What OpenAI's models answered, whichever of its shapes says it: items of Responses, or messages of chat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from caselog.blocks import CALL, REFUSAL, RESULT, THOUGHT, WORDS, find_shape, read_call, read_words
from caselog.iterations import copy_whole, describe_calls
from caselog.shapes import read_answer_text, shape_tool_call

#: Calls that the workflow carries out; the others among the items its provider has made already.
_OWN_CALLS = frozenset(
    (
        "function_call",
        "custom_tool_call",
        "computer_call",
        "local_shell_call",
        "shell_call",
        "apply_patch_call",
    )
)
_FIGURES = ("input_tokens", "output_tokens", "total_tokens")
#: Parts of them, and where OpenAI has them. The framework writes 0 for one that is not told: it is left out.
_PARTS = {
    "cached_input_tokens": ("input_tokens_details", "cached_tokens"),
    "reasoning_tokens": ("output_tokens_details", "reasoning_tokens"),
}


class Answer:
    """What one call of a model gave: its words, its thoughts, the calls it asked for and those its server made."""

    def __init__(self, output: Any) -> None:
        self.texts: list[str] = []
        self.thoughts: list[str] = []
        self.calls: list[dict[str, Any]] = []
        self.served: list[dict[str, Any]] = []
        for item in _flatten(copy_whole(output)):
            self._read(item)

    @property
    def text(self) -> str | None:
        """What it said, or why it refused."""
        return "".join(self.texts) or None

    @property
    def thought(self) -> str | None:
        """Its reasoning, as far as told, and what it said."""
        words = [*self.thoughts, self.text]
        return "\n\n".join(dict.fromkeys(word for word in words if word)) or None

    @property
    def action(self) -> str | None:
        """What it decided to do, in one line."""
        return describe_calls((*self.calls, *self.served)) or None

    def _read(self, item: Mapping[str, Any]) -> None:
        if "role" in item:
            self._read_message(item)
            return
        shape = find_shape(item)
        becomes = shape.becomes if shape else None
        if shape and becomes in (CALL, RESULT):
            call = {"id": None, **read_call(item, shape)}
            if item.get("type") in _OWN_CALLS:
                self.calls.append(_as_asked(call))
            else:
                self.served.append(call)
        elif becomes == THOUGHT:
            self.thoughts.append(read_words(item))
        elif becomes in (WORDS, REFUSAL):
            self.texts.append(read_words(item))

    def _read_message(self, message: Mapping[str, Any]) -> None:
        said = read_answer_text(message.get("content")) or message.get("refusal")
        if isinstance(said, str):
            self.texts.append(said)
        reasoning = message.get("reasoning_content") or message.get("reasoning")
        if isinstance(reasoning, str):
            self.thoughts.append(reasoning)
        for call in message.get("tool_calls") or ():
            shaped = shape_tool_call(call)
            if isinstance(shaped, dict):
                self.calls.append(_as_asked({"id": None, **shaped}))


def _as_asked(call: Mapping[str, Any]) -> dict[str, Any]:
    """The call without the status that its item has, which says nothing of the tool."""
    return {name: call.get(name) for name in ("id", "name", "arguments")}


def _flatten(output: Any) -> Iterable[Mapping[str, Any]]:
    """The items of an answer: of a whole response, of a list of them, or one."""
    if isinstance(output, Mapping):
        inside = output.get("output")
        if isinstance(inside, list) and "type" not in output:
            yield from _flatten(inside)
        else:
            yield output
    elif isinstance(output, list):
        for item in output:
            yield from _flatten(item)


def read_figures(usage: Any) -> dict[str, int]:
    """Figures of tokens, each whole or absent; none where the provider told none."""
    plain = copy_whole(usage)
    figures = {name: _read_count(plain, name) for name in _FIGURES}
    parts = {
        name: _read_count(_inside(plain, outer), inner) or None for name, (outer, inner) in _PARTS.items()
    }
    found = {name: count for name, count in (*figures.items(), *parts.items()) if count is not None}
    return found if any(found.values()) else {}


def _read_count(usage: Any, name: str) -> int | None:
    count = _inside(usage, name)
    return count if type(count) is int and count >= 0 else None


def _inside(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def read_model(*said: Any) -> str | None:
    """The model's name: the first of these that is one, or whose ``model`` is."""
    names = (each if isinstance(each, str) else getattr(each, "model", None) for each in said)
    return next((name for name in names if isinstance(name, str) and name), None)
