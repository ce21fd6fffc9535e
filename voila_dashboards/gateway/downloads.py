"""What a viewer takes away as a file, and the audit knows of: one trace, or the tickets that the list shows.

The gateway holds the store's keys and the session secret, so it does not read what strangers wrote: a list is made by
a process of its own, which has no secret, no network and no file but its scope's, and ends with the download. The
gateway passes on its bytes as fast as the browser takes them; whoever goes away ends it. The audit is told what was
taken, and never by which words it was looked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from access.audit import Event, name_log
from access.snapshots import SnapshotSource
from lake.columns import ERRORS
from lake.errors import StoreUnavailable
from voila_dashboards.conditions import read_conditions
from voila_dashboards.downloads.formats import FORMATS
from voila_dashboards.gateway.audit import Audit
from voila_dashboards.gateway.errors import NoSuchPage, TooManyDownloads, Unexpected
from voila_dashboards.gateway.guard import require_session
from voila_dashboards.gateway.kernels import open_files
from voila_dashboards.gateway.pages import read_params
from voila_dashboards.gateway.sessions import Session, Sessions
from voila_dashboards.voila.config import python_environment

logger = logging.getLogger(__name__)

#: The command that is run; `-P` because the folder it runs in is no place to import from.
WORKER: Final = (sys.executable, "-P", "-m", "voila_dashboards.downloads.worker")
#: At once, of everybody and of one session: each has a processor for as long as it takes.
_MOST: Final = 2
_MOST_OF_SESSION: Final = 1
_FIRST_LINE_TIMEOUT_S: Final = 120.0
#: From the first byte to the last; a browser that takes longer is no browser.
_LIMIT_S: Final = 900.0
_PIECE_BYTES: Final = 1 << 16
_TRIES: Final = 3


class DownloadCutOff(Exception):
    """The process failed after the file had begun: the connection is broken off, which browsers show as a failure."""

    def __init__(self) -> None:
        super().__init__("The download's process ended early.")


class Downloads:
    """Handlers of downloads, and the lists that are on their way."""

    def __init__(
        self,
        sessions: Sessions,
        snapshots: SnapshotSource,
        audit: Audit,
        folders: Path,
        clock: Callable[[], float],
    ) -> None:
        """``folders`` is where each gets a folder, on the file system of what ``snapshots`` hands out."""
        self._sessions = sessions
        self._snapshots = snapshots
        self._audit = audit
        self._folders = folders
        self._clock = clock
        self._running: list[_Download] = []

    async def trace(self, request: Request) -> Response:
        """`GET /trace/<client>/<month>/<log>`: a log's trace as a file, also one that is too big for a page."""
        session = await require_session(request, self._sessions)
        wanted = [request.path_params[name] for name in ("client_id", "month", "log_id")]
        found = None
        if session.viewer.may_see(wanted[0]):
            found = await asyncio.to_thread(self._snapshots.trace, session.viewer.scope, *wanted)
        if found is None:
            raise NoSuchPage
        what = f"trace {name_log(wanted[2])}"
        self._audit.note(Event.DOWNLOADED, request, user=session.viewer.name, client_id=wanted[0], what=what)
        return Response(found, media_type="application/json", headers={"Content-Disposition": "attachment"})

    async def tickets(self, request: Request) -> Response:
        """The filtered list as CSV, NDJSON or Parquet; of very many tickets the first, which the file's name says."""
        session = await require_session(request, self._sessions)
        kind = request.path_params["format"]
        if kind not in FORMATS:
            raise NoSuchPage
        media_type, _ = FORMATS[kind]
        if request.method == "HEAD":
            return Response(media_type=media_type)
        download = self._admit(session)
        try:
            told = await download.start(
                self._snapshots, kind, read_params(request), int(self._clock() * 1000)
            )
        except BaseException:
            await self._end(download)
            raise
        viewer = session.viewer
        self._audit.note(
            Event.DOWNLOADED,
            request,
            user=viewer.name,
            client_id=viewer.scope.only_client,
            what=f"tickets.{kind}",
        )
        headers = {
            "Content-Disposition": f'attachment; filename="{_name(told, kind)}"',
            "Cache-Control": "no-store",
        }
        return _Streamed(download.pieces(), lambda: self._end(download), media_type, headers)

    async def stop(self) -> None:
        """End what is on its way."""
        for download in list(self._running):
            await self._end(download)

    def _admit(self, session: Session) -> _Download:
        own = sum(each.session.session_id == session.session_id for each in self._running)
        if len(self._running) >= _MOST or own >= _MOST_OF_SESSION:
            raise TooManyDownloads
        download = _Download(session, self._folders / f"download-{secrets.token_hex(12)}")
        self._running.append(download)
        return download

    async def _end(self, download: _Download) -> None:
        if download in self._running:
            self._running.remove(download)
            await download.end()


class _Download:
    """One process and the folder in which its files are opened."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.session = session
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(
        self, snapshots: SnapshotSource, kind: str, params: Mapping[str, str], now_ms: int
    ) -> Mapping[str, int]:
        """Begin; how many tickets were found, and how many the file holds.

        Raises `Unexpected` where the process fails, and as `SnapshotSource.take`.
        """
        viewer = self.session.viewer
        parts = [ERRORS] if any(read_conditions(params).of_error.values()) else []
        opened = await asyncio.to_thread(self._open, snapshots, parts)
        told = {
            "viewer": viewer.to_json(),
            "params": dict(params),
            "format": kind,
            "now_ms": now_ms,
            "files": opened,
            "folder": str(self._folder),
            "parent": os.getpid(),
        }
        try:
            self._process = await _spawn(self._folder, list(opened.values()))
        finally:
            for descriptor in opened.values():
                os.close(descriptor)
        return await self._hear_first(told)

    def _open(self, snapshots: SnapshotSource, parts: list[str]) -> dict[str, int]:
        self._folder.mkdir(mode=0o700, parents=True)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            for _ in range(_TRIES):
                snapshot = snapshots.take(self.session.viewer.scope, parts)
                with contextlib.suppress(FileNotFoundError):  # dropped from the cache before it was opened
                    return open_files(snapshot, set(), folder)
        finally:
            os.close(folder)
        raise StoreUnavailable("the files of a scope", "the cache drops them at once")

    async def _hear_first(self, told: Mapping[str, Any]) -> Mapping[str, int]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise Unexpected
        try:
            process.stdin.write(json.dumps(told).encode() + b"\n")
            await process.stdin.drain()
            process.stdin.close()
            line = await asyncio.wait_for(process.stdout.readline(), _FIRST_LINE_TIMEOUT_S)
            found = json.loads(line)
            return {"found": int(found["found"]), "count": int(found["count"])}
        except (OSError, TimeoutError, ValueError, KeyError) as error:
            logger.error("A download could not begin (%s).", type(error).__name__)  # noqa: TRY400 - as it says
            raise Unexpected from error

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file; raises `DownloadCutOff` where it ends early, so that no browser takes a part for the whole."""
        process = self._process
        if process is None or process.stdout is None:
            raise DownloadCutOff
        async with asyncio.timeout(_LIMIT_S):
            while piece := await process.stdout.read(_PIECE_BYTES):
                yield piece
            if await process.wait():
                raise DownloadCutOff

    async def end(self) -> None:
        """End the process, and remove its folder."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)


class _Streamed(StreamingResponse):
    """A response that has an end, also where nobody hears it."""

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        end: Callable[[], Any],
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(pieces, headers=headers, media_type=media_type)
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await asyncio.shield(self._end())


async def _spawn(folder: Path, descriptors: list[int]) -> asyncio.subprocess.Process:
    """The process, with nothing of this one but these descriptors: no environment, no other file."""
    return await asyncio.create_subprocess_exec(
        *WORKER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=folder,
        env=python_environment(folder),
        pass_fds=descriptors,
        start_new_session=True,
    )


def _name(told: Mapping[str, int], kind: str) -> str:
    found, count = told["found"], told["count"]
    cut = f"-first-{count}-of-{found}" if count < found else ""
    return f"caselog-tickets{cut}.{kind}"
