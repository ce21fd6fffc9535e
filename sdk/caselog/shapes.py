"""What frameworks hand over, in the shapes a trace has: messages, tool calls, errors, nodes, iterations.

Shapes that are not known stay as they are; nothing is dropped.
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Callable

from .blocks import (
    CALL,
    INSIDE,
    REFUSAL,
    RESULT,
    THOUGHT,
    WORDS,
    find_shape,
    has_failed,
    read_call,
    read_words,
)
from .endings import FAILED_FLAGS
from .guard import let_pass
from .model import TRACE_PARTS
from .objects import read_or
from .serialize import read_message, read_object
from .times import is_written, read_time


def shape_part(name: str, value: Any) -> Any:
    """A part of a trace with each of its items in the shape that the pages know."""
    shape = _SHAPES.get(name)
    if type(value) is str:
        return [value] if shape else value
    if shape is None:
        return read_or(value, shape_final_response, value)
    return read_or([value], _shape_items, name, value)


def _shape_items(name: str, value: Any) -> list[Any]:
    if isinstance(value, (str, bytes)):
        return [value]
    # Asking for the type first, here and below, is far cheaper than asking for an abstract class.
    # What is read only once, such as a generator, is the workflow's to read.
    many = type(value) is list or isinstance(value, (list, tuple, set, frozenset, deque))
    shaped = [_shape_item(name, item) for item in (value if many else [value])]
    return read_or(shaped, _join_results, shaped, value) if name == "tool_calls" and many else shaped


def _shape_item(name: str, item: Any) -> Any:
    times = _TIMES[name]
    try:
        if (
            type(item) is dict
            and _IN_FORM[name](item)
            and (times.isdisjoint(item) or _are_times_in_form(item, times))
        ):
            return item
    except BaseException as error:  # noqa: BLE001 - a value that raises when it is asked: it is looked at closer
        let_pass(error)
    # What cannot be shaped stays as it is: when it is written, what is wrong with one field costs only that.
    shaped = read_or(item, _SHAPES[name], item)
    return read_or(shaped, _with_times, shaped, times)


def _with_times(item: Any, names: frozenset[str]) -> Any:
    """The item with its times in the form of a log; what is no time stays as it is."""
    if not (type(item) is dict or isinstance(item, Mapping)):
        return item
    changed: dict[str, Any] = {}
    for name in names:
        if name not in item:
            continue
        read = read_time(item[name])
        if read is not None and read is not item[name]:
            changed[name] = read
    return {**item, **changed} if changed else item


def shape_message(message: Any) -> Any:
    """``role`` and ``content`` of a chat message: an object or a dict of a framework's, or a pair."""
    if type(message) is dict and "role" in message:
        return _with_shaped_calls(message)
    if not isinstance(message, Mapping):
        if isinstance(message, (tuple, list)) and len(message) == 2:
            return {"role": message[0], "content": message[1]}
        message = read_message(message) or _with_plain_inside(read_object(message))
    shape = find_shape(message)
    if shape is None or "role" in message:
        return _with_shaped_calls(message)
    if shape.becomes == CALL:
        return {"role": "assistant", "content": None, "tool_calls": [read_call(message, shape)]}
    if shape.becomes != RESULT:
        return message if shape.becomes == WORDS else {"role": "assistant", **message}
    result = read_call(message, shape)
    return {
        "role": "tool",
        "content": result.pop("result", None),
        "tool_call_id": result.pop("id", None),
        **result,
    }


def shape_tool_call(call: Any) -> Any:
    """``id``, ``name``, ``arguments`` and ``result`` of a tool call in any of the shapes of `blocks`.

    >>> shape_tool_call({"id": "1", "type": "function", "function": {"name": "look_up", "arguments": '{"id": 7}'}})
    {'id': '1', 'name': 'look_up', 'arguments': {'id': 7}}
    """
    if type(call) is dict and "arguments" in call and "name" in call and "type" not in call:
        return _with_result_s_error(call)  # as it is in a log
    call = _with_plain_inside(read_object(call))
    shape = find_shape(call)
    if shape is not None:
        return read_call(call, shape) if shape.becomes in (CALL, RESULT) else call
    if isinstance(call, Mapping) and "args" in call and "arguments" not in call:
        return {("arguments" if key == "args" else key): value for key, value in call.items()}
    return call


def _with_result_s_error(call: dict[str, Any]) -> dict[str, Any]:
    """The call, failed where a flag says so, or its result is one of MCP's that does: nothing is raised for it."""
    if call.get("status") is None and any(call.get(name) is True for name in FAILED_FLAGS):
        return {**call, "status": "error"}
    result = call.get("result")
    if result is None or isinstance(result, (str, list, int)) or call.get("status") not in (None, "ok"):
        return call
    return {**call, "status": "error"} if has_failed(read_object(result)) else call


def _with_plain_inside(block: Any) -> Any:
    """The block with the object that its parts lie in as a mapping, too."""
    if not (type(block) is dict or isinstance(block, Mapping)) or INSIDE.isdisjoint(block):
        return block
    names = [name for name in INSIDE if name in block]
    inside = {name: read_object(block[name]) for name in names}
    return {**block, **inside} if any(inside[name] is not block[name] for name in inside) else block


def _join_results(calls: list[Any], given: Iterable[Any]) -> list[Any]:
    """The calls, each with the result that was given beside it as an item of its own."""
    if len(calls) < 2:
        return calls
    joined: list[Any] = []
    open_calls: dict[Any, list[dict[str, Any]]] = {}
    for call, as_given in zip(calls, given):
        key = _key_of(call) if type(call) is dict else None
        waiting = open_calls.get(key) if key else None
        if waiting and call is not as_given and "result" in call and "arguments" not in call:
            _add_result(waiting.pop(0), call)
            continue
        if key and "name" in call and "result" not in call:
            call = dict(call)  # noqa: PLW2901 - the workflow's own is not changed
            open_calls.setdefault(key, []).append(call)
        joined.append(call)
    return joined if len(joined) < len(calls) else calls


def _add_result(call: dict[str, Any], result: dict[str, Any]) -> None:
    for name, value in result.items():
        is_other = call.get(name, value) != value and name not in ("status", "error")
        call[f"result_{name}" if is_other else name] = value


def _key_of(call: dict[str, Any]) -> Any:
    """What a call and its result have in common: the id, or with Gemini only the name."""
    if isinstance(call.get("id"), str):
        return call["id"]
    return ("name", call["name"]) if isinstance(call.get("name"), str) else None


def shape_error(error: Any) -> Any:
    """``type``, ``message`` and ``stacktrace`` of an exception; a string becomes the message."""
    if isinstance(error, BaseException):
        import traceback  # not at import: few runs have an error to show

        lines = traceback.format_exception(type(error), error, error.__traceback__)
        return {**describe_error(error), "stacktrace": "".join(lines)}
    return {"message": error} if isinstance(error, str) else error


def describe_error(error: BaseException) -> dict[str, str]:
    """``type`` and ``message`` of an exception, whatever its own text does."""
    try:
        message = str(error)
    except BaseException as other:  # noqa: BLE001 - the exception's class is foreign code
        let_pass(other)
        message = f"[its text raised {type(other).__name__}]"
    return {"type": type(error).__name__, "message": message}


def shape_final_response(response: Any) -> Any:
    """The text of a message or of its refusal; anything else as it is."""
    found = None if isinstance(response, (str, Mapping)) else read_message(response)
    if found is None:
        return _read_said(response)
    refusal = (found.get("additional_kwargs") or {}).get("refusal")
    return read_answer_text(found["content"]) or refusal or found["content"]


def _read_said(response: Any) -> Any:
    """What a message object of a provider's says, or a message that says nothing else; anything else as it is."""
    is_providers = type(response).__module__.partition(".")[0] in _PROVIDERS or _is_providers_message(
        response
    )
    fields = read_object(response) if is_providers else response
    if not isinstance(fields, Mapping) or fields.get("role") not in ("assistant", "model"):
        return response
    content = fields.get("content") or fields.get("parts")
    blocks = [_as_words(read_object(block)) for block in content] if isinstance(content, list) else content
    if not is_providers and _says_more(fields, blocks):
        return response
    said = read_answer_text(blocks) or fields.get("refusal")
    return said if said and isinstance(said, str) else response


def _is_providers_message(message: Any) -> bool:
    """Whether a dict is a message as a provider's object writes itself: OpenAI's, or one with a list of blocks."""
    if not isinstance(message, Mapping):
        return False
    return "refusal" in message or (
        message.get("type") == "message" and isinstance(message.get("content"), list)
    )


def _as_words(part: Any) -> Any:
    """A part of a message with the type that Gemini and Bedrock leave out."""
    is_text = isinstance(part, Mapping) and isinstance(part.get("text"), str) and "type" not in part
    return {**part, "type": "text"} if is_text and part.get("thought") is not True else part


def _says_more(fields: Mapping[str, Any], blocks: Any) -> bool:
    """Whether a message holds anything that its words do not."""
    parts = [fields, *(blocks if isinstance(blocks, list) else ())]
    named = ("role", "content", "parts", "refusal", "type", "text")
    return any(
        not isinstance(part, Mapping) or any(value for name, value in part.items() if name not in named)
        for part in parts
    )


def read_answer_text(content: Any) -> Any:
    """The words of a message's content, blocks of text joined as they are; content without words as it is.

    >>> read_answer_text([{"type": "text", "text": "It is "}, {"type": "text", "text": "paid."}])
    'It is paid.'
    """
    if not isinstance(content, (list, tuple)):
        return content
    shapes = [(block, find_shape(block)) for block in content]
    words = [
        block if isinstance(block, str) else read_words(block)
        for block, shape in shapes
        if isinstance(block, str) or (shape and shape.becomes in (WORDS, REFUSAL))
    ]
    text = "".join(words)
    # A picture, or what is not known, is an answer too.
    return text if text or all(shape for _, shape in shapes) else content


def read_thoughts(content: Any) -> str:
    """What the blocks of a message's content say of the model's reasoning."""
    blocks = content if isinstance(content, (list, tuple)) else ()
    thoughts = [
        read_words(block) for block in blocks if (shape := find_shape(block)) and shape.becomes == THOUGHT
    ]
    return "\n\n".join(filter(None, thoughts))


def read_calls(content: Any) -> list[dict[str, Any]]:
    """The tool calls among the blocks of a message's content, with those results that stand there too."""
    blocks = content if isinstance(content, (list, tuple)) else ()
    shapes = [(block, find_shape(block)) for block in blocks]
    known = [(block, shape) for block, shape in shapes if shape and shape.becomes in (CALL, RESULT)]
    return _join_results([read_call(block, shape) for block, shape in known], [block for block, _ in known])


def _is_call_in_form(call: Any) -> bool:
    """Whether a tool call is as it is in a log already, which most are: to look closer takes time."""
    return (
        type(call) is dict
        and "arguments" in call
        and "name" in call
        and "type" not in call
        and type(call.get("result")) in _PLAIN
    )


def _are_times_in_form(item: dict[str, Any], names: frozenset[str]) -> bool:
    for name in names:  # noqa: SIM110 - a generator would take longer
        if name in item and not is_written(item[name]):
            return False
    return True


def _are_calls_in_form(item: dict[str, Any]) -> bool:
    """Whether each call of a step or a message is."""
    calls = item.get("tool_calls")
    if not calls:
        return True
    if type(calls) is not list:
        return False
    times = _TIMES["tool_calls"]
    for call in calls:
        if not _is_call_in_form(call):
            return False
        if not (times.isdisjoint(call) or _are_times_in_form(call, times)):
            return False
    return True


def _with_shaped_calls(item: Any) -> Any:
    if not (type(item) is dict or isinstance(item, Mapping)):
        return item
    calls = item.get("tool_calls")
    if not calls or not isinstance(calls, (list, tuple)):
        return item
    shaped = _shape_items("tool_calls", calls)
    is_same = len(shaped) == len(calls) and all(map(operator.is_, shaped, calls))
    return item if is_same else {**item, "tool_calls": shaped}


_PLAIN = frozenset((str, type(None), list, int, float, bool))
#: Whose classes of messages are known.
_PROVIDERS = frozenset(("anthropic", "google", "openai"))
_SHAPES = {
    "nodes": read_object,
    "react_iterations": lambda step: _with_shaped_calls(read_object(step)),
    "tool_calls": shape_tool_call,
    "errors": shape_error,
    "messages": shape_message,
}
#: Of each part, whether a dict in it is in the shape of a log already, but for its times.
_IN_FORM: dict[str, Callable[[dict[str, Any]], bool]] = {
    "nodes": lambda _node: True,
    "react_iterations": _are_calls_in_form,
    "tool_calls": _is_call_in_form,
    "errors": lambda _error: True,
    "messages": lambda message: "role" in message and _are_calls_in_form(message),
}
#: Names of the times in each part.
_TIMES = {
    name: frozenset(field.name for field in fields if field.kind == "timestamp")
    for name, fields in TRACE_PARTS.items()
}
