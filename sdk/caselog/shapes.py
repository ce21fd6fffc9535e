"""What frameworks hand over, in the shapes a trace has: messages, tool calls, errors, nodes, iterations.

Shapes that are not known stay as they are; nothing is dropped.
"""

from __future__ import annotations

import json
import operator
from collections import deque
from collections.abc import Mapping
from typing import Any, Callable

from .serialize import read_message


def shape_part(name: str, value: Any) -> Any:
    """A part of a trace with each of its items in the shape that the pages know."""
    shape = _SHAPES.get(name)
    if shape is None or isinstance(value, (str, bytes)):
        return [value] if shape else _shape_safely(shape_final_response, value)
    # Asking for the type first, here and below, is far cheaper than asking for an abstract class.
    # What is read only once, such as a generator, is the workflow's to read.
    many = type(value) is list or isinstance(value, (list, tuple, set, frozenset, deque))
    return [_shape_safely(shape, item) for item in (value if many else [value])]


def _shape_safely(shape: Callable[[Any], Any], item: Any) -> Any:
    try:
        return shape(item)
    except Exception as error:  # noqa: BLE001 - an object of the workflow's may raise anything
        return f"[not readable: {type(error).__name__}]"


def shape_message(message: Any) -> Any:
    """``role`` and ``content`` of a chat message: an object of LangChain's, an OpenAI dict, or a pair."""
    if type(message) is dict:
        return _with_shaped_calls(message)
    if isinstance(message, (tuple, list)) and len(message) == 2:
        return {"role": message[0], "content": message[1]}
    found = None if isinstance(message, Mapping) else read_message(message)
    if found is None:
        return _with_shaped_calls(message)
    return _with_shaped_calls(found)


def shape_tool_call(call: Any) -> Any:
    """``id``, ``name`` and ``arguments`` of a tool call in OpenAI's or LangChain's shape.

    >>> shape_tool_call({"id": "1", "type": "function", "function": {"name": "look_up", "arguments": '{"id": 7}'}})
    {'id': '1', 'name': 'look_up', 'arguments': {'id': 7}}
    """
    if not (type(call) is dict or isinstance(call, Mapping)):
        return call
    function = call.get("function")
    if function is not None and isinstance(function, Mapping):
        rest = {key: value for key, value in call.items() if key not in ("function", "type")}
        return {**rest, "name": function.get("name"), "arguments": _read_json(function.get("arguments"))}
    if "args" in call and "arguments" not in call:
        return {
            ("arguments" if key == "args" else key): value for key, value in call.items() if key != "type"
        }
    return call


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
    except Exception as other:  # noqa: BLE001 - the exception's class is foreign code
        message = f"[its text raised {type(other).__name__}]"
    return {"type": type(error).__name__, "message": message}


def shape_final_response(response: Any) -> Any:
    """The text of a message; anything else as it is."""
    found = None if isinstance(response, (str, Mapping)) else read_message(response)
    return response if found is None else found["content"]


def _with_shaped_calls(item: Any) -> Any:
    if not (type(item) is dict or isinstance(item, Mapping)):
        return item
    calls = item.get("tool_calls")
    if not calls or not isinstance(calls, (list, tuple)):
        return item
    shaped = [shape_tool_call(call) for call in calls]
    return item if all(map(operator.is_, shaped, calls)) else {**item, "tool_calls": shaped}


def _read_json(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


_SHAPES = {
    "nodes": lambda node: node,
    "react_iterations": _with_shaped_calls,
    "tool_calls": shape_tool_call,
    "errors": shape_error,
    "messages": shape_message,
}
