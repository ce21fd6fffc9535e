"""A table's log without what it told of files that are gone: the least and greatest values of their columns.

A commit says of each file it adds what its rows span, such as the first and the last ticket id. Where the file is
gone, its entry is written again with its number of rows alone: no reader asks for more of a file that it does not
read. Checkpoints that told of it are replaced by a new one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import unquote

from deltalake import DeltaTable

from lake.errors import ObjectNotFound
from lake.layout import client_of_table_key
from lake.store import Store
from lake.table_log import log_prefix

_COMMIT: Final = re.compile(r"\d{20}\.(?:\d{20}\.compacted\.)?json")
_CHECKPOINT: Final = re.compile(r"(\d{20})\.checkpoint\..*")
_READERS: Final = 32


def scrub_log(
    store: Store, table: str, opened: DeltaTable, active: Collection[str], clients: Collection[str] | None
) -> int:
    """Take out of the log what it tells of files of these clients (``None``: all) that are not ``active``.

    ``active`` are paths within the table, as of ``opened``. How many commits were written again.
    """
    names = [found.key.rpartition("/")[2] for found in store.list(log_prefix(table))]

    def scrub(name: str) -> bool:
        return _scrub_commit(store, f"{log_prefix(table)}{name}", active, clients)

    with ThreadPoolExecutor(_READERS) as pool:
        changed = sum(pool.map(scrub, (name for name in names if _COMMIT.fullmatch(name))))
    old = [
        name for name in names if (told := _CHECKPOINT.fullmatch(name)) and int(told[1]) < opened.version()
    ]
    if old:
        opened.create_checkpoint()
        store.make_durable()
        store.delete([f"{log_prefix(table)}{name}" for name in old])
    return changed


def _scrub_commit(store: Store, key: str, active: Collection[str], clients: Collection[str] | None) -> bool:
    try:
        text = store.get(key)
    except ObjectNotFound:  # the log was tidied meanwhile
        return False
    scrubbed = scrub_text(text, active, clients)
    if scrubbed == text:
        return False
    store.put(key, scrubbed)
    return True


def scrub_text(text: bytes, active: Collection[str], clients: Collection[str] | None) -> bytes:
    """The text of a commit without what it tells of files of these clients that are not ``active``."""
    lines = list(_scrubbed(text, active, clients))
    return text if b"\n".join(lines) == text.rstrip(b"\n") else b"".join(line + b"\n" for line in lines)


def _scrubbed(text: bytes, active: Collection[str], clients: Collection[str] | None) -> Iterator[bytes]:
    for line in text.rstrip(b"\n").split(b"\n"):
        action = _action(line)
        about = action.get("add") or action.get("remove")
        if about and _is_gone(about, active, clients) and _tells(about):
            about["stats"], about["tags"] = _only_rows(about.get("stats")), None
            yield json.dumps(action, separators=(",", ":")).encode()
        else:
            yield line


def _action(line: bytes) -> dict[str, Any]:
    try:
        action = json.loads(line)
    except (ValueError, RecursionError):  # damage is others' to mend
        return {}
    return action if isinstance(action, dict) else {}


def _is_gone(about: Mapping[str, Any], active: Collection[str], clients: Collection[str] | None) -> bool:
    path = unquote(str(about.get("path")))
    client_id = client_of_table_key(f"t/{path}")
    return path not in active and client_id is not None and (clients is None or client_id in clients)


def _tells(about: Mapping[str, Any]) -> bool:
    return bool(about.get("tags")) or _only_rows(about.get("stats")) != about.get("stats")


def _only_rows(stats: Any) -> str | None:
    if not isinstance(stats, str):
        return None
    try:
        rows = json.loads(stats).get("numRecords")
    except (ValueError, AttributeError, RecursionError):
        return None
    return json.dumps({"numRecords": rows}, separators=(",", ":"))
