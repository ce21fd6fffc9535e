"""What was deleted, so that it stays deleted: a record for each deletion, and the receipt of each that is done.

A record is written before anything is removed. It names nobody in clear: a ticket's id and an address by a salted
digest, a log by a digest of its id.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final

from pydantic import Field

from access import records
from access.deletion_kinds import DeletionKind
from access.errors import BrokenControlObject, UnknownDeletion
from access.records import Record
from lake import layout
from lake.errors import LakeMissing, ObjectNotFound
from lake.id_list import IdList, digest_of, pack, unpack
from lake.store import Store, StoredObject
from lake.subjects import Subject, salted

logger = logging.getLogger(__name__)

_KIND: Final = "deletions"
_RECEIPTS: Final = "receipts"
#: Ids that are too many for the record itself are an object of their own here.
_IDS: Final = f"{layout.CONTROL}deleted_logs/"
_FEW_IDS: Final = 256
_READERS: Final = 32
#: A field of a receipt: random, and told to no client, so that nobody finds out by its digest what else was withheld.
BLINDING: Final = "blinding"
Kind = DeletionKind


class Deletion(Record):
    """One deletion; times in UTC.

    ``client_id`` is whose logs are looked through, ``None`` everybody's. ``digest`` is the salted one of the ticket's
    id or the address, ``tokens`` are those of what stands for the address in masked logs. ``log_ids`` and the object
    ``ids_key`` hold the digests of the logs that were found. ``counts`` are those of the receipt.
    """

    deletion_id: str
    kind: Kind
    client_id: str | None = None
    salt: str = ""
    digest: str | None = None
    tokens: tuple[str, ...] = ()
    #: Clients whose logs may hold what stands for the address under a key that nobody gave.
    without_key: tuple[str, ...] = ()
    requested_at: datetime
    by: str
    why: str
    active_at: datetime
    ended_at: datetime | None = None
    #: When the client's id was given out again; logs received before stay deleted.
    reopened_at: datetime | None = None
    log_ids: tuple[str, ...] = ()
    ids_key: str | None = None
    counts: dict[str, int] = Field(default_factory=dict)

    @property
    def subject(self) -> Subject:
        """The person, where it is one."""
        return Subject(bytes.fromhex(self.salt), frozenset({*self.tokens, self.digest or ""}))

    def concerns(self, client_id: str) -> bool:
        """Whether logs of this client are looked through."""
        return self.client_id in {None, client_id}

    def covers(self, executed_at: datetime | None, received_at: datetime | None) -> bool:
        """Whether a log of these times can be one that is deleted: what is executed later is a new one."""
        moments = [moment for moment in (executed_at, received_at) if moment is not None]
        return not moments or min(moments) <= self.requested_at

    def is_ticket(self, ticket_id: object) -> bool:
        """Whether this is the ticket that is deleted."""
        return isinstance(ticket_id, str) and salted(bytes.fromhex(self.salt), ticket_id) == self.digest

    def is_of(self, value: str) -> bool:
        """Whether the deletion is that of this client, ticket or address; for whoever knows it."""
        if self.kind is Kind.CLIENT:
            return value == self.client_id
        text = value.lower() if self.kind is Kind.SUBJECT else value
        return salted(bytes.fromhex(self.salt), text) in {self.digest, *self.tokens}


def create_deletion(store: Store, deletion: Deletion) -> None:
    """Write the record of a deletion that begins."""
    records.create_record(store, _KIND, deletion.deletion_id, deletion)


def write_deletion(store: Store, deletion: Deletion) -> None:
    """Write how far a deletion is."""
    records.write_record(store, _KIND, deletion.deletion_id, deletion)


def save(store: Store, deletion: Deletion) -> Deletion:
    """Write how far a deletion is, with what another process that is at it has noted meanwhile; both together."""
    noted = records.read_record(store, Deletion, _KIND, deletion.deletion_id)
    if noted is not None:
        deletion = (
            with_ids(store, deletion, deleted_ids(store, noted)) if _differs(noted, deletion) else deletion
        )
        most = {name: max(n, noted.counts.get(name, 0)) for name, n in deletion.counts.items()}
        ended_at = noted.ended_at or deletion.ended_at
        deletion = deletion.model_copy(update={"ended_at": ended_at, "counts": {**noted.counts, **most}})
    write_deletion(store, deletion)
    return deletion


def _differs(one: Deletion, other: Deletion) -> bool:
    return (one.log_ids, one.ids_key) != (other.log_ids, other.ids_key)


def get_deletion(store: Store, deletion_id: str) -> Deletion:
    """The deletion with this id, or the only one whose id begins so; raises `UnknownDeletion`."""
    found = [each for each in list_deletions(store) if each.deletion_id.startswith(deletion_id)]
    if len(found) != 1:
        raise UnknownDeletion(deletion_id)
    return found[0]


def list_deletions(store: Store) -> list[Deletion]:
    """Every deletion, the oldest first; raises `BrokenControlObject`: one that cannot be read is not passed over."""
    return DeletionRecords(store).read()


def client_deletion(store: Store, client_id: str) -> Deletion | None:
    """The last deletion of this client after which its id was not given out again."""
    try:
        every = list_deletions(store)
    except LakeMissing:  # the first client makes the lake
        return None
    found = (each for each in every if each.kind is Kind.CLIENT and not each.reopened_at)
    return next((each for each in found if each.client_id == client_id), None)


def reopen(store: Store, client_id: str, now: datetime) -> None:
    """Let logs of this client in again that are received from now on."""
    for each in list_deletions(store):
        if each.kind is Kind.CLIENT and each.client_id == client_id and not each.reopened_at:
            write_deletion(store, each.model_copy(update={"reopened_at": now}))


class DeletionRecords:
    """The records as they are now; one that did not change is not read again. Not safe between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[object, ...], Deletion] = {}

    def read(self) -> list[Deletion]:
        """Every record, the oldest first; raises `BrokenControlObject`, `StoreUnavailable`."""
        listed = [each for each in self._store.list(f"{layout.CONTROL}{_KIND}") if each.key.endswith(".json")]
        new = [each for each in listed if _stamp(each) not in self._known]
        if new:
            with ThreadPoolExecutor(min(_READERS, len(new))) as pool:
                read = list(pool.map(self._read_one, new))
            found = {_stamp(each): record for each, record in zip(new, read, strict=True) if record}
            self._known = {
                stamp: record
                for each in listed
                if (record := self._known.get(stamp := _stamp(each)) or found.get(stamp))
            }
        return [record for each in listed if (record := self._known.get(_stamp(each)))]

    def _read_one(self, found: StoredObject) -> Deletion | None:
        try:
            return records.parse_record(Deletion, found.key, self._store.get(found.key))
        except ObjectNotFound:
            return None


def _stamp(found: StoredObject) -> tuple[object, ...]:
    return found.key, found.size, found.modified


# ------------------------------------------------------------ the logs that were found


def deleted_ids(store: Store, deletion: Deletion) -> set[bytes]:
    """The digests of all logs that the deletion has found so far."""
    found = {bytes.fromhex(each) for each in deletion.log_ids}
    return found | set(unpack(store.get(deletion.ids_key))) if deletion.ids_key else found


def with_ids(store: Store, deletion: Deletion, digests: Collection[bytes]) -> Deletion:
    """The deletion with these digests beside those it has; they are in the store, the record is not written yet."""
    known = deleted_ids(store, deletion)
    every = known | set(digests)
    if every == known:
        return deletion
    if len(every) <= _FEW_IDS:
        return deletion.model_copy(update={"log_ids": tuple(sorted(each.hex() for each in every))})
    # Objects of ids never change: whoever has read one may believe it.
    data = pack(every)
    key = f"{_IDS}{deletion.deletion_id}-{hashlib.sha256(data).hexdigest()[:16]}.ids"
    store.put(key, data)
    return deletion.model_copy(update={"log_ids": (), "ids_key": key})


def forget_replaced_ids(store: Store, deletion: Deletion) -> None:
    """Remove objects of ids that the record names no longer; after the record was written."""
    prefix = f"{_IDS}{deletion.deletion_id}-"
    stale = [each.key for each in store.list(_IDS) if each.key.startswith(prefix)]
    store.delete([key for key in stale if key != deletion.ids_key])


class DeletedLogs:
    """Which logs were deleted, whatever their content says now. Not safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lists: dict[str, IdList] = {}
        #: What stands in the records themselves, and which of them are in it.
        self._few: set[bytes] = set()
        self._taken: set[tuple[str, ...]] = set()

    def among(self, deletions: Sequence[Deletion], logs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of ``logs`` (client and log id) that one of the deletions has found."""
        for each in deletions:
            if each.log_ids and each.log_ids not in self._taken:
                self._taken.add(each.log_ids)
                self._few.update(map(bytes.fromhex, each.log_ids))
        listed = [each for each in deletions if each.ids_key]
        if not self._few and not listed:
            return set()
        digests = {digest_of(*identity): identity for identity in logs}
        found = self._few & digests.keys()
        for each in listed:
            asked = [digest for digest, (client_id, _) in digests.items() if each.concerns(client_id)]
            found |= self._list_of(str(each.ids_key)).holds(asked)
        return {digests[digest] for digest in found}

    def _list_of(self, key: str) -> IdList:
        return self._lists.setdefault(key, IdList(self._store, key))


# ------------------------------------------------------------ receipts


def write_receipt(store: Store, deletion_id: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write what was done, with the digest of the last receipt before it and its own; the receipt.

    One that is there already stays as it is.
    """
    there = find_receipt(store, deletion_id)
    if there is not None:
        return there
    last = max(
        list_receipts(store), key=lambda each: (str(each.get("ended_at")), str(each.get("id"))), default={}
    )
    receipt = {**facts, "previous": last.get("digest"), BLINDING: secrets.token_hex(16)}
    receipt["digest"] = digest_of_receipt(receipt)
    store.put(layout.control_key(_RECEIPTS, deletion_id), json.dumps(receipt, indent=1).encode())
    return receipt


def digest_of_receipt(receipt: Mapping[str, Any]) -> str:
    """SHA-256 of a receipt's content in one form, whatever spaces it was written with."""
    content = {name: value for name, value in receipt.items() if name != "digest"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def find_receipt(store: Store, deletion_id: str) -> Mapping[str, Any] | None:
    """The receipt of a deletion, or ``None`` where it is not done; raises `BrokenControlObject`."""
    key = layout.control_key(_RECEIPTS, deletion_id)
    try:
        return _as_receipt(key, store.get(key))
    except ObjectNotFound:
        return None


def list_receipts(store: Store) -> list[Mapping[str, Any]]:
    """Every receipt, the oldest deletion first; one that cannot be read is named in the service log."""
    return list(_receipts(store))


def _receipts(store: Store) -> Iterator[Mapping[str, Any]]:
    for found in store.list(f"{layout.CONTROL}{_RECEIPTS}"):
        try:
            yield _as_receipt(found.key, store.get(found.key))
        except BrokenControlObject as error:
            logger.warning("%s", error)


def _as_receipt(key: str, data: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BrokenControlObject(key) from error
    if not isinstance(told, dict):
        raise BrokenControlObject(key)
    return told


def doubts(store: Store, receipt: Mapping[str, Any]) -> list[str]:
    """In words, what is wrong with a receipt: nothing, where it is what was written and follows on another one."""
    said = []
    if receipt.get("digest") != digest_of_receipt(receipt):
        said.append("Its content is not what was written: its digest does not fit.")
    before = receipt.get("previous")
    if before and before not in {each.get("digest") for each in list_receipts(store)}:
        said.append("The receipt before it is gone, or was changed.")
    return said
