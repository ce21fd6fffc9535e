"""From a body as it was sent to its logs: unpacked, divided, read. Pure.

Small bodies are read at once, large ones in another process: see `collector.reading_process`.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from collector import body
from collector.intake import ReceivedLines, Sender, read_lines, read_log
from collector.strict_json import without_bom


class Reading(msgspec.Struct, frozen=True):
    """How a body is to be read: all that has to be known of its request, its sender and the limits."""

    encoding: str
    many: bool
    client_id: str
    keeps_traces: bool
    received_at: datetime
    max_body_bytes: int
    max_log_bytes: int
    max_lines: int


def read_body(sent: bytes, how: Reading) -> ReceivedLines:
    """The logs of a body; raises `TooLarge`, `UnreadableBody`, `InvalidLog`, `ForeignClient`."""
    return read_text(body.unpack(sent, how.encoding, limit=how.max_body_bytes), how)


def read_text(text: bytes, how: Reading) -> ReceivedLines:
    """The logs of a body without its content coding; raises as `read_body`."""
    sender = Sender(how.client_id, keeps_traces=how.keeps_traces)
    if not how.many:
        text = without_bom(text)
        body.check_log_size(text, how.max_log_bytes)
        return ReceivedLines([read_log(text, sender, how.received_at)])
    lines = body.split_lines(text, max_lines=how.max_lines)
    return read_lines(lines, sender, how.received_at, how.max_log_bytes)
