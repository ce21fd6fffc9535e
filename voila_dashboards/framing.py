"""Messages between the gateway and a kernel: 4 bytes of length, then JSON; file descriptors travel with the length."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, Final

HEAD: Final = struct.Struct(">I")
#: A snapshot names a few dozen files; a question is smaller still.
MAX_MESSAGE_BYTES: Final = 256 * 1024
#: Linux passes at most 253 descriptors with one message, https://man7.org/linux/man-pages/man7/unix.7.html .
MOST_DESCRIPTORS: Final = 200


class BadFrame(Exception):
    """What came is not a message of ours."""


def encode(message: Mapping[str, Any]) -> bytes:
    """The message's JSON, without its head."""
    return json.dumps(message, separators=(",", ":")).encode()


def read_length(head: bytes) -> int:
    """How many bytes of JSON follow; raises `BadFrame`."""
    if len(head) != HEAD.size:
        raise BadFrame
    (length,) = HEAD.unpack(head)
    if not 0 < length <= MAX_MESSAGE_BYTES:
        raise BadFrame
    return int(length)


def decode(body: bytes) -> dict[str, Any]:
    """The message in ``body``; raises `BadFrame`.

    >>> decode(encode({"say": "waiting"}))
    {'say': 'waiting'}
    """
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadFrame from error
    if not isinstance(message, dict):
        raise BadFrame
    return message
