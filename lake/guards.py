"""Numbers that commits to a Delta table carry, so that of two that exclude each other exactly one is done.

They are application transactions
(https://github.com/delta-io/delta/blob/master/PROTOCOL.md#transaction-identifiers), one sequence for each purpose and
shard. The library refuses a commit when one that came after the version that was opened names one of the same
sequences, whatever the numbers. So who has to keep others out states their number again, without raising it.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError

from lake.transactions import transactions_of

#: Rows that are added to ``traces`` and ``logs``.
APPENDER: Final = "caselog-etl"
#: Rows that are added to the tables that are derived from these.
DERIVER: Final = "caselog-derive"
#: Files that are taken out, replaced by others or not.
REMOVER: Final = "caselog-upkeep"

#: How often the library itself offers a commit again, at once, when commits of other shards took its version.
_RETRIES: Final = 8
#: How often that is done, after a pause of a random length up to the first and, doubling, up to the longest.
_OFFERS: Final = 9
_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 8.0
#: What the library says when its retries are used up; what excludes a commit is said in words.
_CROWDED: Final = re.compile(r"Failed to commit transaction: \d+")

T = TypeVar("T")


def app_id(purpose: str, shard: int) -> str:
    """The name of a sequence.

    >>> app_id(APPENDER, 7)
    'caselog-etl/07'
    """
    return f"{purpose}/{shard:02}"


def number_of(table: DeltaTable, purpose: str, shard: int) -> int:
    """The number of the last commit of a sequence; 0 where there was none. Raises `StoreUnavailable`."""
    # Before there were shards, all commits of a purpose were one sequence.
    found = transactions_of(table)
    names = (app_id(purpose, shard), purpose)
    return max((found[name] for name in names if name in found), default=0)


def offer(told: Sequence[Transaction], commit: Callable[[CommitProperties], T]) -> T:
    """``commit``'s answer, done under these numbers.

    Commits of other shards only come before it: then it is offered again. Many processes that do so at once keep
    each other from it, so they pause. Raises `CommitFailedError` where a commit of these shards came first, or the
    table is so busy that it was not done.
    """
    properties = CommitProperties(app_transactions=[*told], max_commit_retries=_RETRIES)
    for turn in range(_OFFERS - 1):
        try:
            return commit(properties)
        except CommitFailedError as error:
            if not _CROWDED.search(str(error)):
                raise
        time.sleep(min(_LONGEST_PAUSE_S, _PAUSE_S * 2**turn) * secrets.randbelow(1000) / 1000)
    return commit(properties)


def guards(purpose: str, numbers: Mapping[int, int]) -> list[Transaction]:
    """What a commit carries to be the one with these numbers, by shard."""
    return [Transaction(app_id(purpose, shard), number) for shard, number in sorted(numbers.items())]
