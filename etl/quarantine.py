"""What could not be read is kept, with the reason beside it; the reason never quotes a log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from lake import layout, rawlog
from lake.errors import LakeError, ObjectExists, ObjectNotFound, StoreRefused
from lake.layout import quarantine_key
from lake.rawobject import ParsedObject
from lake.store import Store, StoredObject

OBJECT: Final = "object"
LINES: Final = "lines.ndjson"
#: Logs that can be read and say something else than the ones that stand (`etl.conflicts`).
CONFLICTS: Final = "conflicts.ndjson"
REASON: Final = "reason.json"
_PARTS: Final = (OBJECT, LINES, CONFLICTS, REASON)
#: The reasons that are beside conflicts; such a name counts apart from what could not be read.
CONFLICTS_REASON: Final = "conflicts.reason.json"


class NotRetryable(LakeError):
    """What was set aside cannot go back to ``raw/``."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"{name} {why}, so compacting it again would set it aside again: look at it and drop it."
        )


class RetryRefused(LakeError):
    """The credentials may not write ``raw/``, which those of the ETL may not."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} stays in quarantine: the object store does not let these credentials write raw/. The ETL has no "
            "right to (only collectors bring logs in), so retry with credentials of your own that have it."
        )


class NotSetAside(LakeError):
    """There is nothing of this name in quarantine."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no {name!r} in quarantine: `caselog etl quarantine list` shows what is.")


@dataclass(frozen=True)
class SetAside:
    """One raw object of which something was set aside.

    ``name`` is its place below ``quarantine/``, ``key`` was its key in ``raw/``, ``kept`` are the keys of what is
    kept of it, ``since`` (UTC) is when it was set aside.
    """

    name: str
    key: str
    client_id: str | None
    reason: str
    lines: Sequence[Mapping[str, Any]]
    bytes: int
    since: datetime
    kept: Mapping[str, str]

    @property
    def is_conflict(self) -> bool:
        """Whether these are logs that can be read, and say something else than those that stand."""
        return CONFLICTS in self.kept

    @property
    def hindrance(self) -> str | None:
        """Why compacting it again would change nothing; ``None`` where it may help."""
        if self.client_id is None:
            return "was not written by the collector"
        return (
            "holds logs whose ids are taken by logs that were received before" if self.is_conflict else None
        )

    def to_json(self) -> dict[str, Any]:
        """As a JSON object, without what is kept."""
        return {
            "name": self.name,
            "kind": "conflict" if self.is_conflict else "unreadable",
            "client_id": self.client_id,
            "reason": self.reason,
            "lines": len(self.lines) or None,
            "bytes": self.bytes,
            "since": self.since.isoformat(),
        }


def set_aside(store: Store, parsed: ParsedObject) -> int:
    """Keep what is unreadable of an object below ``quarantine/``; how many lines (or objects) that were.

    Doing it twice writes the same objects again.
    """
    if parsed.unreadable is not None:
        store.put(quarantine_key(parsed.key, OBJECT), parsed.blob)
        _write_reason(store, parsed.key, {"reason": parsed.unreadable})
        return 1
    if parsed.bad_lines:
        kept = b"".join(bad.line + b"\n" for bad in parsed.bad_lines)
        store.put(quarantine_key(parsed.key, LINES), kept)
        reasons = [{"line": bad.number, "reason": bad.reason} for bad in parsed.bad_lines]
        _write_reason(store, parsed.key, {"lines": reasons})
    return len(parsed.bad_lines)


def move_aside(store: Store, key: str, reason: str) -> None:
    """Set a whole object aside without reading it; raises `ObjectNotFound` where it is gone or withheld."""
    store.move(key, quarantine_key(key, OBJECT))
    _write_reason(store, key, {"reason": reason})


def _write_reason(store: Store, key: str, reason: dict[str, object]) -> None:
    text = json.dumps({"object": key, **reason}, indent=1)
    store.put(quarantine_key(key, REASON), text.encode())


# ------------------------------------------------------------ looking at it, and deciding


def found(store: Store) -> Iterator[SetAside]:
    """Everything that was set aside, by name."""
    stored = [(name, part, each) for each in store.list(layout.QUARANTINE) for name, part in [_named(each)]]
    stored.sort(key=lambda each: each[:2])
    for name, parts in groupby(stored, key=lambda each: each[0]):
        yield _read(store, name, {part: each for _, part, each in parts})


def find(store: Store, name: str) -> SetAside:
    """What was set aside under this name, or from the raw object of this key; raises `NotSetAside`."""
    wanted = name.removeprefix(layout.QUARANTINE)
    for each in found(store):
        if wanted in (each.name, each.key):
            return each
    raise NotSetAside(name)


def content(store: Store, aside: SetAside) -> bytes:
    """What is kept of it: the object as it was, its unreadable lines, or those that say something else."""
    parts = (OBJECT, LINES, CONFLICTS)
    return b"".join(store.get(aside.kept[part]) for part in parts if part in aside.kept)


def retry(store: Store, aside: SetAside) -> None:
    """Put it back to where it was, for the next run; raises `NotRetryable`, `RetryRefused`.

    Killed in between, it is in both places, and the next run counts it once.
    """
    if (why := aside.hindrance) is not None:
        raise NotRetryable(aside.name, why)
    try:
        _put_all_back(store, aside)
    except StoreRefused as error:
        raise RetryRefused(aside.name) from error
    drop(store, aside)


def _put_all_back(store: Store, aside: SetAside) -> None:
    for part, key in aside.kept.items():
        if part == OBJECT:
            _put_back(store, aside.key, store.get(key))
        elif part == LINES:
            lines = [line for line in store.get(key).split(b"\n") if line.strip()]
            _put_back(store, _key_of_lines(aside.key), rawlog.pack(lines))


def _key_of_lines(key: str) -> str:
    """A key of their own: the object that the lines are from may be raw again."""
    return key.removesuffix(".ndjson.zst").removesuffix("-again") + "-again.ndjson.zst"


def _put_back(store: Store, key: str, blob: bytes) -> None:
    try:
        store.create(key, blob)
    except ObjectExists:
        if store.get(key) != blob:
            raise


def drop(store: Store, aside: SetAside) -> None:
    """Remove it for ever."""
    store.delete([*(key for part, key in aside.kept.items() if part != REASON)])
    store.delete([key for part, key in aside.kept.items() if part == REASON])


def _named(stored: StoredObject) -> tuple[str, str]:
    name = stored.key.removeprefix(layout.QUARANTINE)
    part = next((part for part in _PARTS if name.endswith(f".{part}")), "")
    if part == CONFLICTS:  # not of the same name as what could not be read of the object
        return name.removesuffix(".ndjson"), part
    return name.removesuffix(f".{part}") if part else name, part


def _read(store: Store, name: str, parts: Mapping[str, StoredObject]) -> SetAside:
    told = read_reason(store, parts[REASON].key) if REASON in parts else {}
    key = str(told.get("object") or layout.RAW + name)
    lines = [line for line in told.get("lines") or () if isinstance(line, dict)]
    return SetAside(
        name,
        key,
        layout.client_of_raw_key(key),
        _in_words(told, lines),
        lines,
        sum(each.size for part, each in parts.items() if part != REASON),
        min(each.modified for each in parts.values()),
        {part: each.key for part, each in parts.items()},
    )


def read_reason(store: Store, key: str) -> dict[str, Any]:
    """What was written beside something that was set aside; empty where nothing of it can be read."""
    try:
        told = json.loads(store.get(key))
    except (ObjectNotFound, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _in_words(told: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> str:
    if "reason" in told:
        return str(told["reason"])
    if not lines:
        return "no reason is kept beside it"
    reasons = list(dict.fromkeys(str(line.get("reason")) for line in lines))
    more = f", and {len(reasons) - 1} more reasons" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}"
