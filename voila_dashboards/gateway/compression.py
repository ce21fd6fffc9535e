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


def accepts_gzip(accept_encoding: Iterable[str]) -> bool:
    """Whether one of the codings a browser named is gzip and it did not refuse it.

    >>> accepts_gzip(["gzip, deflate, br"]), accepts_gzip(["br, gzip;q=0"]), accepts_gzip([])
    (True, False, False)
    """
    codings = [coding.strip().lower() for value in accept_encoding for coding in value.split(",")]
    return any(
        coding == "gzip" or (coding.startswith("gzip;") and not coding.endswith("q=0")) for coding in codings
    )
