"""What schemathesis has to know to send what the description describes: lines of logs, and packed bodies."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any, Final

import schemathesis
import zstandard
from schemathesis import Case, SerializationContext

_PACK: Final[dict[str, Callable[[bytes], bytes]]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@schemathesis.serializer("application/json")
def as_json(context: SerializationContext, value: Any) -> bytes:
    return _packed(context.case, _text(value))


@schemathesis.serializer("application/x-ndjson")
def as_lines(context: SerializationContext, value: Any) -> bytes:
    if isinstance(value, str):  # the example of the description is lines already
        return _packed(context.case, value.encode())
    lines = value if isinstance(value, list) else [value]
    return _packed(context.case, b"".join(_text(line) + b"\n" for line in lines))


def _text(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def _packed(case: Case, body: bytes) -> bytes:
    """The body in the coding that the case's header says, where it is one of the two."""
    pack = _PACK.get(str(case.headers["Content-Encoding"])) if "Content-Encoding" in case.headers else None
    return pack(body) if pack else body
