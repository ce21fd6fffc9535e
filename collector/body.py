"""A request's body: received within time, size and memory, and unpacked; nothing is unpacked beyond the limit."""

from __future__ import annotations

import asyncio
import codecs
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import zstandard
from starlette.types import Message, Receive

from collector.errors import (
    TooLarge,
    UnreadableBody,
    UnsupportedEncoding,
    UnsupportedMediaType,
    UploadAborted,
    UploadTooSlow,
)

#: Unpacked in steps of this size, so that a bomb is noticed one step beyond the limit.
_STEP: Final = 256 * 1024
_PIECE: Final = 64 * 1024
#: A body of logs that were packed one by one has as many members as logs.
_MOST_MEMBERS: Final = 4096
#: RFC 9659 holds the window of zstd as a content coding to 8 MiB.
_MAX_ZSTD_WINDOW: Final = 8 * 1024 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS
#: The zstd reader is silent about a frame that breaks off, and half a body must not pass for a whole one: a frame of
#: our own is put behind the sender's, and comes out at the end only where theirs was complete.
_END: Final = b"\x00end of body\x00"
_END_FRAME: Final = zstandard.ZstdCompressor().compress(_END)

Grow = Callable[[int], None]
#: A body as it was sent; a large one is not copied once more.
Sent = bytes | bytearray


@dataclass(frozen=True)
class BodyKind:
    """What the headers say the body is."""

    many: bool
    encoding: str


def read_kind(content_types: list[str], encodings: list[str]) -> BodyKind:
    """What the body is declared to be; raises `UnsupportedMediaType`, `UnsupportedEncoding`.

    >>> read_kind(["application/x-ndjson; charset=UTF-8"], ["GZIP"])
    BodyKind(many=True, encoding='gzip')
    """
    if len(content_types) != 1:
        raise UnsupportedMediaType
    media, _, parameters = content_types[0].lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "")
    if media.strip() not in ("application/json", "application/x-ndjson") or charset not in (
        "",
        "charset=utf-8",
    ):
        raise UnsupportedMediaType
    encoding = ",".join(encodings).strip().lower() or "identity"
    if encoding not in _UNPACK:
        raise UnsupportedEncoding
    return BodyKind(media.strip() == "application/x-ndjson", encoding)


def check_announced_size(lengths: list[str], limit: int) -> None:
    """Refuse a body by its Content-Length, before a byte of it is received; raises `TooLarge`."""
    if not is_announced_within(lengths, limit):
        raise TooLarge("The body", limit, "bytes")


def is_announced_within(lengths: list[str], limit: int) -> bool:
    """Whether no Content-Length says that the body is larger than ``limit``."""
    return not any(length.isascii() and length.isdigit() and int(length[:20]) > limit for length in lengths)


async def receive(messages: Receive, grow: Grow, *, limit: int, timeout_s: float) -> Sent:
    """The whole body as sent; ``grow`` is told of each chunk.

    The time begins with the first chunk: for that one, `serving.heads` waits no longer than for the head.
    Raises `TooLarge`, `UploadTooSlow`, and `UploadAborted` where the sender hung up.
    """
    first, more = _chunk(await messages(), 0, grow, limit)
    if not more:
        return first
    whole = bytearray(first)  # not a list: of chunks of a byte each that would be many times as large
    try:
        async with asyncio.timeout(timeout_s):
            while more:
                chunk, more = _chunk(await messages(), len(whole), grow, limit)
                whole += chunk
    except TimeoutError:
        raise UploadTooSlow(timeout_s) from None
    return whole


async def drop(messages: Receive, *, limit: int, timeout_s: float) -> bool:
    """Read a body and keep nothing of it; whether that was all, or it is larger or slower than that.

    Raises `UploadAborted`.
    """
    size, more = 0, True
    try:
        async with asyncio.timeout(timeout_s):
            while more and size <= limit:
                message = await messages()
                if message["type"] == "http.disconnect":
                    raise UploadAborted
                size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    except TimeoutError:
        return False
    return not more


def _chunk(message: Message, size: int, grow: Grow, limit: int) -> tuple[bytes, bool]:
    """The next bytes after ``size`` others, and whether more will come."""
    if message["type"] == "http.disconnect":
        raise UploadAborted
    chunk: bytes = message.get("body", b"")
    if size + len(chunk) > limit:
        raise TooLarge("The body", limit, "bytes")
    grow(len(chunk))
    return chunk, message.get("more_body", False)


def unpack(body: bytes, encoding: str, *, limit: int) -> bytes:
    """The body without its content coding; raises `TooLarge`, `UnreadableBody`."""
    return _UNPACK[encoding](body, limit)


def _identity(body: bytes, _limit: int) -> bytes:
    return body


def _gunzip(body: bytes, limit: int) -> bytes:
    """RFC 1952 allows several members, one after the other.

    What follows a member, or does not fit into a step, is copied by zlib: so the body is handed to it in small pieces.
    """
    steps: list[bytes] = []
    size, member, members = 0, zlib.decompressobj(_GZIP), 1
    rest, at = body[:_PIECE], _PIECE
    try:
        while not (member.eof and not rest and at >= len(body)):
            if member.eof:
                member, members = zlib.decompressobj(_GZIP), members + 1
            if members > _MOST_MEMBERS:
                raise UnreadableBody(f"The body is gzip of more than {_MOST_MEMBERS} members.")
            step = member.decompress(rest, _STEP)
            size = _count(size, step, limit)
            steps.append(step)
            rest = member.unused_data if member.eof else member.unconsumed_tail
            if not rest:
                rest, at = body[at : at + _PIECE], at + _PIECE
            if not (step or rest or member.eof):
                raise UnreadableBody("The body is gzip that breaks off.")
    except zlib.error:
        raise UnreadableBody("The body is not gzip, although Content-Encoding says so.") from None
    return b"".join(steps)


def _unzstd(body: bytes, limit: int) -> bytes:
    steps: list[bytes] = []
    size = -len(_END)
    unpacker = zstandard.ZstdDecompressor(max_window_size=_MAX_ZSTD_WINDOW)
    try:
        with unpacker.stream_reader(body + _END_FRAME, read_size=_STEP, read_across_frames=True) as stream:
            while step := stream.read(_STEP):
                size = _count(size, step, limit)
                steps.append(step)
    except zstandard.ZstdError:
        raise UnreadableBody(
            "The body is not zstd with a window of at most 8 MiB, although Content-Encoding says so."
        ) from None
    text = b"".join(steps)
    if not text.endswith(_END):
        raise UnreadableBody("The body is zstd that breaks off.")
    return text[: -len(_END)]


def _count(size: int, step: bytes, limit: int) -> int:
    if size + len(step) > limit:
        raise TooLarge("The decompressed body", limit, "bytes")
    return size + len(step)


_UNPACK: Final[Mapping[str, Callable[[bytes, int], bytes]]] = {
    "identity": _identity,
    "gzip": _gunzip,
    "zstd": _unzstd,
}


def split_lines(body: bytes, *, max_lines: int) -> list[tuple[int, bytes]]:
    r"""The lines of NDJSON that are not blank, each with its number from 1; raises `TooLarge`, `UnreadableBody`.

    Files that were put one after the other have a byte order mark before some lines.

    >>> split_lines(b'{}\n\n{}\r\n', max_lines=10)
    [(1, b'{}'), (3, b'{}')]
    """
    if body.count(b"\n") > 2 * max_lines + 1000:
        raise TooLarge("The number of lines", max_lines, "logs")
    texts = enumerate((text.strip().removeprefix(codecs.BOM_UTF8) for text in body.split(b"\n")), 1)
    lines = [(number, line) for number, text in texts if (line := text.strip())]
    if not lines:
        raise UnreadableBody("The body holds no log.")
    if len(lines) > max_lines:
        raise TooLarge("The number of lines", max_lines, "logs")
    return lines


def check_log_size(text: bytes, limit: int) -> None:
    """Raises `TooLarge` where one log is over the limit."""
    if len(text) > limit:
        raise TooLarge("The log", limit, "bytes")
