"""One connection as a sender has it: everything sent, in the pieces of the case, and everything that was said to it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Final

from tests.fuzz.cases import Case, End

#: Longer than a head and a body may take, their log may wait for the store, and the end may be waited for.
HANGS_AFTER_S: Final = 60.0
#: How long somebody waits for an answer, or for the word that his body is wanted.
_ASKED_WITHIN_S: Final = 15.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    @property
    def closes(self) -> bool:
        return "close" in self.values("connection")


@dataclass
class Said:
    """What the other side said, until it closed the connection or ``seconds`` were over."""

    said: bytearray = field(default_factory=bytearray)
    is_closed: bool = False
    seconds: float = 0.0


class NoAnswer(Exception):
    """What was said is not HTTP."""


async def talk(port: int, case: Case) -> Said:
    """Send the case and listen until the other side has closed."""
    begun, found = time.perf_counter(), Said()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    listening = asyncio.create_task(_listen(reader, found))
    try:
        with contextlib.suppress(OSError):
            await _send(writer, case, found, listening)
        if case.end is not End.LEAVES:
            await asyncio.wait([listening], timeout=HANGS_AFTER_S)
    finally:
        listening.cancel()
        writer.transport.abort()
    found.seconds = time.perf_counter() - begun
    return found


async def _listen(reader: asyncio.StreamReader, found: Said) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            found.said += data
    found.is_closed = True


async def _send(writer: asyncio.StreamWriter, case: Case, found: Said, listening: asyncio.Task[None]) -> None:
    async with asyncio.timeout(HANGS_AFTER_S):
        if case.waits:
            await _send_in_turn(writer, case, found, listening)
        else:
            for part in case.parts or [b"".join(each.head + each.content for each in case.requests)]:
                writer.write(part)
                await writer.drain()
        if case.end in {End.CLOSES_ITS_SIDE, End.STOPS}:
            writer.write_eof()


async def _send_in_turn(
    writer: asyncio.StreamWriter, case: Case, found: Said, listening: asyncio.Task[None]
) -> None:
    """Each request once the one before it was answered; a body that waits once somebody asks for it."""
    for request in case.requests:
        heard = len(found.said)
        writer.write(request.head)
        if request.waits:
            await _hear_more(found, heard, listening)
            if found.said[heard:].startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")):
                return  # nobody knows whether the body is still waited for
            heard = len(found.said)
        writer.write(request.content)
        await writer.drain()
        if not await _hear_more(found, heard, listening):
            return


async def _hear_more(found: Said, heard: int, listening: asyncio.Task[None]) -> bool:
    """Whether something was said within the time that somebody waits."""
    until = time.perf_counter() + _ASKED_WITHIN_S
    while len(found.said) == heard and not listening.done() and time.perf_counter() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.002)
    return len(found.said) > heard


# ---------------------------------------------------------------- what was said


def read_answers(said: bytes, *, may_be_bodiless: bool) -> list[Answer]:
    """The answers, interim ones left out; raises `NoAnswer` where anything else was said."""
    answers = []
    while said:
        answer, said = _read_answer(said, may_be_bodiless=may_be_bodiless)
        if answer.status != 100:
            answers.append(answer)
    return answers


def _read_answer(said: bytes, *, may_be_bodiless: bool) -> tuple[Answer, bytes]:
    head, found, rest = said.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    version, _, status = first.partition(b" ")
    if not found or version != b"HTTP/1.1" or not status[:3].isdigit() or b"\n" in head.replace(b"\r\n", b""):
        raise NoAnswer(f"a head that is none: {said[:200]!r}")
    headers = [_header(line) for line in lines]
    lengths = [int(value) for name, value in headers if name == "content-length"]
    if status.startswith(b"100"):
        return Answer(100, headers, b""), rest
    if len(lengths) != 1:
        raise NoAnswer(f"no length, or several: {head!r}")
    if len(rest) < lengths[0] and not may_be_bodiless:
        raise NoAnswer(f"{len(rest)} bytes of {lengths[0]}: {head!r}")
    is_bodiless = may_be_bodiless and (len(rest) < lengths[0] or rest.startswith(b"HTTP/1.1 "))
    size = 0 if is_bodiless else lengths[0]
    return Answer(int(status[:3]), headers, rest[:size]), rest[size:]


def _header(line: bytes) -> tuple[str, str]:
    name, colon, value = line.partition(b":")
    if not (colon and name.isascii() and name.replace(b"-", b"").isalnum()):
        raise NoAnswer(f"a header that is none: {line!r}")
    return name.decode().lower(), value.strip().decode("latin-1")
