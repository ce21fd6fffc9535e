"""A folder's data files for the kernels: signed, expiring, and in ranges.

DuckDB reads the end of a Parquet file first and then the column chunks it needs, so ranges are what is asked
for: https://www.rfc-editor.org/rfc/rfc9110#name-range-requests . On S3 the store does this itself.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from access.snapshots import FileUrls
from voila_dashboards.gateway.errors import NoSuchPage

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_CHUNK_BYTES: Final = 4 * 1024 * 1024


class LakeFiles:
    """Serves files below ``folder`` to whoever has a URL that `FileUrls` signed."""

    def __init__(self, folder: Path, urls: FileUrls, clock: Callable[[], float]) -> None:
        self._folder = folder.resolve()
        self._urls = urls
        self._clock = clock

    async def serve(self, request: Request) -> Response:
        """Answer `/lake/<key>?expires=&signature=`; raises `NoSuchPage` for whatever is not genuine and in time."""
        key = request.path_params["key"]
        now = datetime.fromtimestamp(self._clock(), UTC)
        asked = request.query_params
        if not self._urls.verify(key, asked.get("expires", ""), asked.get("signature", ""), now):
            raise NoSuchPage
        path = self._path_of(key)
        try:
            size = (await asyncio.to_thread(path.stat)).st_size
        except FileNotFoundError:
            raise NoSuchPage from None
        return _answer(request, path, size)

    def _path_of(self, key: str) -> Path:
        path = (self._folder / key).resolve()
        if not path.is_relative_to(self._folder) or not path.is_file():
            raise NoSuchPage
        return path


def _answer(request: Request, path: Path, size: int) -> Response:
    headers = {"Accept-Ranges": "bytes"}
    asked = request.headers.get("range")
    span = parse_range(asked, size) if asked else (0, size)
    if span is None:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    start, stop = span
    headers["Content-Length"] = str(stop - start)
    if asked:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    status = 206 if asked else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(
        _read(path, start, stop), status_code=status, headers=headers, media_type="application/octet-stream"
    )


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last of a single range; None where it cannot be satisfied.

    >>> parse_range("bytes=0-99", 1000), parse_range("bytes=-8", 1000), parse_range("bytes=990-", 1000)
    ((0, 100), (992, 1000), (990, 1000))
    >>> parse_range("bytes=1000-", 1000), parse_range("bytes=0-1,5-6", 1000), parse_range("bytes=5-4", 1000)
    (None, None, None)
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or len(header) > 100:
        return None
    first, last = match.groups()
    if not first:
        length = int(last or 0)
        return (max(0, size - length), size) if length and size else None
    start, stop = int(first), min(int(last) + 1 if last else size, size)
    return (start, stop) if start < stop else None


async def _read(path: Path, start: int, stop: int) -> AsyncIterator[bytes]:
    while start < stop:
        chunk = await asyncio.to_thread(_read_chunk, path, start, min(_CHUNK_BYTES, stop - start))
        if not chunk:
            return
        start += len(chunk)
        yield chunk


def _read_chunk(path: Path, start: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)
