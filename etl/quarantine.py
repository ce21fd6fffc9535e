"""What could not be read is kept, with the reason beside it; the reason never quotes a log."""

from __future__ import annotations

import json

from lake.layout import quarantine_key
from lake.rawobject import ParsedObject
from lake.store import Store


def set_aside(store: Store, parsed: ParsedObject) -> int:
    """Keep what is unreadable of an object below ``quarantine/``; how many lines (or objects) that were.

    Doing it twice writes the same objects again.
    """
    if parsed.unreadable is not None:
        store.put(quarantine_key(parsed.key, "object"), parsed.blob)
        _write_reason(store, parsed.key, {"reason": parsed.unreadable})
        return 1
    if parsed.bad_lines:
        kept = b"".join(bad.line + b"\n" for bad in parsed.bad_lines)
        store.put(quarantine_key(parsed.key, "lines.ndjson"), kept)
        reasons = [{"line": bad.number, "reason": bad.reason} for bad in parsed.bad_lines]
        _write_reason(store, parsed.key, {"lines": reasons})
    return len(parsed.bad_lines)


def _write_reason(store: Store, key: str, reason: dict[str, object]) -> None:
    text = json.dumps({"object": key, **reason}, indent=1)
    store.put(quarantine_key(key, "reason.json"), text.encode())
