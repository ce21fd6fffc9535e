"""Blocks of messages that are calls or results, in whichever shape their maker writes them.

The page of a ticket reads the same shapes: `web/trace/reading.ts` and `conversation.ts` of the pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Callable, Optional

from .said_fields import ABSENT, Fields, is_record
from .said_parts import Said, call, result

Reader = Callable[[Fields, str, int], Optional[list[Said]]]
#: Blocks within blocks are read to this depth: no maker nests as many.
_MOST_DEPTH = 24
_SAID = ("text", "content", "value", "refusal")
#: Vercel's: the type is the tool's name.
_NAMED_TOOL = re.compile(r"tool-(?!(?:call|result)$)(.+)")
_TYPES_IN = ("type", "partkind", "contenttype", "$type")


def blocks_of(content: Any, depth: int = 0) -> list[Said]:
    """The calls and results in a message's content."""
    if depth == _MOST_DEPTH or type(content) is str:
        return []
    if isinstance(content, (list, tuple)):
        return [said for block in content if is_record(block) for said in read_block(block, depth + 1) or ()]
    return read_block(content, depth + 1) or [] if is_record(content) else []


def read_block(sent: Mapping[str, Any], depth: int = 0) -> list[Said] | None:
    """The calls and results of one block, none of words; None where nobody knows what it is."""
    fields = Fields(sent)
    kind = _snake(fields.take_text(_TYPES_IN))
    found = _by_type(fields, sent, kind, depth)
    return _by_field(Fields(sent), kind, depth) if found is None else found


def _by_type(fields: Fields, sent: Mapping[str, Any], kind: str, depth: int) -> list[Said] | None:
    said = sent.get("type")
    named = _NAMED_TOOL.fullmatch(said) if isinstance(said, str) else None
    if named and (fields.has("toolcallid") or fields.has("state")):
        return [call(fields, f"{named[1]}_call")]
    read = _reader_of(kind) if kind else None
    return read(fields, kind, depth) if read else None


def _by_field(fields: Fields, kind: str, depth: int) -> list[Said] | None:
    for name, read in _INSIDE:
        if is_record(fields.see(name)):
            return read(fields.inside((name,)), kind, depth)
    if is_record(fields.see("inlinedata")) or (not kind and is_record(fields.see("image"))):
        return []
    return None if kind or type(fields.see("text")) is not str else []


@lru_cache(maxsize=1024)
def _snake(kind: str) -> str:
    """A type in small letters with low lines."""
    return re.sub(r"[^A-Za-z0-9]+", "_", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", kind)).lower()


def _words(fields: Fields, _kind: str, depth: int) -> list[Said] | None:
    value = fields.take(_SAID)
    return None if value is ABSENT else blocks_of(value, depth)


def _nothing(_fields: Fields, _kind: str, _depth: int) -> list[Said]:
    return []


def _call(fields: Fields, kind: str, _depth: int) -> list[Said]:
    return [call(fields, kind)]


def _code_call(fields: Fields, _kind: str, _depth: int) -> list[Said]:
    return [call(fields, "code_execution_call")]


def _result(fields: Fields, _kind: str, _depth: int) -> list[Said]:
    return [result(fields)]


def _code_result(fields: Fields, _kind: str, _depth: int) -> list[Said]:
    return [result(fields, "code_execution")]


def _typed_code_result(fields: Fields, kind: str, depth: int) -> list[Said] | None:
    return _code_result(fields, kind, depth) if fields.has("codeexecutionresult") else None


def _typed_code_call(fields: Fields, kind: str, depth: int) -> list[Said] | None:
    return _call(fields, kind, depth) if fields.has("executablecode") else None


def _wrapped_call(fields: Fields, kind: str, _depth: int) -> list[Said] | None:
    return [call(fields)] if is_record(fields.see(kind)) else None


#: Of a type in small letters with low lines; the first that fits counts.
_TYPES: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (
        re.compile(
            r"^((in|out)put_|summary_|reasoning_|error_)?text(_content)?$|^(user|system)_prompt$|^message$|^refusal$"
        ),
        _words,
    ),
    (re.compile(r"^(redacted_)?thinking$|^(redacted_)?reasoning(_content)?$|^thought$"), _nothing),
    (
        re.compile(r"^(input_)?image(_url|_content)?$|_screenshot$|^file$|^(error_)?json$|^step_start$"),
        _nothing,
    ),
    (re.compile(r"^content$"), _words),
    (re.compile(r"^code_execution_result$"), _typed_code_result),
    (re.compile(r"^executable_code$"), _typed_code_call),
    (re.compile(r"^(function|custom)$"), _wrapped_call),
    (
        re.compile(
            r"(_call_output|tool_(result|return|output)|(function|tool)_(result|response)(_content)?|call_response"
            r"|retry_prompt)$"
        ),
        _result,
    ),
    (
        re.compile(
            r"(^|_)((invalid_|mcp_|server_)?tool_(use|call|invocation|execution)|function_call(_content)?|call"
            r"|dynamic_tool)$"
        ),
        _call,
    ),
)
#: By the field that an object without a type has: Gemini's parts, and Bedrock's.
_INSIDE: tuple[tuple[str, Reader], ...] = (
    ("tooluse", _call),
    ("functioncall", _call),
    ("toolresult", _result),
    ("functionresponse", _result),
    ("executablecode", _code_call),
    ("codeexecutionresult", _code_result),
    ("reasoningcontent", _nothing),
    ("citationscontent", _words),
)


@lru_cache(maxsize=1024)
def _reader_of(kind: str) -> Reader | None:
    return next((read for known, read in _TYPES if known.search(kind)), None)
