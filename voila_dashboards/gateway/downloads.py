"""What a viewer takes away as a file, and the audit knows of: the tickets that the list shows.

The gateway holds the store's keys and the session secret, so it does not read what strangers wrote: a list is made by
a process of its own, which has no secret, no network and no file but its scope's, and ends with the download. The
gateway passes on its bytes as fast as the browser takes them; whoever goes away ends it. The audit is told what was
taken of whom, and never by which words it was looked for: each client in an event of its own, which names no other.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from access.audit import Event
from access.snapshots import SnapshotSource
from access.viewer import Viewer
from lake.columns import ERRORS
from lake.errors import StoreUnavailable
from lake.layout import is_client_id
from voila_dashboards.conditions import read_conditions
from voila_dashboards.downloads.formats import FORMATS
from voila_dashboards.downloads.tickets import MOST_NAMED
from voila_dashboards.gateway.audit import Audit
from voila_dashboards.gateway.errors import NoSuchPage, TooManyDownloads, Unexpected
from voila_dashboards.gateway.filters import read_params
from voila_dashboards.gateway.guard import require_session
from voila_dashboards.gateway.kernels import open_files
from voila_dashboards.gateway.places import NoPlace, Places
from voila_dashboards.gateway.sending import PIECE_BYTES, CutOff, GaveWay, SentFile
from voila_dashboards.gateway.sessions import Session, Sessions
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.config import python_environment

logger = logging.getLogger(__name__)

#: The command that is run; `-P` because the folder it runs in is no place to import from.
WORKER: Final = (sys.executable, "-P", "-m", "voila_dashboards.downloads.worker")
#: Of one user at once, by however many sessions: each has a processor for as long as it takes.
_MOST_OF_USER: Final = 1
#: How long somebody waits for others to be done before he is told to come back.
_WAIT_S: Final = 20.0
#: After so long the list that is the latest of all gives way to him, where it is so late.
_GIVE_WAY_AFTER_S: Final = 10.0
_LATE_S: Final = 30.0
_FIRST_LINE_TIMEOUT_S: Final = 120.0
#: From the first byte to the last; a browser that takes longer is no browser.
_LIMIT_S: Final = 900.0
_TRIES: Final = 3


class DownloadCutOff(CutOff):
    """The process failed after the file had begun."""

    def __init__(self) -> None:
        super().__init__("The download's process ended early.")


class Downloads:
    """Handlers of downloads, and the lists that are on their way."""

    def __init__(
        self,
        settings: DashboardSettings,
        sessions: Sessions,
        snapshots: SnapshotSource,
        audit: Audit,
        on_their_way: set[SentFile],
        folders: Path,
        clock: Callable[[], float],
    ) -> None:
        """``folders`` is where each gets a folder, on the file system of what ``snapshots`` hands out."""
        self._sessions = sessions
        self._snapshots = snapshots
        self._audit = audit
        self._on_their_way = on_their_way
        self._folders = folders
        self._clock = clock
        self._running: list[_Download] = []
        self._places = Places(settings.max_downloads, _MOST_OF_USER, most_waiting=1)

    async def tickets(self, request: Request) -> Response:
        """The filtered list as CSV, NDJSON or Parquet; of very many tickets the first, which the file's name says."""
        session = await require_session(request, self._sessions)
        kind = request.path_params["format"]
        if kind not in FORMATS:
            raise NoSuchPage
        media_type, _ = FORMATS[kind]
        if request.method == "HEAD":
            return Response(media_type=media_type)
        download = await self._admit(session)
        try:
            told = await download.start(
                self._snapshots, kind, read_params(request), int(self._clock() * 1000)
            )
        except BaseException:
            await self._end(download)
            raise
        self._note(request, session, told, f"tickets.{kind}")
        headers = {
            "Content-Disposition": f'attachment; filename="{told.file_name(kind)}"',
            "Cache-Control": "no-store",
        }
        download.file = SentFile(
            download.pieces(),
            media_type,
            headers,
            session=session,
            on_their_way=self._on_their_way,
            end=lambda: self._end(download),
            limit_s=_LIMIT_S,
        )
        return download.file

    async def stop(self) -> None:
        """End what is on its way."""
        for download in list(self._running):
            await self._end(download)

    def _note(self, request: Request, session: Session, told: _Told, what: str) -> None:
        """One event for each client in the file, as many as are named, and one that counts the others."""
        viewer = session.viewer
        for client_id in told.clients:
            self._audit.note(Event.DOWNLOADED, request, user=viewer.name, client_id=client_id, what=what)
        others = told.client_count - len(told.clients)
        if others or not told.clients:
            more = f"{what}, of {others} more clients" if others else what
            only = viewer.scope.only_client
            self._audit.note(Event.DOWNLOADED, request, user=viewer.name, client_id=only, what=more)

    async def _admit(self, session: Session) -> _Download:
        """A download with a place; raises `TooManyDownloads`, at once where the user's own is in the way."""
        user = session.viewer.name
        if self._places.held(user) >= _MOST_OF_USER:
            raise TooManyDownloads
        making_room = asyncio.get_running_loop().call_later(_GIVE_WAY_AFTER_S, self._make_room)
        try:
            await self._places.take(user, _WAIT_S)
        except NoPlace:
            raise TooManyDownloads from None
        finally:
            making_room.cancel()
        download = _Download(session, self._folders / f"download-{secrets.token_hex(12)}")
        self._running.append(download)
        return download

    def _make_room(self) -> None:
        """Break off the list whose reader is the latest, where it is late enough; for one who waits one."""
        files = [each.file for each in self._running if each.file in self._on_their_way]
        latest = max(files, key=lambda file: file.pace.late_s, default=None)
        if latest is not None and latest.pace.late_s > _LATE_S:
            latest.break_off(GaveWay())

    async def _end(self, download: _Download) -> None:
        if download in self._running:
            self._running.remove(download)
            try:
                await download.end()
            finally:
                self._places.give_back(download.session.viewer.name)


@dataclass(frozen=True)
class _Told:
    """What the process says first: how many tickets were found and are in the file, and whose.

    The process has read what strangers wrote: whatever it says of clients beyond the viewer's scope is a defect.
    """

    found: int
    count: int
    clients: tuple[str, ...]
    client_count: int

    @classmethod
    def read(cls, line: bytes, viewer: Viewer) -> _Told:
        """Raises `ValueError`, `KeyError` or `TypeError` where it is not what our own process says."""
        said = json.loads(line)
        clients = tuple(said["clients"])
        told = cls(int(said["found"]), int(said["count"]), clients, int(said["client_count"]))
        are_theirs = all(is_client_id(each) and viewer.may_see(each) for each in clients)
        if (
            not are_theirs
            or len(clients) != min(told.client_count, MOST_NAMED)
            or bool(told.found) != bool(clients)
        ):
            raise ValueError("clients")
        return told

    def file_name(self, kind: str) -> str:
        """What the file is called: where it is cut, its name says so."""
        cut = f"-first-{self.count}-of-{self.found}" if self.count < self.found else ""
        return f"caselog-tickets{cut}.{kind}"


class _Download:
    """One process and the folder in which its files are opened."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.session = session
        #: What is sent, once it is.
        self.file: SentFile | None = None
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(
        self, snapshots: SnapshotSource, kind: str, params: Mapping[str, str], now_ms: int
    ) -> _Told:
        """Begin; how many tickets were found, how many the file holds, and whose they are.

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

    async def _hear_first(self, told: Mapping[str, Any]) -> _Told:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise Unexpected
        try:
            process.stdin.write(json.dumps(told).encode() + b"\n")
            await process.stdin.drain()
            process.stdin.close()
            line = await asyncio.wait_for(process.stdout.readline(), _FIRST_LINE_TIMEOUT_S)
            return _Told.read(line, self.session.viewer)
        except (OSError, TimeoutError, ValueError, KeyError, TypeError) as error:
            logger.error("A download could not begin (%s).", type(error).__name__)  # noqa: TRY400 - as it says
            raise Unexpected from error

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file; raises `DownloadCutOff` where it ends early, so that no browser takes a part for the whole."""
        process = self._process
        if process is None or process.stdout is None:
            raise DownloadCutOff
        while piece := await process.stdout.read(PIECE_BYTES):
            yield piece
        if await process.wait():
            raise DownloadCutOff

    async def end(self) -> None:
        """End the process, and remove its folder."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await _drain(self._process)
            await self._process.wait()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Read what a process left that was killed: its pipe would stay open that nobody reads to the end."""
    if process.stdout is not None:
        with contextlib.suppress(RuntimeError):  # somebody waits for it already, and reads the end
            while await process.stdout.read(PIECE_BYTES):
                pass


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
