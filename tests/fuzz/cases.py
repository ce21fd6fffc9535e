"""What is sent over one connection, made from a seed and a number: the same again for the same two."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Final

from tests.fuzz.codings import BOMBS, UNREADABLE, Coded, make_coded
from tests.fuzz.heads import ANY, STORED, Request
from tests.fuzz.heads_refused import change
from tests.fuzz.texts import Text, make_text, mutate

_MIB: Final = 1024 * 1024
_ODD_LINES: Final = (b"", b" ", b"\r", b"\t\r")


class End(Enum):
    """What the sender does once everything is sent."""

    CLOSES_ITS_SIDE = "closes its side, and reads"
    READS = "reads until the other side closes"
    LEAVES = "is gone at once"
    STOPS = "stops in the middle, and closes its side"
    HANGS = "stops in the middle, and reads"


@dataclass(frozen=True)
class Case:
    """Requests over one connection; ``is_whole`` where each of them arrives as it is."""

    number: int
    requests: tuple[Request, ...]
    parts: tuple[bytes, ...]
    end: End
    is_whole: bool
    #: For each log of which somebody else can say so: its text, and whether it is legal.
    texts: tuple[Text, ...] = ()

    @property
    def waits(self) -> bool:
        return any(request.waits for request in self.requests)


def make_case(seed: int, number: int, key: str, *, large: bool = False) -> Case:
    """Case ``number`` of those of ``seed``, for a sender with the key; a ``large`` one has a body of many MB."""
    rng = Random(f"{seed}:{number}")
    texts: list[Text] = []
    make = _large_request if large else _request
    count = 1 if large else rng.choice([1, 1, 2, 4])
    requests = tuple(make(rng, _name(seed, number, each), key.encode(), texts) for each in range(count))
    if rng.random() < 0.7 or any(request.waits for request in requests):
        return Case(
            number,
            requests,
            (),
            End.READS
            if any(each.is_short for each in requests)
            else _end(rng, {End.CLOSES_ITS_SIDE, End.READS}),
            is_whole=True,
            texts=tuple(texts),
        )
    return _torn(rng, number, requests, tuple(texts))


def _name(seed: int, number: int, each: int) -> str:
    """An id that no change of another one makes."""
    name = f"f{seed}-{number}-{each}"
    return f"{name}-{zlib.crc32(name.encode()):08x}"


def _end(rng: Random, among: set[End]) -> End:
    return rng.choice([end for end in End if end in among])


def _torn(rng: Random, number: int, requests: tuple[Request, ...], texts: tuple[Text, ...]) -> Case:
    """The same bytes, but not all of them, not as they were, or from somebody who does not stay."""
    sent = b"".join(request.head + request.content for request in requests)
    end = rng.choices(list(End), [4, 2, 2, 4, 0.3])[0]
    if end in {End.STOPS, End.HANGS}:
        sent = sent[: rng.randint(0, len(sent))]
    if rng.random() < 0.7:
        sent = mutate(rng, sent, rng.randint(1, 4))
    return Case(number, requests, tuple(_split(rng, sent)), end, is_whole=False, texts=texts)


def _split(rng: Random, sent: bytes) -> Iterator[bytes]:
    at, most = 0, rng.choice([1, 40, 1000, 70_000])
    while at < len(sent) and most * 200 > at:  # the rest in one piece
        size = rng.randint(1, most)
        yield sent[at : at + size]
        at += size
    yield sent[at:]


def _request(rng: Random, name: str, key: bytes, texts: list[Text]) -> Request:
    if rng.random() < 0.25:
        lines = [make_text(rng, f"{name}-{line}") for line in range(rng.choice([1, 2, 5, 60]))]
        body, statuses = _lines(rng, lines)
        media, ids = b"application/x-ndjson", tuple(line.log_id for line in lines)
    else:
        one = make_text(rng, name)
        body, media, ids, lines = one.content, b"application/json", (name,), [one]
        statuses = _statuses(one)
    texts += lines
    return _finish(rng, Request(key, body, statuses, media, ids=ids), make_coded(rng, body))


def _finish(rng: Random, request: Request, coded: Coded) -> Request:
    request.body, request.encoding = coded.content, coded.name
    request.statuses = coded.statuses or request.statuses
    change(request, rng)
    return request


def _statuses(text: Text) -> frozenset[int]:
    if text.is_legal is None:
        return ANY
    return STORED if text.is_legal else UNREADABLE


def _lines(rng: Random, texts: list[Text]) -> tuple[bytes, frozenset[int]]:
    """NDJSON, with lines that are blank; texts that hold line ends are several lines, about which nobody is asked."""
    body = b""
    for text in texts:
        body += text.content + rng.choice([b"\n", b"\r\n"]) + _blank(rng)
    if any(b"\n" in text.content for text in texts):
        return body, ANY
    said = {text.is_legal for text in texts}
    if None in said:
        return body, ANY
    return body, STORED if said == {True} else UNREADABLE if said == {False} else frozenset({207})


def _blank(rng: Random) -> bytes:
    return rng.choice(_ODD_LINES) + b"\n" if rng.random() < 0.1 else b""


def _large_request(rng: Random, name: str, key: bytes, texts: list[Text]) -> Request:
    """A log near or beyond the greatest, or one that is packed a thousandfold."""
    if rng.random() < 0.3:
        return _finish(rng, Request(key, b"", UNREADABLE), rng.choice(BOMBS)(rng, b""))
    size = rng.choice([1, 7, 9, 17]) * _MIB
    text = make_text(rng, name).content
    filler = rng.choice([b" ", b"[],", b'"x",', b"0,"])
    body = text[:-1] + b', "trace": {"a": [' + filler * (size // len(filler)) + b"0]}}"
    return _finish(rng, Request(key, body, ANY, ids=(name,)), Coded(None, body))
