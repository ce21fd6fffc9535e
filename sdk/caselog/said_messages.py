"""Messages as turns: which calls and which results one holds, whoever's format it is in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .said_blocks import blocks_of, read_block
from .said_fields import ABSENT, Fields, is_blank, is_record
from .said_parts import CALL_IDS, Said, call, result

_SAID = ("content", "parts", "items", "value", "text", "message")
_HOLDS = ("role", "content", "parts", "tool_calls", "items")
_BESIDE = ("toolcalls", "functioncall")
_SPEAKS = ("role", "from")
_TOOLS = ("tool", "function")
_THOUGHT = re.compile(r"(?:redacted_)?(?:reasoning|thinking)")
_OF_CALL = re.compile(r".*(?:_result|_use|_call|-return)")
_MESSAGE = re.compile(r"_?message(?:_?chunk)?$")
_AUTOGEN = re.compile(r"ToolCall(Request|Execution)Event")
#: AutoGen's message that says again what was called, and what came back.
_SUMMARY = "ToolCallSummaryMessage"
_ROLES = frozenset(
    [
        "system",
        "developer",
        "user",
        "human",
        "request",
        "assistant",
        "ai",
        "model",
        "gpt",
        "chatbot",
        "response",
        "tool",
        "function",
    ]
)


def parts_of(message: Mapping[str, Any]) -> list[Said]:
    """The calls and results of one message, in their order."""
    if _is_plain(message):
        return []
    plain = _plain_result(message)
    if plain is not None:
        return [plain]
    if (
        message.get("role") == "assistant"
        and message.keys() <= _OF_CALLING
        and type(message.get("content") or "") is str
    ):
        return _calls_beside(message.get("tool_calls"))
    sent = _unwrapped(message)
    item = _item_of(sent)
    if item is not None:
        return item
    fields = Fields(sent)
    own = _events_in(fields)
    if own is None:
        own = _results_of(fields, sent) if _is_of_tool(fields) else _said_in(fields)
    if own == [] and sent.get("type") == _SUMMARY:
        return []
    known = {each for said in own if said.is_call for each in said.ids}
    beside = [said for name in _BESIDE for said in _calls_beside(fields.take((name,)))]
    return [*own, *(said for said in beside if not (said.is_call and known.intersection(said.ids)))]


#: What a message has that calls and speaks, and does nothing else.
_OF_CALLING = frozenset(("role", "content", "tool_calls"))
#: What messages have that neither call nor give back.
_OF_WORDS = frozenset(("role", "content", "name", "id", "type", "timestamp"))


def _is_plain(message: Mapping[str, Any]) -> bool:
    """Whether it says nothing but words: most messages do, and are passed over."""
    return (
        message.get("role") in ("user", "assistant", "system")
        and type(message.get("content")) is str
        and message.keys() <= _OF_WORDS
        and message.get("type") in (None, "message")
    )


def _unwrapped(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """LangChain writes messages out as `{type, data}`, and as what makes one."""
    if not isinstance(message.get("type"), str) or message.get("content") is not None:
        return message
    made, where = message.get("kwargs"), message.get("id")
    if is_record(made) and isinstance(where, (list, tuple)) and message.get("lc") is not None:
        rest = {name: value for name, value in message.items() if name not in ("lc", "type", "id", "kwargs")}
        return {"role": str(where[-1]) if where else "", **rest, **dict(made or {})}
    inside = message.get("data")
    return {**message, **inside, "data": None} if isinstance(inside, Mapping) else message


def _item_of(message: Mapping[str, Any]) -> list[Said] | None:
    """Of an item of a list of messages that is a block itself, as Responses has them."""
    kind = message.get("type")
    if not isinstance(kind, str):
        return None
    has_words = any(not is_blank(message.get(name)) for name in _HOLDS)
    is_silent = is_blank(message.get("role"))
    if has_words and not _THOUGHT.fullmatch(kind) and not (is_silent and _OF_CALL.fullmatch(kind)):
        return None
    found = read_block({name: value for name, value in message.items() if name != "role"})
    return [] if found is None and is_silent and not _role_in(kind) and not has_words else found


@lru_cache(maxsize=1024)
def _role_in(name: str) -> str:
    """The role that a name tells, without what says that it is a message: `HumanMessage`, `AIMessageChunk`."""
    plain = _MESSAGE.sub("", name.lower())
    return plain if plain in _ROLES else ""


def _is_of_tool(fields: Fields) -> bool:
    kind = fields.see("type")
    typed = ("type",) if isinstance(kind, str) and _role_in(kind) else ()
    return _role_in(fields.take_text((*_SPEAKS, *typed, "source", "kind"))) in _TOOLS


def _events_in(fields: Fields) -> list[Said] | None:
    """AutoGen's messages that hold calls, or results, without a word of what each is."""
    kind = fields.see("type")
    known = _AUTOGEN.fullmatch(kind) if isinstance(kind, str) else None
    if known is None:
        return [] if kind == _SUMMARY else None  # it says again what was called
    inside = [Fields(each) for each in _listed(fields.take(("content",))) if is_record(each)]
    return [call(each) if known[1] == "Request" else result(each, id_names=CALL_IDS) for each in inside]


def _said_in(fields: Fields) -> list[Said]:
    """What stands in the words of a message, and in its parts where it has both."""
    own = blocks_of(fields.take(_SAID))
    return [*own, *blocks_of(fields.take(("parts",))), *_with_their_calls(fields)]


def _with_their_calls(fields: Fields) -> list[Said]:
    """Cohere's results, each of which repeats its call."""
    results = fields.see("toolresults")
    if not isinstance(results, (list, tuple)):
        return []
    if not all(is_record(each) and is_record(each.get("call")) for each in results):
        return []
    return [result(Fields({"name": each["call"].get("name"), **each, "call": None})) for each in results]


def _responses_in(fields: Fields) -> list[Said]:
    """AG2's results, whose words stand a second time beside them."""
    responses = _listed(fields.see("toolresponses"))
    inside = [Fields(each) for each in responses if is_record(each)]
    return [result(each, id_names=CALL_IDS) for each in inside if each.has("toolcallid")]


def _results_of(fields: Fields, sent: Mapping[str, Any]) -> list[Said]:
    """A message of a tool is a result, unless it holds results that say whose they are."""
    theirs = _with_their_calls(fields) or _responses_in(fields)
    if theirs:
        return theirs
    name = next((each for each in _SAID[:3] if isinstance(fields.see(each), (list, tuple))), None)
    within = blocks_of(fields.see(name)) if name else []
    if any(not said.is_call for said in within):
        return within
    ids = fields.see("toolcallids")
    if isinstance(ids, (list, tuple)) and len(ids) == 1:
        fields = Fields(
            {"tool_call_id": ids[0], **{key: value for key, value in sent.items() if key != "role"}}
        )
    return [result(fields, id_names=CALL_IDS)]


def _calls_beside(calls: Any) -> list[Said]:
    return [said for each in _listed(calls) if is_record(each) for said in _call_in(each)]


def _call_in(sent: Mapping[str, Any]) -> list[Said]:
    plain = _plain_call(sent)
    if plain is not None:
        return [plain]
    known = read_block(sent)
    return known if known and known[0].is_call else [call(Fields(sent))]


def _plain_call(sent: Mapping[str, Any]) -> Said | None:
    """A call as OpenAI and LangChain write it, and nothing else, which most are: they are read far quicker."""
    inner = sent.get("function", sent)
    if type(inner) is not dict or sent.keys() - _FIELDS_OF_CALL or sent.get("type") not in _CALLED:
        return None
    key, name = sent.get("id"), inner.get("name")
    if inner.keys() - _OF_FUNCTION or type(key) is not str or type(name) is not str or not key or not name:
        return None
    found = Said((key,), name, is_call=True)
    given = inner.get("args") or inner.get("arguments") or inner.get("args", inner.get("arguments"))
    found.arguments = ABSENT if given is None else given
    return found


_CALLED = (None, "function", "tool_call")
_FIELDS_OF_CALL = frozenset(("id", "type", "function", "name", "args", "arguments"))
_OF_FUNCTION = frozenset(("id", "type", "name", "args", "arguments"))


def _plain_result(message: Mapping[str, Any]) -> Said | None:
    """A result as OpenAI and LangChain write it, and nothing else."""
    key, back = message.get("tool_call_id"), message.get("content")
    is_plain = message.get("role") == "tool" and type(key) is str and type(back) is str and key and back
    name = message.get("name") or ""
    if not is_plain or message.keys() - _OF_RESULT or type(name) is not str:
        return None
    found = Said((key,) if type(key) is str else (), name, is_call=False)
    found.result = back
    return found


_OF_RESULT = frozenset(("role", "tool_call_id", "content", "name"))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
