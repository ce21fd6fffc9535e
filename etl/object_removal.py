"""What a deletion removes of ``raw/`` and ``quarantine/``: whole objects, or their lines.

A raw object is written anew under another key before the old one is removed: killed in between, its other logs are in
both and count once. What is in quarantine nobody else reads, so it is replaced in place. A line that stays, stays byte
for byte.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import zstandard

from access.deletions import Kind
from etl import quarantine
from etl.matching import Matcher
from etl.quarantine import read_reason
from lake import layout, rawlog
from lake.errors import ObjectNotFound, ObjectWithheld, UnreadableRaw
from lake.raw_rows import numbered_rows
from lake.rawlog import MAX_UNPACKED_BYTES
from lake.rawobject import parse
from lake.scrubbing import scrub_text
from lake.store import Store, StoredObject

_READERS: Final = 8
_CLIENT: Final = re.compile(r"[^/]+/client_id=([^/]+)/")
_TABLES: Final = f"{layout.QUARANTINE}tables/"
_REASON: Final = f".{quarantine.REASON}"
#: Parts of what is set aside, and the reason beside each.
_LINES: Final = {
    f".{quarantine.LINES}": _REASON,
    f".{quarantine.CONFLICTS}": f".{quarantine.CONFLICTS_REASON}",
}
_OBJECT: Final = f".{quarantine.OBJECT}"
_ILLEGIBLE: Final = "it is no text, or packed in another way, or not whole: nobody can tell what it says"
_PIECE: Final = 4 * 1024 * 1024
#: An address that two pieces share is found in their common part.
_OVERLAP: Final = 4 * 1024


@dataclass
class RemovedObjects:
    """Objects that were removed or written again, logs in them, and what could not be looked at, with the reason."""

    objects: int = 0
    logs: set[tuple[str, str]] = field(default_factory=set)
    left: dict[str, str] = field(default_factory=dict)
    #: Objects that are kept although nobody can tell what they say.
    unseen: dict[str, str] = field(default_factory=dict)


def list_raw(store: Store, matcher: Matcher) -> list[StoredObject]:
    """The raw objects that the deletion concerns, the foreign ones too."""
    client_id = matcher.deletion.client_id
    prefix = layout.RAW if client_id is None else layout.raw_prefix(client_id)
    return list(store.list(prefix))


def find_in_raw(store: Store, matcher: Matcher, found: RemovedObjects) -> None:
    """Note the logs of raw objects that are meant; nothing is changed."""

    def look(each: StoredObject) -> list[tuple[str, str]]:
        if layout.client_of_raw_key(each.key) is None or each.size > MAX_UNPACKED_BYTES:
            return []
        try:
            parsed = parse(each.key, store.get(each.key))
        except ObjectNotFound:
            return []
        return [row.identity for row in parsed.rows if matcher.is_meant(row)]

    with ThreadPoolExecutor(_READERS) as pool:
        for each in pool.map(look, list_raw(store, matcher)):
            found.logs.update(each)


def remove_from_raw(store: Store, matcher: Matcher, *, does: bool) -> RemovedObjects:
    """Take what is meant out of ``raw/``; with ``does`` false, only say what that is."""
    return _each(list_raw(store, matcher), lambda each: _remove_raw(store, matcher, each, does=does))


def remove_from_quarantine(store: Store, matcher: Matcher, *, does: bool, under: str = "") -> RemovedObjects:
    """Take what is meant out of ``quarantine/``, or of what begins with ``under``; as `remove_from_raw`."""
    listed = [each for each in store.list(layout.QUARANTINE) if each.key.startswith(under)]
    listed = [each for each in listed if not each.key.endswith(_REASON)]
    return _each(listed, lambda each: _remove_aside(store, matcher, each, does=does))


def left_over(store: Store, matcher: Matcher) -> dict[str, str]:
    """What lies about that cannot be read at all, by key, with the reason."""
    prefixes = [layout.RAW, layout.QUARANTINE]
    return {
        odd.key: odd.reason
        for each in prefixes
        for odd in store.oddities(each)
        if _concerns(matcher, odd.key)
    }


def _concerns(matcher: Matcher, key: str) -> bool:
    client = _CLIENT.match(key)
    return client is None or matcher.deletion.concerns(client[1])


def _each(listed: Iterable[StoredObject], remove: Callable[[StoredObject], RemovedObjects]) -> RemovedObjects:
    total = RemovedObjects()

    def one(each: StoredObject) -> RemovedObjects:
        try:
            return remove(each)
        except ObjectWithheld as error:
            return RemovedObjects(left={error.key: error.reason})
        except ObjectNotFound:  # compacted meanwhile
            return RemovedObjects()

    with ThreadPoolExecutor(_READERS) as pool:
        for made in pool.map(one, listed):
            total.objects += made.objects
            total.logs |= made.logs
            total.left |= made.left
            total.unseen |= made.unseen
    return total


# ------------------------------------------------------------ raw


def _remove_raw(store: Store, matcher: Matcher, each: StoredObject, *, does: bool) -> RemovedObjects:
    client_id = layout.client_of_raw_key(each.key)
    if matcher.deletion.kind is Kind.CLIENT and client_id is None:  # below its prefix, and nobody's logs
        return _drop(store, [each.key], does=does)
    if client_id is None or each.size > MAX_UNPACKED_BYTES:
        return _remove_opaque(store, matcher, each, [each.key], does=does)
    blob = store.get(each.key)
    parsed = parse(each.key, blob)
    if parsed.unreadable is not None:
        meant = matcher.deletion.kind is Kind.CLIENT or tells_packed(matcher, blob)
        return _drop(store, [each.key], does=does) if meant else _kept(each.key, [blob])
    rows = dict(numbered_rows(parsed))
    meant_rows = {number for number, row in rows.items() if matcher.is_meant(row)}
    is_all = matcher.deletion.kind is Kind.CLIENT
    meant_bad = {bad.number - 1 for bad in parsed.bad_lines if is_all or matcher.tells(bad.line)}
    if not meant_rows and not meant_bad:
        return RemovedObjects()
    lines = rawlog.unpack(blob)
    kept = [line for number, line in enumerate(lines) if number not in meant_rows | meant_bad]
    if does and kept:
        store.put(_key_of_kept(each.key), rawlog.pack(kept))
    made = _drop(store, [each.key], does=does)
    made.logs = {rows[number].identity for number in meant_rows}
    return made


def _key_of_kept(key: str) -> str:
    """A key of its own: readers trust that an object of one name never changes."""
    return key.removesuffix(".ndjson.zst") + "-kept.ndjson.zst"


def _drop(store: Store, keys: Iterable[str], *, does: bool) -> RemovedObjects:
    if does:
        store.delete(keys)
    return RemovedObjects(objects=1)


# ------------------------------------------------------------ quarantine


def _remove_aside(store: Store, matcher: Matcher, each: StoredObject, *, does: bool) -> RemovedObjects:
    if each.key.startswith(_TABLES):
        return _scrub(store, matcher, each, does=does)
    ending = next((ending for ending in (*_LINES, _OBJECT) if each.key.endswith(ending)), "")
    reason = each.key.removesuffix(ending) + _LINES.get(ending, _REASON)
    told = read_reason(store, reason) if ending else {}
    client_id = _client_of(str(told.get("object") or each.key))
    if client_id is not None and not matcher.deletion.concerns(client_id):
        return RemovedObjects()
    both = [each.key, *([reason] if ending else [])]
    if matcher.deletion.kind is Kind.CLIENT:
        return _drop(store, both, does=does) if client_id else RemovedObjects()
    if ending in _LINES:
        return _remove_lines(store, matcher, each.key, reason, told, client_id, does=does)
    return _remove_opaque(store, matcher, each, both, does=does)


def _client_of(key: str) -> str | None:
    found = _CLIENT.match(key)
    return found[1] if found else None


def client_of_quarantine(store: Store, key: str) -> str | None:
    """Whose raw object it was, or a part of it or the reason, that was set aside under this key."""
    named = _client_of(key)
    if named is not None:
        return named
    ending = next((ending for ending in (*_LINES, *_LINES.values(), _OBJECT) if key.endswith(ending)), "")
    reason = key if key.endswith(_REASON) else key.removesuffix(ending) + _LINES.get(ending, _REASON)
    return _client_of(str(read_reason(store, reason).get("object"))) if ending else None


def _remove_lines(
    store: Store,
    matcher: Matcher,
    key: str,
    reason: str,
    told: dict[str, Any],
    client_id: str | None,
    *,
    does: bool,
) -> RemovedObjects:
    lines = [line for line in store.get(key).split(b"\n") if line]
    meant = [matcher.is_meant_line(line, client_id) for line in lines]
    if not any(meant):
        return RemovedObjects()
    if all(meant):
        return _drop(store, [key, reason], does=does)
    if does:
        store.put(
            key, b"".join(line + b"\n" for line, is_meant in zip(lines, meant, strict=True) if not is_meant)
        )
        reasons = told.get("lines")
        if isinstance(reasons, list) and len(reasons) == len(lines):
            left = [each for each, is_meant in zip(reasons, meant, strict=True) if not is_meant]
            store.put(reason, json.dumps({**told, "lines": left}, indent=1).encode())
    return RemovedObjects(objects=1)


def _scrub(store: Store, matcher: Matcher, each: StoredObject, *, does: bool) -> RemovedObjects:
    """Commits of the tables that a repair replaced: they say what files that are gone spanned."""
    text = store.get(each.key)
    client_id = matcher.deletion.client_id
    scrubbed = scrub_text(text, (), None if client_id is None else {client_id})
    if scrubbed == text:
        return RemovedObjects()
    if does:
        store.put(each.key, scrubbed)
    return RemovedObjects(objects=1)


# ------------------------------------------------------------ what is no log


def _remove_opaque(
    store: Store, matcher: Matcher, each: StoredObject, keys: Iterable[str], *, does: bool
) -> RemovedObjects:
    """An object that is nobody's logs, or too big to be: the whole of it, where it tells of what is deleted."""
    if each.size > MAX_UNPACKED_BYTES:
        meant = _tells_any(matcher, store.stream(each.key))
        return _drop(store, keys, does=does) if meant else RemovedObjects(unseen={each.key: _ILLEGIBLE})
    blob = store.get(each.key)
    if tells_packed(matcher, blob) or matcher.tells(each.key.encode()):
        return _drop(store, keys, does=does)
    return _kept(each.key, [blob])


def _kept(key: str, chunks: Iterable[bytes]) -> RemovedObjects:
    """What stays; named where it is no text that could have told of what is deleted."""
    is_legible = all(_is_text(chunk) or _is_packed_text(chunk) for chunk in chunks)
    return RemovedObjects() if is_legible else RemovedObjects(unseen={key: _ILLEGIBLE})


def _is_text(blob: bytes) -> bool:
    return b"\0" not in blob and rawlog.is_utf8(blob)


def _is_packed_text(blob: bytes) -> bool:
    """Whether it unpacks to its end, by one of the ways in which logs are packed, and to text."""
    for unpack in (rawlog.unpack_text, gzip.decompress):
        try:
            return _is_text(unpack(blob))
        except (UnreadableRaw, OSError, EOFError, zlib.error):
            continue
    return False


def tells_packed(matcher: Matcher, blob: bytes) -> bool:
    """Whether the bytes tell of it, packed or not, also where what is packed is cut off."""
    return (
        _tells_any(matcher, [blob])
        or _tells_any(matcher, _unpacked(blob))
        or _tells_any(matcher, _ungzipped(blob))
    )


def _ungzipped(blob: bytes) -> Iterator[bytes]:
    total = 0
    try:
        with gzip.open(io.BytesIO(blob)) as reader:
            while total < MAX_UNPACKED_BYTES and (piece := reader.read(_PIECE)):
                total += len(piece)
                yield piece
    except (OSError, EOFError, zlib.error):
        return


def _unpacked(blob: bytes) -> Iterator[bytes]:
    total = 0
    try:
        with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(blob), read_across_frames=True) as reader:
            while total < MAX_UNPACKED_BYTES and (piece := reader.read(_PIECE)):
                total += len(piece)
                yield piece
    except zstandard.ZstdError:  # not packed, or damaged from here on
        return


def _tells_any(matcher: Matcher, chunks: Iterable[bytes]) -> bool:
    before = b""
    for chunk in chunks:
        for start in range(0, len(chunk), _PIECE):
            piece = before + chunk[start : start + _PIECE]
            if matcher.tells(piece):
                return True
            before = piece[-_OVERLAP:]
    return False
