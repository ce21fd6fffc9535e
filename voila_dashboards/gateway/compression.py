"""Gzip for a page that arrives in pieces: each piece can be read as soon as it is there."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterable
from typing import Final

_GZIP_WINDOW: Final = 31  # 15 bits, and 16 for the gzip header
_LEVEL: Final = 5


async def gzip_pieces(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes compressed, flushed after each piece."""
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    async for piece in pieces:
        yield compressor.compress(piece) + compressor.flush(zlib.Z_SYNC_FLUSH)
    yield compressor.flush()


def accepts(coding: str, accept_encoding: Iterable[str]) -> bool:
    """Whether ``coding`` is one of those that a browser named, and that it did not refuse.

    >>> accepts("gzip", ["gzip, deflate, br"]), accepts("gzip", ["br, gzip;q=0"]), accepts("br", [])
    (True, False, False)
    """
    named = [each.strip().lower() for value in accept_encoding for each in value.split(",")]
    return any(
        each == coding or (each.startswith(f"{coding};") and not each.endswith("q=0")) for each in named
    )
