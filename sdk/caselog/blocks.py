"""The shapes that frameworks hand over, as one table: how each is known, what it becomes, an example.

A block is known by a field that no other shape has, or by the word in its field ``type``, and has what each of its
shape must have; never by common names. What is not in the table stays as it is, and what a shape does not name is
kept beside what it becomes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

Fields = Mapping[str, Any]
CALL, RESULT, WORDS, THOUGHT, REFUSAL = "call", "result", "words", "thought", "refusal"


class Shape:
    """One shape: known by its field ``type``, by what lies ``inside`` a field, or by one of its ``flags``."""

    # No dataclass, which would take longer to make than all the rest of the import.
    def __init__(  # noqa: PLR0913 - the columns of a table
        self,
        name: str,
        becomes: str,
        names: Mapping[str, Sequence[str]],
        *,
        example: Fields,
        types: tuple[str, ...] = (),
        ends: tuple[str, ...] = (),
        inside: str | None = None,
        must: tuple[str, ...] = (),
        flags: tuple[str, ...] = (),
        tool: str | None = None,
    ) -> None:
        self.name = name
        self.becomes = becomes
        #: From the name in a log to the names in the shape; the first that is there counts.
        self.names = names
        self.example = example
        #: What the field ``type`` is, or ends with; beside ``inside`` it must be there too.
        self.types, self.ends = types, ends
        #: The field that its parts lie in, and the parts that are there: of those between bars one at least.
        self.inside, self.must = inside, tuple(each.split("|") for each in must)
        #: Fields that are true or false beside a list, as no other shape has them.
        self.flags = flags
        #: The tool's name, where the shape has none.
        self.tool = tool


_ARGUMENTS = {"name": ("name",), "arguments": ("arguments",)}
#: Calls that a provider's server makes itself: its type names the tool, and its result comes in the same block.
_SERVER_CALL = {
    "id": ("call_id", "id"),
    "name": ("name",),
    "arguments": ("action", "arguments", "queries", "code", "input", "operation"),
    "result": ("results", "outputs", "output", "result"),
    "error": ("error",),
}

SHAPES: tuple[Shape, ...] = (
    Shape("OpenAI chat", CALL, _ARGUMENTS, inside="function", must=("arguments",),
          example={"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"id": 7}'}}),
    Shape("OpenAI chat, custom tool", CALL, {"name": ("name",), "arguments": ("input",)}, inside="custom",
          types=("custom",), must=("name", "input"),
          example={"id": "c1", "type": "custom", "custom": {"name": "run", "input": "ls"}}),
    Shape("OpenAI Responses", CALL, {"id": ("call_id", "id"), "name": ("name",), "arguments": ("arguments", "input")},
          types=("function_call", "custom_tool_call"), must=("name", "arguments|input"),
          example={"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "find", "arguments": '{"id": 7}'}),
    Shape("OpenAI Responses, result", RESULT, {"id": ("call_id", "id"), "result": ("output",)}, ends=("_call_output",),
          must=("call_id|id", "output"),
          example={"type": "function_call_output", "call_id": "c1", "output": "paid"}),
    Shape("OpenAI Responses, server's call", CALL, _SERVER_CALL,
          ends=("_search_call", "_interpreter_call", "_generation_call", "computer_call", "mcp_call", "shell_call",
                "patch_call"),
          must=("call_id|id", "status|action|arguments|queries|code|operation"),
          example={"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"query": "refunds"}}),
    Shape("LangChain", CALL, {"id": ("id",), "name": ("name",), "arguments": ("args",), "error": ("error",)},
          types=("tool_call", "invalid_tool_call", "server_tool_call"), must=("name", "args"),
          example={"type": "tool_call", "id": "c1", "name": "find", "args": {"id": 7}}),
    Shape("LangChain, server's result", RESULT, {"id": ("tool_call_id",), "result": ("output",)},
          types=("server_tool_result",), must=("tool_call_id",),
          example={"type": "server_tool_result", "tool_call_id": "c1", "output": "paid", "status": "success"}),
    Shape("Anthropic", CALL, {"id": ("id",), "name": ("name",), "arguments": ("input",)},
          types=("tool_use", "server_tool_use", "mcp_tool_use"), must=("name", "input"),
          example={"type": "tool_use", "id": "c1", "name": "find", "input": {"id": 7}}),
    Shape("Anthropic, result", RESULT, {"id": ("tool_use_id",), "result": ("content",)}, ends=("tool_result",),
          must=("tool_use_id",),
          example={"type": "tool_result", "tool_use_id": "c1", "content": "paid", "is_error": False}),
    Shape("Bedrock", CALL, {"id": ("toolUseId",), "name": ("name",), "arguments": ("input",)}, inside="toolUse",
          must=("toolUseId",), example={"toolUse": {"toolUseId": "c1", "name": "find", "input": {"id": 7}}}),
    Shape("Bedrock, result", RESULT, {"id": ("toolUseId",), "result": ("content",)}, inside="toolResult",
          must=("toolUseId",),
          example={"toolResult": {"toolUseId": "c1", "content": [{"text": "paid"}], "status": "success"}}),
    Shape("Gemini", CALL, {"id": ("id",), "name": ("name",), "arguments": ("args",)}, inside="functionCall",
          must=("name",), example={"functionCall": {"name": "find", "args": {"id": 7}}}),
    Shape("Gemini for Python", CALL, {"id": ("id",), "name": ("name",), "arguments": ("args", "arguments")},
          inside="function_call", must=("name",),
          example={"function_call": {"id": "c1", "name": "find", "args": {"id": 7}}}),
    Shape("Gemini, result", RESULT, {"id": ("id",), "name": ("name",), "result": ("response",)},
          inside="functionResponse", must=("response",),
          example={"functionResponse": {"name": "find", "response": {"order": "paid"}}}),
    Shape("Gemini for Python, result", RESULT, {"id": ("id",), "name": ("name",), "result": ("response",)},
          inside="function_response", must=("response",),
          example={"function_response": {"id": "c1", "name": "find", "response": {"order": "paid"}}}),
    Shape("Gemini, server's call", CALL, {"id": ("id",), "arguments": ("code",)}, inside="executableCode",
          must=("code",), tool="code_execution",
          example={"executableCode": {"language": "PYTHON", "code": "print(7)"}}),
    Shape("Gemini for Python, server's call", CALL, {"id": ("id",), "arguments": ("code",)}, inside="executable_code",
          must=("code",), tool="code_execution",
          example={"executable_code": {"language": "PYTHON", "code": "print(7)"}}),
    Shape("Gemini, server's result", RESULT, {"id": ("id",), "result": ("output",)}, inside="codeExecutionResult",
          must=("outcome",), tool="code_execution",
          example={"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "paid"}}),
    Shape("Gemini for Python, server's result", RESULT, {"id": ("id",), "result": ("output",)},
          inside="code_execution_result", must=("outcome",), tool="code_execution",
          example={"code_execution_result": {"outcome": "OUTCOME_OK", "output": "paid"}}),
    Shape("LangChain for Gemini, server's call", CALL, {"id": ("id",), "arguments": ("executable_code",)},
          types=("executable_code",), must=("executable_code",), tool="code_execution",
          example={"type": "executable_code", "executable_code": "print(7)", "language": 1}),
    Shape("LangChain for Gemini, server's result", RESULT,
          {"id": ("tool_call_id", "id"), "result": ("code_execution_result",)}, types=("code_execution_result",),
          must=("code_execution_result",), tool="code_execution",
          example={"type": "code_execution_result", "code_execution_result": "paid", "outcome": 1}),
    Shape("MCP, result", RESULT, {"result": ("content",)}, flags=("isError", "is_error"),
          example={"content": [{"type": "text", "text": "paid"}], "isError": False}),
    Shape("thinking", THOUGHT, {"text": ("thinking",)}, types=("thinking",), must=("thinking",),
          example={"type": "thinking", "thinking": "Which order?", "signature": "c2ln"}),
    Shape("thinking, redacted", THOUGHT, {}, types=("redacted_thinking",), must=("data",),
          example={"type": "redacted_thinking", "data": "c2ln"}),
    Shape("reasoning", THOUGHT, {"text": ("reasoning", "summary", "text", "content")}, types=("reasoning",),
          must=("reasoning|summary|text|content",),
          example={"type": "reasoning", "summary": [{"type": "summary_text", "text": "Which order?"}]}),
    Shape("Bedrock, reasoning", THOUGHT, {"text": ("reasoning_content",)}, types=("reasoning_content",),
          must=("reasoning_content",),
          example={"type": "reasoning_content", "reasoning_content": {"text": "Which order?"}}),
    Shape("Bedrock, reasoning of Converse", THOUGHT, {"text": ("reasoningText",)}, inside="reasoningContent",
          must=("reasoningText",), example={"reasoningContent": {"reasoningText": {"text": "Which order?"}}}),
    Shape("Gemini, thought", THOUGHT, {"text": ("text",)}, flags=("thought",), must=("text",),
          example={"text": "Which order?", "thought": True}),
    Shape("refusal", REFUSAL, {"text": ("refusal",)}, types=("refusal",), must=("refusal",),
          example={"type": "refusal", "refusal": "I cannot do that."}),
    Shape("text", WORDS, {"text": ("text",)}, must=("text",),
          types=("text", "output_text", "input_text", "summary_text", "reasoning_text"),
          example={"type": "text", "text": "It is paid."}),
)  # fmt: skip
_BY_TYPE = {word: shape for shape in SHAPES if not shape.inside for word in shape.types}
_BY_END = tuple((end, shape) for shape in SHAPES for end in shape.ends)
_BY_FIELD = {name: shape for shape in SHAPES for name in ((shape.inside,) if shape.inside else shape.flags)}

#: Fields that the parts of a shape lie in.
INSIDE = frozenset(shape.inside for shape in SHAPES if shape.inside)


def find_shape(block: Any) -> Shape | None:
    """The shape of a block; None where it is none of the table."""
    if not (type(block) is dict or isinstance(block, Mapping)):
        return None
    kind = block.get("type")
    if isinstance(kind, str) and kind:
        by_type = _BY_TYPE.get(kind) or next((shape for end, shape in _BY_END if kind.endswith(end)), None)
        if by_type and _has_parts(by_type, block):
            return by_type
    return next(
        (_BY_FIELD[name] for name in _BY_FIELD if name in block and _fits(_BY_FIELD[name], name, block)), None
    )


def _fits(shape: Shape, name: str, block: Fields) -> bool:
    if shape.inside:
        is_of_type = not shape.types or block.get("type") in shape.types
        return is_of_type and isinstance(block[name], Mapping) and _has_parts(shape, block[name])
    if shape.becomes == RESULT:
        return isinstance(block[name], bool) and isinstance(block.get("content"), (list, tuple))
    return block[name] is True and _has_parts(shape, block)


def _has_parts(shape: Shape, fields: Fields) -> bool:
    return all(any(name in fields for name in names) for names in shape.must)


def read_call(block: Fields, shape: Shape) -> dict[str, Any]:
    """``id``, ``name``, ``arguments``, ``result``, ``status``, as far as the block tells, and whatever else it holds.

    >>> read_call({"type": "tool_use", "id": "c1", "name": "find", "input": {"id": 7}}, SHAPES[7])
    {'id': 'c1', 'name': 'find', 'arguments': {'id': 7}}
    """
    call, used = _pick(block, shape)
    if not _WRITTEN_AS_JSON.isdisjoint(used) and "arguments" in call:
        call["arguments"] = read_json(call["arguments"])
    used.add("type")
    if "name" not in call and (shape.names is _SERVER_CALL or shape.tool):
        call["name"] = shape.tool or str(block.get("type", "")).rpartition("_")[0]
    inside = block[shape.inside] if shape.inside else {}
    rest = {name: value for name, value in (*inside.items(), *block.items()) if name not in used}
    rest.pop(shape.inside or "", None)
    call.update({_free(name, call): value for name, value in rest.items() if value is not None})
    result = call.get("result")
    is_told = "response" in used and isinstance(result, Mapping) and result.get("error")
    if shape.becomes == RESULT and (is_told or has_failed(result)):
        call.setdefault("status", "error")
    return _with_status(call)


def has_failed(result: Any) -> bool:
    """Whether a result says itself that its call failed, as those of MCP and of Anthropic's server do."""
    if not isinstance(result, Mapping):
        return False
    kind = result.get("type")
    is_error = isinstance(kind, str) and kind.endswith("_tool_result_error")
    return is_error or True in (result.get("isError"), result.get("is_error"))


def _free(name: str, call: Fields) -> str:
    """The name, unless the call has one: OpenAI's items have an id beside that of the call."""
    return f"item_{name}" if name in call else name


def is_said(block: Any) -> bool:
    """Whether the block is something that was said, thought or refused, and no call."""
    shape = find_shape(block)
    return shape is not None and shape.becomes not in (CALL, RESULT)


def is_words(block: Any) -> bool:
    """Whether the block is a text that was said."""
    shape = find_shape(block)
    return shape is not None and shape.becomes == WORDS


def read_words(block: Any) -> str:
    """The text of a block of words, thoughts or a refusal."""
    shape = find_shape(block)
    found = (
        _pick(block, shape)[0].get("text") if shape and shape.becomes in (WORDS, THOUGHT, REFUSAL) else block
    )
    return _join(found)


def _join(found: Any) -> str:
    if isinstance(found, str):
        return found
    if isinstance(found, Mapping):
        return _join(found.get("text") or found.get("value"))
    return "\n\n".join(filter(None, map(read_words, found))) if isinstance(found, (list, tuple)) else ""


def _pick(block: Fields, shape: Shape) -> tuple[dict[str, Any], set[str]]:
    inside = block[shape.inside] if shape.inside else block
    found: dict[str, Any] = {}
    used: set[str] = set()
    if shape.inside and "id" in block and "id" not in shape.names:
        found["id"], used = block["id"], {"id"}
    for name, names in shape.names.items():
        there = next((each for each in names if inside.get(each) is not None), None)
        if there:
            found[name] = inside[there]
            used.add(there)
    return found, used


def _with_status(call: dict[str, Any]) -> dict[str, Any]:
    """The status in the words of a log, where the shape has a flag or words of its own for it."""
    failed = next(
        (call.pop(name) for name in ("is_error", "isError") if isinstance(call.get(name), bool)), None
    )
    if failed is not None and "status" not in call:
        call["status"] = "error" if failed else "ok"
    if "error" in call and call.get("status") is None:
        call["status"] = "error"
    said, outcome = call.get("status"), call.get("outcome")
    if said is None and isinstance(outcome, (str, int)):  # Gemini's; a number where LangChain hands it on
        said = _OUTCOMES.get(outcome)
    if isinstance(said, str) and said in _STATUSES:
        call["status"] = _STATUSES[said]
    return call


_STATUSES = {"success": "ok", "completed": "ok", "failed": "error", "incomplete": "error"}
_OUTCOMES: dict[Any, str] = {
    "OUTCOME_OK": "success", "OUTCOME_FAILED": "failed", "OUTCOME_DEADLINE_EXCEEDED": "failed",
    1: "success", 2: "failed", 3: "failed",
}  # fmt: skip
#: Fields in which frameworks hand over the arguments as JSON text; any other text is what the tool was given.
_WRITTEN_AS_JSON = frozenset(("arguments", "args"))


def read_json(text: Any) -> Any:
    """What JSON text says; the text itself where that would say less, or is no object."""
    if not isinstance(text, str) or text.lstrip()[:1] != "{":
        return text
    try:
        return json.loads(
            text,
            object_pairs_hook=_read_pairs,
            parse_float=_read_float,
            parse_int=_read_int,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError):
        return text


def _read_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    return read if len(read) == len(pairs) else _refuse("a name that is there twice")


def _read_float(text: str) -> float:
    number = float(text)
    is_zero = not text.lower().partition("e")[0].strip("-0.")
    is_usual = is_zero or _LEAST_EXACT <= abs(number) < math.inf
    is_whole = repr(number) == text or (len(text) <= _EXACT_DIGITS and is_usual)
    return number if is_whole else _refuse(text)


def _read_int(text: str) -> int:
    return int(text) if len(text) <= _EXACT_DIGITS else _refuse(text)


def _refuse(text: str) -> Any:
    raise ValueError(text)


#: So many digits every reader of JSON keeps, of numbers that are no smaller.
_EXACT_DIGITS, _LEAST_EXACT = 15, 1e-300
