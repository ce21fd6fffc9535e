"""Receipts of deletions for whoever shows them: the newest, each read once, and whether it is what was written."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

from access import deletions
from access.errors import BrokenControlObject
from lake.errors import ObjectNotFound
from lake.layout import CONTROL
from lake.scope import Scope
from lake.store import Store, StoredObject

_PREFIX: Final = f"{CONTROL}receipts"
_READERS: Final = 16
_WITHHELD: Final = frozenset({"by", "previous", deletions.BLINDING})
#: The newest are kept in memory, about 2 KB each; their ids are in the order of time.
MOST: Final = 2_000


@dataclass(frozen=True)
class Receipt:
    """One receipt: ``told`` is what it says.

    ``is_whole``: it is what was written. ``follows``: the receipt that it names as the one before it is there; None
    where that is older than those that are looked at.
    """

    told: Mapping[str, Any]
    is_whole: bool
    follows: bool | None

    def is_for(self, scope: Scope, client_id: str) -> bool:
        """Whether it is shown to ``scope`` as one of this client's.

        What was deleted with all clients at once is told to those who see them all: its counts are of everybody.
        """
        of = self.told.get("client_id")
        return scope.allows(client_id) and (of == client_id or (of is None and scope.clients is None))

    def as_told_to(self, scope: Scope) -> Receipt:
        """The receipt as ``scope`` is shown it: whole to those who see all clients.

        Others are not told by whose account it was done, nor of the receipt before it, which may be another client's.
        The digest stays as the pledge by which it is compared with what the provider shows; but not without `BLINDING`
        below it: then what is withheld could be guessed at.
        """
        if scope.clients is None:
            return self
        withheld = _WITHHELD if self.told.get(deletions.BLINDING) else {*_WITHHELD, "digest"}
        return replace(self, told={name: value for name, value in self.told.items() if name not in withheld})


class Receipts:
    """The receipts of a lake; one that is known is not read again. Not safe between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[StoredObject, Mapping[str, Any] | None] = {}

    def read(self) -> list[Receipt]:
        """The newest `MOST`, the newest first; raises `lake.errors.StoreUnavailable`."""
        every = sorted(self._store.list(_PREFIX), key=lambda stored: stored.key, reverse=True)
        listed = every[:MOST]
        new = [each for each in listed if each not in self._known]
        with ThreadPoolExecutor(_READERS) as pool:
            found = dict(zip(new, pool.map(self._read, new), strict=True))
        self._known = {each: self._known[each] if each in self._known else found[each] for each in listed}
        return _checked([told for told in self._known.values() if told], is_cut=len(every) > len(listed))

    def _read(self, stored: StoredObject) -> Mapping[str, Any] | None:
        deletion_id = stored.key.rpartition("/")[2].removesuffix(".json")
        try:
            return deletions.find_receipt(self._store, deletion_id)
        except (BrokenControlObject, ObjectNotFound):  # the command says so
            return None


def _checked(told: list[Mapping[str, Any]], *, is_cut: bool) -> list[Receipt]:
    digests = {each.get("digest") for each in told}
    return [
        Receipt(
            each,
            is_whole=each.get("digest") == deletions.digest_of_receipt(each),
            follows=_follows(each, digests, is_cut=is_cut),
        )
        for each in told
    ]


def _follows(receipt: Mapping[str, Any], digests: set[Any], *, is_cut: bool) -> bool | None:
    before = receipt.get("previous")
    if not before or before in digests:
        return True
    return None if is_cut else False
