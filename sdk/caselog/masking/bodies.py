"""Takes out of a log what people and models said to each other, for those who ask for it.

Of a trace no text stays: agents, tools and models pass on what was said to them, and nobody can tell which of their
texts repeat it. What stays are names of things, ids, kinds, times, numbers, flags, the structure, and of a stack trace
the files and lines (`remove_from_trace`). Elsewhere in a log conversations are covered, known by the name of their
field or by the look of a message (OpenAI's, Anthropic's, Google's, LangChain's).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from caselog.model import TRACE_PARTS

from .name_words import join_name, split_name

_CONVERSATIONS = frozenset(
    ("conversation", "conversations", "transcript", "transcripts", "dialog", "dialogue", "messages")
)
#: A field whose name ends in one of these holds what somebody asked or answered.
_SAID = frozenset(
    ("question", "questions", "prompt", "prompts", "answer", "answers", "reply", "replies", "response", "responses",
     "completion", "completions", "utterance", "utterances")
)  # fmt: skip
_OWNERS_OF_HISTORY = frozenset(("chat", "conversation", "message", "messages", "dialog", "dialogue"))
_NO_CONVERSATIONS = frozenset(("error", "errors", "warning", "validation", "log", "status", "commit"))
_FINAL_RESPONSES = frozenset(("finalresponse",))
#: In an object of these, ``input`` is what a model was given.
_ITERATIONS = frozenset(("reactiterations",))
#: In `choices` OpenAI, in `generations` LangChain gives what a model answered.
_ANSWERS = frozenset(("choices", "generations"))

_BODIES = frozenset(
    ("content", "text", "parts", "body", "message", "delta", "reasoningcontent", "refusal", "thinking", "reasoning",
     "summary")
)  # fmt: skip
#: In these a message lies once more, or the rest of it.
_WRAPPINGS = frozenset(("data", "kwargs", "additionalkwargs"))
_CALLS = frozenset(
    (
        "toolcalls",
        "toolcallchunks",
        "invalidtoolcalls",
        "functioncall",
        "functioncalls",
        "toolcall",
        "arguments",
        "args",
    )
)
#: What these hold stays where it is one word without a blank.
_LABELS = frozenset(
    ("type", "id", "toolcallid", "tooluseid", "callid", "status", "index", "finishreason", "model", "modelname",
     "modelprovider", "kind", "path", "environment", "version", "iteration", "ids", "runid", "parentid", "traceid")
)  # fmt: skip
_LABEL = re.compile(r"[A-Za-z0-9_.:/-]{1,80}")
#: What these hold stays where it is the name of a thing: a few words, and no sentence.
_NAMES = frozenset(("name", "role", "node", "parent", "agent", "tool", "toolname", "agentname", "nodename"))
_NAME = re.compile(r"[\w&'#()/_-]+(?:(?: |\. ?)[\w&'#()/_-]+){0,4}")
_LONGEST_NAME, _LONGEST_NAME_OF_OTHER_SCRIPTS, _LONGEST_NAME_OF_FIELD = 60, 20, 80
_WORDS_OF_A_SENTENCE = 5
_TIMES = frozenset(("at", "time", "timestamp", "ts", "date", "created", "updated"))
_TIME = re.compile(r"\d[\d:.,TZ+ /-]{3,40}")

_ROLES = frozenset(("human", "ai", "system", "tool", "user", "assistant", "function", "developer", "chat"))
#: Alone before a text these are its speaker; the others may be anything.
_SPEAKING_ROLES = frozenset(("human", "ai", "system", "user", "assistant"))
_LONGEST_ROLE = 40
_CLASS_OF_MESSAGE = re.compile(r"(?<=[a-z])message(?:chunk)?\Z")
_BLOCKS = frozenset(
    (
        "text",
        "outputtext",
        "inputtext",
        "summarytext",
        "thinking",
        "reasoning",
        "refusal",
        "message",
        "reasoningtext",
    )
)
_CALL_BLOCKS = frozenset(("tooluse", "servertooluse", "toolcall", "functioncall"))
_SPEAKERS = frozenset(("author", "from", "sender", "speaker"))
_MARKER = re.compile(r"\[body: \d+ characters\]|\[(?:\d+ )?as before\]")
_OTHER_MARKER = re.compile(
    r"\[(?:secret|card|iban|name)\]|(?:email|phone):[0-9a-f]{16}|\[not maskable: [\w ]{1,40}\]"
)
_STACKS = frozenset(("stacktrace", "stack", "traceback"))
#: Of a stack trace: files, lines and functions. The code on the lines may quote what was said, as messages do.
_FRAME = re.compile(
    r'[ |]*File "(?:[^"\n]+\.\w{1,5}|<[^"\n ]{1,60}>)", line \d+(?:, in [\w.<>]{1,200})?'
    r"|[ +|]*(?:Exception Group )?Traceback \(most recent call last\):"
)
_CALL = re.compile(r"([A-Za-z_][\w.-]{0,63})\((.+)\)", re.DOTALL)


def remove_body(value: Any, name: str, parent: str = "") -> Any:
    """The value without what was said in it, if the name of its field says that it is a conversation."""
    kind = _kind_of_field(name, parent)
    if kind == "response":
        return _mark(value if isinstance(value, str) else str(value)) if value not in (None, "") else value
    if kind == "conversation":
        return _remove_all(value, join_name(name), speaks=isinstance(value, str))
    return _remove_from_answers(value) if kind == "answers" else value


def is_conversation(name: str, parent: str = "") -> bool:
    """Whether the name of a field says that it is a conversation: its items are done when it is."""
    return _kind_of_field(name, parent) == "conversation"


def remove_bodies(fields: dict[str, Any]) -> dict[str, Any]:
    """An object without its body, if it looks like a message or a part of one."""
    return _remove_from_message(fields) if _looks_like_message(fields) else fields


def remove_from_pair(items: list[Any]) -> list[Any]:
    """``["user", "Hello"]`` without what was said."""
    return _remove_all(items, "", speaks=True) if _is_said_by_role(items) else items


def remove_from_trace(log: dict[str, Any]) -> dict[str, Any]:
    """A masked log whose trace, or parts of one beside it, have no texts but names of things and the like."""
    return {
        name: _remove_texts(value, join_name(name)) if name == "trace" or name in TRACE_PARTS else value
        for name, value in log.items()
    }


def _remove_texts(value: Any, field: str) -> Any:
    if isinstance(value, str):
        return _remove_text(value, field)
    if isinstance(value, list):
        return [_remove_texts(item, field) for item in value]
    if not isinstance(value, dict):
        return value
    done: dict[str, Any] = {}
    for name, item in value.items():
        key = name if _names_field(name) else _mark(name)
        done[key if key not in done else f"{key} ({len(done)})"] = _remove_texts(item, _field_of(name))
    return done


def _names_field(name: str) -> bool:
    """Whether the name of a field is one, and no sentence."""
    longest = _LONGEST_NAME_OF_FIELD if name.isascii() else _LONGEST_NAME_OF_OTHER_SCRIPTS
    return len(name) <= longest and name.count(" ") < _WORDS_OF_A_SENTENCE


def _remove_text(text: str, field: str) -> str:
    if _is_kept(text, field) or _OTHER_MARKER.fullmatch(text):
        return text
    if field in _STACKS:
        return _remove_from_stack(text)
    call = _CALL.fullmatch(text) if field == "action" else None
    return f"{call[1]}({_mark(call[2])})" if call else _mark(text)


def _remove_from_stack(text: str) -> str:
    lines = text.splitlines()
    frames = [line for line in lines if _FRAME.fullmatch(line)]
    rest = "\n".join(line for line in lines if not _FRAME.fullmatch(line))
    return "\n".join([*frames, _mark(rest)] if rest else frames)


def _kind_of_field(name: str, parent: str) -> str | None:
    """``conversation``, ``response``, ``answers`` or none; ``parent`` is the field that the object stands in."""
    if name == "input" and join_name(parent) in _ITERATIONS:
        return "conversation"
    return _kind_of_name(name)


@lru_cache(maxsize=4096)
def _kind_of_name(name: str) -> str | None:
    words, joined = split_name(name), join_name(name)
    if joined in _FINAL_RESPONSES:
        return "response"
    if joined in _ANSWERS:
        return "answers"
    if joined == "history" or (words[-1:] == ("history",) and words[-2] in _OWNERS_OF_HISTORY):
        return "conversation"
    if words[-1:] and words[-1] in _SAID:
        return "conversation"
    if (
        words[-1:]
        and words[-1] in _CONVERSATIONS
        and words[-2:-1] not in {(word,) for word in _NO_CONVERSATIONS}
    ):
        return "conversation"
    return None


def _looks_like_message(fields: dict[str, Any]) -> bool:
    joined = {join_name(name): value for name, value in fields.items()}
    if "role" in joined or not _SPEAKERS.isdisjoint(joined) or "lc" in joined:
        return True
    kind = joined.get("type")
    return _names_role(kind) or _is_one_of(kind, _BLOCKS)


def _is_one_of(kind: Any, kinds: frozenset[str]) -> bool:
    return isinstance(kind, str) and len(kind) <= _LONGEST_ROLE and join_name(kind) in kinds


def _names_role(kind: Any, roles: frozenset[str] = _ROLES) -> bool:
    """``human`` or ``HumanMessage`` or ``AIMessageChunk``."""
    if not isinstance(kind, str) or len(kind) > _LONGEST_ROLE:
        return False
    joined = join_name(kind)
    return joined in roles or _CLASS_OF_MESSAGE.sub("", joined) in roles


def _remove_from_message(fields: dict[str, Any]) -> dict[str, Any]:
    done: dict[str, Any] = {}
    for name, value in fields.items():
        field = join_name(name)
        if field in _BODIES:
            done[name] = _remove_all(value, field, speaks=True)
        elif field in _WRAPPINGS and isinstance(value, dict):
            done[name] = _remove_from_message(value)
        else:
            done[name] = value
    return done


def _remove_from_answers(value: Any) -> Any:
    """``[{"message": {"content": ...}}]`` or ``[[{"text": ...}]]`` without what was said; options as they are."""
    if isinstance(value, (list, tuple)):
        return [_remove_from_answers(item) for item in value]
    if isinstance(value, dict) and not _BODIES.isdisjoint(map(join_name, value)):
        return _remove_all(value, "", speaks=False)
    return value


def _remove_all(value: Any, field: str, *, speaks: bool) -> Any:
    """A part of a conversation without its texts; where it ``speaks`` also without its numbers.

    Roles, names, ids and times stay, and tool calls, which are no speech.
    """
    if isinstance(value, str):
        return value if _is_kept(value, field) else _mark(value)
    if isinstance(value, dict):
        return _remove_from_fields(value, speaks)
    if isinstance(value, (list, tuple)):
        inner = [_remove_all(item, field, speaks=speaks) for item in value]
        return [value[0], *inner[1:]] if _is_said_by_role(value) else inner
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return _mark(str(value)) if speaks and is_number and field not in _LABELS else value


def _remove_from_fields(fields: dict[str, Any], speaks: bool) -> dict[str, Any]:  # noqa: FBT001
    calls = _CALLS | {"input"} if _is_one_of(fields.get("type"), _CALL_BLOCKS) else _CALLS
    done: dict[str, Any] = {}
    for name, value in fields.items():
        field = _field_of(name)
        done[name] = value if field in calls else _remove_all(value, field, speaks=speaks or field in _BODIES)
    return done


def _field_of(name: str) -> str:
    """The name's words as one; ``time`` for any time."""
    return "time" if split_name(name)[-1:] and split_name(name)[-1] in _TIMES else join_name(name)


def _is_kept(value: str, field: str) -> bool:
    if field == "time":
        return bool(_TIME.fullmatch(value))
    return value == "" or bool(_MARKER.fullmatch(value)) or _names_thing(value, field)


def _names_thing(value: str, field: str) -> bool:
    """Whether the text is a name, an id or a kind, as its field says, and no sentence."""
    if field in _LABELS or field in _NAMES or (field.endswith("id") and len(field) > len("id")):
        longest = _LONGEST_NAME if value.isascii() else _LONGEST_NAME_OF_OTHER_SCRIPTS
        is_name = field in _NAMES and len(value) <= longest and _NAME.fullmatch(value)
        return bool(is_name or _LABEL.fullmatch(value))
    return False


def _is_said_by_role(items: Any) -> bool:
    return len(items) == 2 and _names_role(items[0], _SPEAKING_ROLES) and not _names_role(items[1])


def _mark(text: str) -> str:
    return text if _MARKER.fullmatch(text) else f"[body: {len(text)} characters]"
