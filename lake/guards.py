"""Numbers that commits to a Delta table carry, so that of two that exclude each other exactly one is done.

They are application transactions
(https://github.com/delta-io/delta/blob/master/PROTOCOL.md#transaction-identifiers), one sequence for each purpose and
shard. The library refuses a commit when one that came after the version that was opened names one of the same
sequences, whatever the numbers. So who has to keep others out states their number again, without raising it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from deltalake import DeltaTable, Transaction

#: Rows that are added to ``traces`` and ``logs``.
APPENDER: Final = "caselog-etl"
#: Rows that are added to the tables that are derived from these.
DERIVER: Final = "caselog-derive"
#: Files that are taken out, replaced by others or not.
REMOVER: Final = "caselog-upkeep"


def app_id(purpose: str, shard: int) -> str:
    """The name of a sequence.

    >>> app_id(APPENDER, 7)
    'caselog-etl/07'
    """
    return f"{purpose}/{shard:02}"


def number_of(table: DeltaTable, purpose: str, shard: int) -> int:
    """The number of the last commit of a sequence; 0 where there was none."""
    # Before there were shards, all commits of a purpose were one sequence.
    found = (table.transaction_version(name) or 0 for name in (app_id(purpose, shard), purpose))
    return max(found)


def guards(purpose: str, numbers: Mapping[int, int]) -> list[Transaction]:
    """What a commit carries to be the one with these numbers, by shard."""
    return [Transaction(app_id(purpose, shard), number) for shard, number in sorted(numbers.items())]
