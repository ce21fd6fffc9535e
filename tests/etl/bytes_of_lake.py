"""Every byte of a lake, as it lies there and as whoever reads it would see it: packed, decoded, escaped."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator

import pyarrow.parquet as pq
import zstandard

from lake.store import Store


def objects(store: Store, *prefixes: str) -> dict[str, bytes]:
    """All objects below the prefixes, or below all of them."""
    every = prefixes or ("raw", "quarantine", "control", "logs", "traces")
    return {found.key: store.get(found.key) for prefix in every for found in store.list(prefix)}


def digests(store: Store, client_id: str) -> dict[str, str]:
    """The digests of the objects of one client."""
    found = objects(store)
    return {
        key: hashlib.sha256(data).hexdigest()
        for key, data in found.items()
        if f"client_id={client_id}/" in key
    }


def readings(key: str, data: bytes) -> Iterator[str]:
    """What an object says, in every way that it can be read."""
    yield key
    yield data.decode("utf-8", "replace")
    if data[:4] == b"PAR1":
        read = pq.ParquetFile(io.BytesIO(data))
        yield repr(read.read().to_pylist())
        yield repr(read.metadata.to_dict())
    try:
        yield zstandard.ZstdDecompressor().decompressobj().decompress(data).decode("utf-8", "replace")
    except zstandard.ZstdError:
        return


def standing(store: Store, *needles: str) -> list[str]:
    """Keys of objects in which one of the needles stands, whatever its case; with the needle."""
    found = []
    for key, data in objects(store).items():
        for text in readings(key, data):
            lowered = text.lower()
            plain = lowered.replace("\\u0040", "@").replace("%40", "@")
            found += [
                f"{key}: {each}" for each in needles if each.lower() in lowered or each.lower() in plain
            ]
    return found
