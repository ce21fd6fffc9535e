"""Calls of tools, and what they gave back, as one block of a message tells them in its maker's shape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .blocks import read_json
from .endings import DONE_STATUSES, FAILED_FLAGS, STATUS_FIELDS, is_error, is_failed_status, says_failed
from .said_fields import ABSENT, Fields, is_record, text_of

CALL_IDS = ("toolcallid", "tooluseid", "callid")
_IDS = (*CALL_IDS, "id", "itemid")
_NAMES = ("name", "toolname", "function", "functionname")
_GIVEN = (
    "arguments",
    "args",
    "input",
    "parameters",
    "action",
    "queries",
    "code",
    "operation",
    "executablecode",
    "rawinput",
)
_BACK = ("result", "results", "output", "outputs", "response", "observation")
#: Of a result, which has no other fields of these names.
_CONTENT = ("content", *_BACK, "codeexecutionresult", "value", "text", "parts", "items", "message")
_WRAPPED = ("function", "custom", "toolinvocation")
_ERRORS = ("error", "errortext")
#: LangChain hands on how Gemini's code ended as a number.
_OUTCOMES = {1: "ok", 2: "failed", 3: "failed"}
_ERROR_TYPE = re.compile(r"(?:^|[_-])error(?:[_-]|$)")
_MADE_BY_SERVER = re.compile(r"(.+)_call")
_PLAIN_CALL = re.compile(r"(?:invalid_)?(?:tool|function)_call")


class Said:
    """A call, or a result whose call stands elsewhere; what is `ABSENT` is not told.

    ``arguments`` may be JSON text, which is read where it is asked for.
    """

    __slots__ = ("arguments", "error", "failed", "has_answer", "ids", "is_call", "name", "result", "status")

    def __init__(self, ids: tuple[str, ...], name: str, *, is_call: bool) -> None:
        self.is_call = is_call
        self.ids = ids
        self.name = name
        self.arguments: Any = ABSENT
        self.result: Any = ABSENT
        self.error: Any = ABSENT
        self.status: str | None = None
        self.failed = False
        #: Of a call: whether what came back for it is known.
        self.has_answer = False

    def answer(self, result: Said) -> None:
        """Takes over what came back."""
        self.has_answer = True
        self.failed = self.failed or result.failed
        self.status = result.status or self.status
        self.result = self.result if result.result is ABSENT else result.result
        self.error = self.error if result.error is ABSENT else result.error

    def told(self) -> dict[str, Any]:
        """The call in the words of a log, as far as it is told."""
        status = self.status
        if self.failed and not is_failed_status(status):
            status = "error"
        found = {
            "id": self.ids[0] if self.ids else None,
            "name": self.name or None,
            "arguments": read_json(self.arguments),
            "result": self.result,
            "status": status,
            "error": self.error,
        }
        return {name: value for name, value in found.items() if value is not None and value is not ABSENT}


def call(outer: Fields, kind: str = "") -> Said:
    """``kind`` is the type of the block: it tells the name of a tool that a server has, such as `web_search_call`."""
    fields = outer.inside(_WRAPPED)
    ids = tuple(filter(None, (text_of(fields.take((name,))) for name in _IDS)))
    found = Said(ids, fields.take_text(_NAMES) or _tool_of(kind), is_call=True)
    given = fields.take(_GIVEN)
    found.arguments = fields.take_blank(_GIVEN) if given is ABSENT else given
    _take_state(found, fields)
    _take_back(found, fields, _BACK)
    found.has_answer = found.error is not ABSENT or found.result is not ABSENT
    if not found.has_answer:
        found.result = fields.take_blank(_BACK)
    return found


def result(fields: Fields, name: str = "", id_names: tuple[str, ...] = _IDS) -> Said:
    """The result of a call that stands elsewhere."""
    key = next((text_of(fields.see(each)) for each in id_names if fields.has(each)), "")
    found = Said((key,) if key else (), fields.take_text(_NAMES) or name, is_call=False)
    _take_state(found, fields)
    response = fields.see("response")
    if is_record(response) and is_error(response.get("error")):
        found.failed = True
    _take_back(found, fields, _CONTENT)
    if found.result is ABSENT:
        found.result = fields.take_blank(_CONTENT)
    return found


def _tool_of(kind: str) -> str:
    if kind == "executable_code":
        return "code_execution"
    made = None if _PLAIN_CALL.fullmatch(kind) else _MADE_BY_SERVER.fullmatch(kind)
    return made[1] if made else ""


def _take_state(found: Said, fields: Fields) -> None:
    found.failed = _says_failed(fields)
    for name in STATUS_FIELDS:
        said = fields.see(name)
        if type(said) is int and name == "outcome" and fields.has("codeexecutionresult"):
            said = _OUTCOMES.get(said)
        if not isinstance(said, str):
            continue
        plain = said.lower()
        if plain in DONE_STATUSES:
            found.status = found.status or "ok"
        elif is_failed_status(said):
            found.failed = True
            found.status = "error" if plain in _OTHER_WORDS else said
        elif name == "status":
            found.status = found.status or said


#: Words of makers for what a log calls an error.
_OTHER_WORDS = frozenset(
    ["failed", "incomplete", "output-error", "outcome_failed", "outcome_deadline_exceeded"]
)


def _says_failed(fields: Fields) -> bool:
    return says_failed(fields.see) or any(
        fields.see(name.replace("_", "").lower()) is True for name in FAILED_FLAGS
    )


def _take_back(found: Said, fields: Fields, names: tuple[str, ...]) -> None:
    """What came back, and the error that is said beside it."""
    error = ABSENT if isinstance(fields.see("error"), bool) else fields.take(_ERRORS)
    error = error if error is ABSENT or is_error(error) else ABSENT
    found.result = fields.take(names)
    found.error = error
    if error is not ABSENT or has_error_in(found.result):
        found.failed = True


def has_error_in(back: Any) -> bool:
    """Whether a result says within itself that its call failed: those of MCP, and those of Anthropic's server."""
    if not isinstance(back, Mapping):
        return False
    kind = back.get("type")
    is_error_type = isinstance(kind, str) and _ERROR_TYPE.search(kind) is not None
    return is_error_type or any(back.get(name) is True for name in FAILED_FLAGS)
