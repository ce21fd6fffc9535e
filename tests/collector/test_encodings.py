"""Compressed bodies: whole ones are read, damaged ones noticed, and none costs more than its limit."""

from __future__ import annotations

import gzip
import hashlib
import json
import tracemalloc
import zlib
from typing import Any

import pytest
import zstandard
from starlette.testclient import TestClient

from collector.body import unpack
from collector.errors import TooLarge
from tests.collector.conftest import Collector, make_collector, make_log

_MIB = 1024 * 1024


def _zeros(encoding: str, size: int) -> bytes:
    """``size`` zero bytes, packed."""
    packer: Any = (
        zlib.compressobj(wbits=31)
        if encoding == "gzip"
        else zstandard.ZstdCompressor(level=1).compressobj(size=size)
    )
    parts = [packer.compress(bytes(_MIB)) for _ in range(size // _MIB)]
    return b"".join([*parts, packer.flush()])


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_is_refused_before_it_has_unpacked(encoding: str) -> None:
    collector = make_collector(max_body_bytes=2 * _MIB)
    bomb = _zeros(encoding, 64 * _MIB)
    with collector.http() as http:
        answer = http.post("/v1/logs", content=bomb, headers=collector.headers(Content_Encoding=encoding))

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert collector.app.budget.in_flight_bytes == 0


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_takes_little_more_memory_than_the_limit(encoding: str) -> None:
    bomb = _zeros(encoding, 64 * _MIB)

    # Never around a collector: CPython 3.11 crashes where tracing ends while a store's thread enters the interpreter.
    tracemalloc.start()
    with pytest.raises(TooLarge):
        unpack(bomb, encoding, limit=2 * _MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 4 * _MIB


def test_a_zstd_window_that_would_need_too_much_memory_is_refused(
    collector: Collector, http: TestClient
) -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=27, enable_ldm=True)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    packed = packer.compress(json.dumps(make_log()).encode()) + packer.flush()

    answer = http.post("/v1/logs", content=packed, headers=collector.headers(Content_Encoding="zstd"))

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unreadable_body")


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@pytest.mark.parametrize("damage", ["cut", "tail", "other", "empty"])
def test_a_damaged_body_is_refused(
    collector: Collector, http: TestClient, encoding: str, damage: str
) -> None:
    body = b"".join(json.dumps(make_log(log_id=f"L-{n}")).encode() + b"\n" for n in range(100))
    packed = gzip.compress(body) if encoding == "gzip" else zstandard.compress(body)
    damaged = {"cut": packed[:-9], "tail": packed + b"tail", "other": body, "empty": b""}[damage]

    answer = http.post("/v1/logs", content=damaged, headers=collector.ndjson(Content_Encoding=encoding))

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unreadable_body")
    assert collector.lines() == []


def _in_blocks(encoding: str) -> bytes:
    """Three logs, each in a block of its own, so that half a body can be whole lines."""
    packer: Any = (
        zlib.compressobj(wbits=31) if encoding == "gzip" else zstandard.ZstdCompressor().compressobj()
    )
    end_of_block = zlib.Z_SYNC_FLUSH if encoding == "gzip" else zstandard.COMPRESSOBJ_FLUSH_BLOCK
    lines = [
        json.dumps(make_log(note=hashlib.sha512(b"%d" % n).hexdigest())).encode() + b"\n" for n in range(3)
    ]
    return b"".join([packer.compress(line) + packer.flush(end_of_block) for line in lines] + [packer.flush()])


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_every_cut_of_a_compressed_batch_is_noticed(
    collector: Collector, http: TestClient, encoding: str
) -> None:
    headers, packed = collector.ndjson(Content_Encoding=encoding), _in_blocks(encoding)

    answers = [http.post("/v1/logs", content=packed[:size], headers=headers) for size in range(len(packed))]

    assert {answer.json()["error"]["code"] for answer in answers} == {"unreadable_body"}
    assert http.post("/v1/logs", content=packed, headers=headers).status_code == 200
    assert len(collector.lines()) == 3


def test_members_of_gzip_are_bounded_and_each_log_may_be_one(collector: Collector, http: TestClient) -> None:
    headers = collector.ndjson(Content_Encoding="gzip")
    logs = [gzip.compress(json.dumps(make_log(log_id=f"L-{n}")).encode() + b"\n") for n in range(1000)]
    empty = gzip.compress(b"") * 10_000

    fine = http.post("/v1/logs", content=b"".join(logs), headers=headers)
    refused = http.post("/v1/logs", content=empty, headers=headers)

    assert (fine.status_code, fine.json()["logs"]) == (200, 1000)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "unreadable_body")


@pytest.mark.parametrize("level", [0, 1, 9])
@pytest.mark.parametrize("members", [1, 3])
def test_gzip_of_any_kind_comes_out_as_it_was(level: int, members: int) -> None:
    text = b"".join(hashlib.sha512(b"%d" % n).digest() for n in range(5000)) + bytes(700_000)
    packed = b"".join(
        gzip.compress(text[at::members] if members == 1 else text[at * 300_000 : (at + 1) * 300_000], level)
        for at in range(members)
    )
    expected = text if members == 1 else text[: members * 300_000]

    assert unpack(packed, "gzip", limit=2 * _MIB) == expected
