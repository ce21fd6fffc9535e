"""What may pass between a page and its kernel: a question one way, its answer the other.

No message of a browser reaches a kernel. What the page sent is read as a question, field by field, and a
message of our own is written from it; whatever else it carried is left behind.
The envelope is that of https://jupyter-client.readthedocs.io/en/stable/messaging.html .
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Literal

import msgspec

from voila_dashboards.finding import LONGEST_WORDS
from voila_dashboards.pages import PAGES

#: A question is a page's name and its filters; 16 KiB holds any that our own pages send many times over.
MAX_QUESTION_BYTES: Final = 16 * 1024

_ParamName = Annotated[str, msgspec.Meta(max_length=64)]
_ParamValue = Annotated[str, msgspec.Meta(max_length=4000)]
_Words = Annotated[str, msgspec.Meta(max_length=LONGEST_WORDS)]
_COMM_MSG: Final = "comm_msg"


class _OfPage(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    id: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    page: str
    params: Annotated[dict[_ParamName, _ParamValue], msgspec.Meta(max_length=32)] = {}


class Query(_OfPage, frozen=True, kw_only=True, tag="query"):
    """What a page would like to show next."""


class Find(_OfPage, frozen=True, kw_only=True, tag="find"):
    """Values of one of the page's parameters that have some words: the page as it is has only the most frequent."""

    param: _ParamName
    words: _Words


Question = Query | Find


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


def answer_to_page(message: str | bytes, comm_id: str, asked: int) -> str | None:
    """What the page may see of a kernel's message: the answer to question ``asked`` on its comm, or nothing (None)."""
    if isinstance(message, bytes):
        return None  # only messages with binary buffers come as bytes; answers have none
    parsed: dict[str, Any] = json.loads(message)
    content = parsed.get("content", {})
    data = content.get("data", {})
    if parsed.get("header", {}).get("msg_type") != _COMM_MSG or content.get("comm_id") != comm_id:
        return None
    answer = data.get("content")
    if data.get("method") != "custom" or not isinstance(answer, dict) or answer.get("id") != asked:
        return None
    return answer_message(comm_id, answer)


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
