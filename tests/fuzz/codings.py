"""Content codings as senders write them, whole and damaged."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

import zstandard

#: What any body may be answered that nobody can judge beforehand.
UNREADABLE: Final = frozenset({422})
_SKIPPED: Final = struct.pack("<II", 0x184D2A5A, 5) + b"aside"
_GZIP_FIELDS: Final = {4: b"\x04\x00Xx\x00\x00", 8: b"name\x00", 16: b"words\x00"}


@dataclass(frozen=True)
class Coded:
    """A body under a coding; ``statuses`` where the coding alone decides about the answer."""

    name: bytes | None
    content: bytes
    statuses: frozenset[int] | None = None


def make_coded(rng: Random, body: bytes) -> Coded:
    """The body under some coding; half of the time under none."""
    choice = rng.random()
    if choice < 0.5:
        return Coded(rng.choice([None, None, None, b"identity", b"Identity "]), body)
    if choice < 0.8:
        return rng.choice([_gzip, _zstd])(rng, body)
    return rng.choice(_DAMAGED)(rng, body)


def _halves(rng: Random, body: bytes) -> list[bytes]:
    cut = rng.randint(0, len(body))
    return rng.choice([[body], [body[:cut], body[cut:]], [b"", body, b""], [body[:cut], b"", body[cut:]]])


def _gzip(rng: Random, body: bytes) -> Coded:
    members = [_member(rng, part) for part in _halves(rng, body)]
    return Coded(rng.choice([b"gzip", b"GZIP", b" gzip"]), b"".join(members))


def _member(rng: Random, part: bytes) -> bytes:
    packer = zlib.compressobj(rng.choice([0, 1, 9]), zlib.DEFLATED, -15)
    packed = packer.compress(part) + packer.flush()
    flags = rng.choice([0, 0, 4, 8, 16, 28])
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\x00" * 4 + b"\x00\xff"
    fields = b"".join(text for bit, text in _GZIP_FIELDS.items() if flags & bit)
    return head + fields + packed + struct.pack("<II", zlib.crc32(part), len(part))


def _zstd(rng: Random, body: bytes) -> Coded:
    frames = [_frame(rng, part) for part in _halves(rng, body)]
    if rng.random() < 0.3:
        frames.insert(rng.randint(0, len(frames)), _SKIPPED)
    return Coded(rng.choice([b"zstd", b"ZStd"]), b"".join(frames))


def _frame(rng: Random, part: bytes) -> bytes:
    parameters = zstandard.ZstdCompressionParameters.from_level(
        rng.choice([1, 3, 9]), write_checksum=rng.random() < 0.5, write_content_size=rng.random() < 0.5
    )
    packer = zstandard.ZstdCompressor(compression_params=parameters)
    if rng.random() < 0.5:
        return packer.compress(part)
    stream = packer.compressobj()
    return stream.compress(part) + stream.flush()


# ---------------------------------------------------------------- not what they say


def _cut(rng: Random, body: bytes) -> Coded:
    whole = gzip.compress(body) if rng.random() < 0.5 else zstandard.compress(body)
    name = b"gzip" if whole.startswith(b"\x1f") else b"zstd"
    return Coded(name, whole[: rng.randint(1, len(whole) - 1)], UNREADABLE)


def _more_behind(rng: Random, body: bytes) -> Coded:
    behind = rng.choice([b"\x00", b"x", b"\x1f\x8b", b"\x1f\x8b\x08\x00", b"{}", b"\x28\xb5\x2f\xfd"])
    name, whole = rng.choice([(b"gzip", gzip.compress(body)), (b"zstd", zstandard.compress(body))])
    return Coded(name, whole + behind, UNREADABLE)


def _wrong_sum(_rng: Random, body: bytes) -> Coded:
    whole = gzip.compress(body)
    return Coded(b"gzip", whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:], UNREADABLE)


def _wrong_name(rng: Random, body: bytes) -> Coded:
    name, packed = rng.choice(
        [
            (b"gzip", body + b" "),
            (b"zstd", body + b" "),
            (b"gzip", zstandard.compress(body)),
            (b"zstd", gzip.compress(body)),
            (b"gzip", zlib.compress(body)),
            (None, gzip.compress(body)),
        ]
    )
    return Coded(name, packed, UNREADABLE)


def _unknown_name(rng: Random, body: bytes) -> Coded:
    names = [
        b"deflate",
        b"br",
        b"x-gzip",
        b"gzip, gzip",
        b"gzip,",
        b"zstd, gzip",
        b"*",
        b"gzip;q=1",
        b"\xff",
        b"aws-chunked",
    ]
    return Coded(rng.choice(names), gzip.compress(body), frozenset({415}))


def _large_window(_rng: Random, body: bytes) -> Coded:
    parameters = zstandard.ZstdCompressionParameters(window_log=24, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return Coded(b"zstd", packer.compress(body) + packer.flush(), UNREADABLE)


def _bomb(rng: Random, _body: bytes) -> Coded:
    name, content = rng.choice(_bombs())
    return Coded(name, content, frozenset({413}))


@cache
def _bombs() -> list[tuple[bytes, bytes]]:
    sizes = [size * 1024 * 1024 for size in (17, 64)]
    packed = [(b"gzip", gzip.compress(bytes(size), 1)) for size in sizes]
    return packed + [(b"zstd", zstandard.compress(bytes(size))) for size in sizes]


def _nothing(rng: Random, _body: bytes) -> Coded:
    """Members that hold nothing, fewer and more than may be."""
    return Coded(b"gzip", gzip.compress(b"") * rng.choice([1, 4096, 4097, 20_000]), UNREADABLE)


_DAMAGED: Final[tuple[Callable[[Random, bytes], Coded], ...]] = (
    *(
        _cut,
        _cut,
        _more_behind,
        _more_behind,
        _wrong_sum,
        _wrong_name,
        _wrong_name,
        _unknown_name,
        _unknown_name,
    ),
    *(_large_window, _nothing),
)
BOMBS: Final = (_bomb,)
