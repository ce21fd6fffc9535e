"""What `control/` says of one client, as a page shows it: its settings, and the receipts of its deletions. Pure.

A kernel cannot read `control/`: the gateway makes these facts, of clients within the viewer's scope alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Final, TypedDict

from access.deletion_kinds import DeletionKind
from voila_dashboards.words import Words

if TYPE_CHECKING:  # a page's kernel does without what reads records
    from access.clients import Client
    from access.receipts import Receipt
    from lake.scope import Scope

LEVELS: Final = Words("ClientLevel", ("FULL_TRACE", "METRICS_ONLY", "OFF"))
KINDS: Final = Words("DeletionKind", tuple(kind.value for kind in DeletionKind))
#: So many receipts go to a page, the newest; all of them can be taken away as a file.
MOST_RECEIPTS: Final = 10
#: All of them together, so that what goes to a kernel fits into one message, whatever receipts say.
_MOST_BYTES: Final = 192 * 1024
_MOST_ENTRIES: Final = 6
_LONGEST: Final = 300
#: In place of an account of the provider's, which is told to nobody else.
_BY_PROVIDER: Final = "your provider"
_LONGEST_ENTRY: Final = 120


class ClientRecord(TypedDict):
    """What was set for a client; days are None for ever. Who set it and when is None where nobody noted it.

    Who is an account's name for those who see all clients alone: see `told_to`.
    """

    level: Annotated[str, LEVELS]
    level_by: str | None
    level_at_ms: int | None
    logs_days: int | None
    traces_days: int | None
    kept_by: str | None
    kept_at_ms: int | None
    created_at_ms: int
    removed_at_ms: int | None


class ReceiptFacts(TypedDict):
    """What a receipt says in short, and whether it can be believed; ``follows`` is None where nobody looked."""

    id: str
    kind: Annotated[str, KINDS]
    is_of_everybody: bool
    why: str
    by: str
    requested_at_ms: int | None
    ended_at_ms: int | None
    removed: dict[str, int]
    how: str
    read: dict[str, int]
    not_looked_at: dict[str, str]
    out_of_reach: list[str]
    salt: str
    digests: list[str]
    is_whole: bool
    follows: bool | None


class ClientFacts(TypedDict):
    """What is known of a client; ``receipts`` are None where they cannot be read.

    ``record`` is None where there is no such client any more, or, not ``is_known``, where nobody could look.
    """

    is_known: bool
    record: ClientRecord | None
    receipts: list[ReceiptFacts] | None
    more_receipts: int


def client_facts(
    client: Client | None, receipts: Sequence[Receipt] | None, *, is_known: bool = True
) -> ClientFacts:
    """The facts of one client; ``receipts`` are those it may see, the newest first."""
    shown = None if receipts is None else list(_that_fit(receipts[:MOST_RECEIPTS]))
    return {
        "is_known": is_known,
        "record": None if client is None else _record(client),
        "receipts": shown,
        "more_receipts": len(receipts or ()) - len(shown or ()),
    }


def told_to(scope: Scope, facts: ClientFacts) -> ClientFacts:
    """The facts as ``scope`` is told them.

    Accounts of the provider's, and what was deleted with all clients at once, are told to those who see all clients.
    """
    if scope.clients is None:
        return facts
    told = facts.copy()
    if told["record"] is not None:
        told["record"] = _without_accounts(told["record"])
    if told["receipts"] is not None:
        own = [each for each in told["receipts"] if not each["is_of_everybody"]]
        told["receipts"] = [{**each, "by": _BY_PROVIDER} for each in own]
    return told


def _without_accounts(record: ClientRecord) -> ClientRecord:
    level_by, kept_by = (each and _BY_PROVIDER for each in (record["level_by"], record["kept_by"]))
    return {**record, "level_by": level_by, "kept_by": kept_by}


def _that_fit(receipts: Iterable[Receipt]) -> Iterator[ReceiptFacts]:
    left = _MOST_BYTES
    for each in receipts:
        told = _receipt(each)
        left -= len(json.dumps(told))
        if left < 0:
            return
        yield told


def _record(client: Client) -> ClientRecord:
    return {
        "level": client.level.value,
        "level_by": _text(client.level_by) or None,
        "level_at_ms": _ms(client.level_at),
        "logs_days": client.keep_logs_days,
        "traces_days": client.keep_traces_days,
        "kept_by": _text(client.kept_by) or None,
        "kept_at_ms": _ms(client.kept_at),
        "created_at_ms": _ms(client.created_at) or 0,
        "removed_at_ms": _ms(client.removed_at),
    }


def _receipt(receipt: Receipt) -> ReceiptFacts:
    told = receipt.told
    checked, named = _object(told.get("checked")), _object(told.get("named_by"))
    kind = told.get("kind")
    return {
        "id": _text(told.get("id")),
        "kind": kind if kind in KINDS.words else DeletionKind.CLIENT.value,
        "is_of_everybody": told.get("client_id") is None,
        "why": _text(told.get("why")),
        "by": _text(told.get("by")) or _BY_PROVIDER,
        "requested_at_ms": _ms(told.get("requested_at")),
        "ended_at_ms": _ms(told.get("ended_at")),
        "removed": _counts(told.get("removed")),
        "how": _text(checked.get("how")),
        "read": _counts(checked.get("read")),
        "not_looked_at": {
            _entry(name): _entry(reason)
            for name, reason in _few(_object(checked.get("not_looked_at")).items())
        },
        "out_of_reach": [_text(each) for each in _few(_list(told.get("out_of_reach")))],
        "salt": _entry(named.get("salt")),
        "digests": [_entry(named.get("hmac_sha256")), *map(_entry, _few(_list(named.get("keyed_hashes"))))],
        "is_whole": receipt.is_whole,
        "follows": receipt.follows,
    }


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _few(values: Iterable[Any]) -> list[Any]:
    return list(islice(values, _MOST_ENTRIES))


def _text(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""


def _entry(value: object) -> str:
    return value[:_LONGEST_ENTRY] if isinstance(value, str) else ""


def _counts(value: object) -> dict[str, int]:
    counts = {_entry(name): count for name, count in _object(value).items() if type(count) is int}
    return dict(islice(counts.items(), 4 * _MOST_ENTRIES))


def _ms(moment: object) -> int | None:
    """UTC epoch ms of a moment, or of its text; None where it is neither."""
    try:
        read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return int(read.timestamp() * 1000) if isinstance(read, datetime) else None
    except (ValueError, OverflowError):
        return None
