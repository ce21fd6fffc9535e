"""What may pass between a page and its kernel: a question one way, its answer the other.

No message of a browser reaches a kernel. What the page sent is read as a question, field by field, and a
message of our own is written from it; whatever else it carried is left behind.
The envelope is that of https://jupyter-client.readthedocs.io/en/stable/messaging.html .
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Literal

import msgspec

from voila_dashboards.pages import PAGES

#: A question is a page's name and its filters; 16 KiB holds any that our own pages send many times over.
MAX_QUESTION_BYTES: Final = 16 * 1024

_ParamName = Annotated[str, msgspec.Meta(max_length=64)]
_ParamValue = Annotated[str, msgspec.Meta(max_length=4000)]
_COMM_MSG: Final = "comm_msg"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A page's question: what it would like to show next."""

    kind: Literal["query"]
    id: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    page: str
    params: Annotated[dict[_ParamName, _ParamValue], msgspec.Meta(max_length=32)] = {}


class _Header(msgspec.Struct):
    msg_type: Literal["comm_msg"]


class _Data(msgspec.Struct):
    method: Literal["custom"]
    content: Question


class _Content(msgspec.Struct):
    comm_id: str
    data: _Data


class _Envelope(msgspec.Struct):
    channel: Literal["shell"]
    header: _Header
    content: _Content


_decoder = msgspec.json.Decoder(_Envelope)


def read_question(text: str, comm_id: str) -> Question | None:
    """The question in a browser's message; None where it is anything but a question to this very comm."""
    if len(text.encode(errors="replace")) > MAX_QUESTION_BYTES:
        return None
    try:
        envelope = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    question = envelope.content.data.content
    if envelope.content.comm_id != comm_id or question.page not in PAGES:
        return None
    return question


def question_to_kernel(question: Question, comm_id: str, message_id: str) -> str:
    """The Jupyter message that puts ``question`` to the kernel's comm."""
    return json.dumps(
        {
            "channel": "shell",
            "header": {
                "msg_id": message_id,
                "msg_type": _COMM_MSG,
                "username": "page",
                "session": message_id,
                "version": "5.3",
            },
            "parent_header": {},
            "metadata": {},
            "content": {
                "comm_id": comm_id,
                "data": {"method": "custom", "content": msgspec.to_builtins(question)},
            },
        }
    )


def answer_to_page(message: str | bytes, comm_id: str) -> str | None:
    """What the page may see of a kernel's message: an answer on its own comm, or nothing (None)."""
    if isinstance(message, bytes):
        return None  # only messages with binary buffers come as bytes; answers have none
    parsed: dict[str, Any] = json.loads(message)
    content = parsed.get("content", {})
    data = content.get("data", {})
    if parsed.get("header", {}).get("msg_type") != _COMM_MSG or content.get("comm_id") != comm_id:
        return None
    if data.get("method") != "custom":
        return None
    return answer_message(comm_id, data.get("content"))


def answer_message(comm_id: str, answer: object) -> str:
    """The Jupyter message in which an answer reaches the page."""
    return json.dumps(
        {
            "channel": "iopub",
            "header": {"msg_type": _COMM_MSG},
            "content": {"comm_id": comm_id, "data": {"method": "custom", "content": answer}},
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
