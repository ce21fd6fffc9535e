"""What the collector knows of a log when it writes the line, in front of it: nobody has to look inside again. Pure.

    {"collector_counted":[3,5,0,0,31,10834],"schema_version":1,...,"region":{"zone":1},"trace":{...}}

The counts are those of `Counted`; its two sizes say where the unknown fields and the trace begin. So a line is split
without a look at its trace, and is JSON all the same, which an ETL of an earlier version can read. A line of an
earlier collector has no counts: whoever reads it parses all of it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from caselog.model import LOG_FIELDS

#: No sender's field has this name: the collector renames it.
NAME: Final = "collector_counted"

_PREFIX: Final = re.compile(
    rb'\{"collector_counted":\[(\d{1,9}),(\d{1,9}),(\d{1,9}),(\d{1,15}),(\d{1,9}),(\d{1,9})\],'
)
_TRACE: Final = b',"trace":'


class Counted(NamedTuple):
    """Parts of the trace, logs that the sender says it lost, bytes of the unknown fields and of the trace.

    Unknown fields are counted with the comma before each; a log without a trace has one of 0 bytes.
    """

    react_iterations: int = 0
    tool_call_count: int = 0
    error_count: int = 0
    lost_logs: int = 0
    extra_bytes: int = 0
    trace_bytes: int = 0


class SplitLine(NamedTuple):
    """A line in its parts: ``head`` and ``extra`` are JSON objects, ``trace`` is the sender's own bytes."""

    counted: Counted
    head: bytes
    extra: bytes
    trace: memoryview | None


def join_line(counted: Counted, head: bytes, extra: bytes, trace: bytes | None) -> bytes:
    """The line of its parts, without its newline; its sizes are filled in here.

    >>> join_line(Counted(error_count=1), b'{"status":"FAILED"}', b"{}", b'{"errors":[1]}')
    b'{"collector_counted":[0,0,1,0,0,14],"status":"FAILED","trace":{"errors":[1]}}'
    """
    unknown = b"," + extra[1:-1] if extra != b"{}" else b""
    sized = counted._replace(extra_bytes=len(unknown), trace_bytes=len(trace or b""))
    numbers = ",".join(map(str, sized)).encode()
    last = b"" if trace is None else _TRACE + trace
    return b'{"%s":[%s],%s%s%s}' % (NAME.encode(), numbers, head[1:-1], unknown, last)


def split_line(text: bytes, start: int, end: int) -> SplitLine | None:
    """The parts of the line at ``text[start:end]``; ``None`` where it does not say where they are.

    What is split is right where the head and the unknown fields are JSON objects: then the trace can be nowhere else.
    """
    told = _PREFIX.match(text, start, end)
    if told is None:
        return None
    counted = Counted(*map(int, told.groups()))
    trace_at = end - 1 - counted.trace_bytes
    fields_end = trace_at - len(_TRACE) if counted.trace_bytes else trace_at
    head_end = fields_end - counted.extra_bytes
    before_trace = _TRACE if counted.trace_bytes else b"}"
    if not (
        told.end() <= head_end
        and text.startswith(b"}", end - 1)
        and text.startswith(before_trace, fields_end)
        and text.startswith(b"," if counted.extra_bytes else before_trace[:1], head_end)
    ):
        return None
    return SplitLine(
        counted,
        b"{%s}" % text[told.end() : head_end],
        b"{%s}" % text[head_end + 1 : fields_end],
        memoryview(text)[trace_at : end - 1] if counted.trace_bytes else None,
    )


_TYPES: Final[dict[str, Any]] = {
    "string": str | None,
    "integer": Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)] | None,
    "number": float | None,
    "timestamp": datetime | None,
    "object": msgspec.Raw,
}
_Head = msgspec.defstruct(
    "_Head",
    [
        *(
            (f.name, _TYPES[f.kind], msgspec.Raw(b"{}") if f.kind == "object" else None)
            for f in LOG_FIELDS
            if f.name != "trace"
        ),
        ("received_at", datetime | None, None),
    ],
    forbid_unknown_fields=True,
)
_as_head = msgspec.json.Decoder(_Head).decode


def read_head(head: bytes) -> dict[str, Any]:
    """The small fields by name, each of its type and ``None`` where it is missing; ``metrics`` stays JSON.

    Raises `msgspec.DecodeError` where a field has another type, or is not one of a log.
    """
    return msgspec.structs.asdict(_as_head(head))
