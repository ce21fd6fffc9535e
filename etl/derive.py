"""Keeps the derived tables up with ``logs``: the rows of each batch, and whatever an earlier run left out.

A derived table whose number of a shard is k has the rows of all logs of that shard that were committed to ``logs`` with
a number up to k. Rows are added under that number's guard, so that two runs never add the same ones. The tables are
made from others and can be made again: what fails here is said, and never holds up the logs.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa

from etl import catch_up
from etl.fill_texts import fill_texts
from lake import damage, schema
from lake.derived import Derived
from lake.errors import LakeError, StoreUnavailable
from lake.rawlog import RawRow
from lake.shards import EVERY_SHARD, shard_of, shards_of
from lake.snapshot import Lake
from lake.tables import CommitContended, PinnedTable, Table

_TRIES: Final = 5
CURE: Final = "The logs are complete; `caselog etl derive --again` makes it anew."


class DeriveFailed(LakeError):
    """Something that nobody foresaw."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"Making its rows failed ({type(error).__name__}).")


@dataclass
class DeriveReport:
    """What was done: logs whose rows were added, files dropped before, parts of traces that were too many.

    ``texts``: logs that got the search text they lacked.
    """

    logs: int = 0
    dropped: int = 0
    beyond: int = 0
    texts: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return asdict(self)


def tables_of(lake: Lake) -> list[Table]:
    """The derived tables."""
    return [lake.table(name) for name in schema.DERIVED]


def catch_up_first(lake: Lake, shards: Collection[int], limit_s: float) -> dict[str, str]:
    """Before a run: add what earlier runs left out of these shards, for at most so long; raises no `LakeError`.

    Which derived tables are behind then, each with a sentence.
    """
    try:
        needed = lake.logs.numbers(shards)
    except LakeError as error:
        return {name: sentence_of(name, error) for name in schema.DERIVED}
    until = time.monotonic() + limit_s
    behind: dict[str, str] = {}
    late: dict[frozenset[int], list[str]] = defaultdict(list)
    for table in tables_of(lake):
        try:
            done = table.numbers(shards)
        except LakeError as error:
            behind[table.name] = sentence_of(table.name, error)
            continue
        late[frozenset(shard for shard, number in needed.items() if done[shard] < number)].append(table.name)
    for lacking, names in late.items():
        if lacking:
            behind |= bring_up(lake, names, lacking, lambda: time.monotonic() > until)
    return behind


def rows_of(logs: Iterable[tuple[dict[str, Any], bytes | memoryview | None]]) -> Derived | None:
    """The derived rows of logs with their traces, or ``None`` where something nobody foresaw is in the way."""
    try:
        return Derived(logs)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the logs matter more
        return None


def derive_batch(lake: Lake, derived: Derived | None, numbers: Mapping[int, int]) -> dict[str, str]:
    """Commit the rows of a batch that was just added to ``logs`` under these numbers; raises no `LakeError`.

    Which derived tables are behind now, each with a sentence: the next run brings them up.
    """
    if derived is None:
        return {name: _left(name) for name in schema.DERIVED}
    with ThreadPoolExecutor(len(schema.DERIVED), "etl-derive") as pool:
        told = pool.map(lambda table: (table.name, _say(table, derived, numbers)), tables_of(lake))
        return {name: sentence for name, sentence in told if sentence}


class BatchDeriver:
    """Makes the derived rows of batches and commits them, one batch after another, beside everything else.

    Used in a ``with``, at whose end all is done; which tables are behind then stands in ``behind``.
    """

    def __init__(self, lake: Lake, behind: dict[str, str]) -> None:
        self._lake = lake
        self._behind = behind
        self._making = ThreadPoolExecutor(1, "etl-derive")
        self._adding = ThreadPoolExecutor(1, "etl-add-derived")
        self._begun: Future[dict[str, str]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._making.shutdown(cancel_futures=True)
        self._adding.shutdown()
        if error is None:
            self._finish()

    def begin(self, rows: Sequence[RawRow]) -> Future[Derived | None]:
        """Begin to make the derived rows of ``rows``; then each has its ``search_text``."""
        return self._making.submit(self.make, rows)

    def make(self, rows: Sequence[RawRow]) -> Derived | None:
        """As `begin`, at once."""
        return rows_of((row.log, row.raw_trace) for row in rows)

    def add(self, derived: Derived | None, numbers: Mapping[int, int]) -> None:
        """Commit these rows, as `derive_batch`; memory holds those of one batch more."""
        self._finish()
        self._begun = self._adding.submit(derive_batch, self._lake, derived, numbers)

    def _finish(self) -> None:
        if self._begun is not None:
            self._behind |= self._begun.result()
            self._begun = None


def _say(table: Table, derived: Derived, numbers: Mapping[int, int]) -> str:
    """What keeps a table from having the batch's rows; nothing where it has them."""
    try:
        for _ in range(_TRIES):
            try:
                return _add(table.pin(), derived, numbers)
            except CommitContended:
                continue
    except LakeError as error:
        return sentence_of(table.name, error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the logs are in and go on
        return sentence_of(table.name, DeriveFailed(error))
    return _left(table.name)


def _add(pinned: PinnedTable, derived: Derived, numbers: Mapping[int, int]) -> str:
    """Add the rows of those shards that lack this batch and nothing else."""
    done = {shard: pinned.number(shard) for shard in numbers}
    todo = {shard: number for shard, number in numbers.items() if done[shard] == number - 1}
    is_late = any(done[shard] < number - 1 for shard, number in numbers.items())
    if (
        len(derived.portions) > 1
    ):  # of several portions, some may be there: who looks at the ids adds the rest
        return _left(pinned.name) if todo or is_late else ""
    if todo:
        rows = derived.portions[0][pinned.name]
        if len(todo) < len(numbers):
            rows = rows.filter(pa.array([shard_of(each) in todo for each in rows["client_id"].to_pylist()]))
        pinned.append(rows, todo)
    return _left(pinned.name) if is_late else ""


def _left(table: str) -> str:
    return f"The derived table {table} is behind: the next run goes on, or at once `caselog etl derive`."


def sentence_of(table: str, error: Exception) -> str:
    """Why a derived table is behind, and what to do."""
    return f"The derived table {table} is behind: {error} {CURE}"


def bring_up(
    lake: Lake, names: Sequence[str], shards: Collection[int], is_late: Callable[[], bool]
) -> dict[str, str]:
    """Add what these tables lack of these shards, from ``traces``; which are behind then, each with a sentence."""
    try:
        is_done = catch_up.catch_up(lake, names, shards, is_late, DeriveReport())
    except CommitContended:  # another run is at it
        is_done = False
    except LakeError as error:
        return {name: sentence_of(name, error) for name in names}
    except Exception as error:  # noqa: BLE001 - as above
        return {name: sentence_of(name, DeriveFailed(error)) for name in names}
    return {} if is_done else {name: _left(name) for name in names}


def derive(lake: Lake, clients: Collection[str] | None = None, *, again: bool = False) -> DeriveReport:
    """Make what is missing of all derived tables, or all anew; raises `LakeError`, and goes on where it was then.

    ``clients`` are those to do it for; ``None`` is everybody.
    """
    started = time.monotonic()
    report = DeriveReport()
    for table in tables_of(lake):
        if again:
            report.dropped += _drop(lake, table, clients)
    names = list(schema.DERIVED)
    held = {shard_of(file.client_id) for file in lake.logs.pin().files()}
    shards = held if clients is None else held & shards_of(clients)
    catch_up.catch_up(lake, names, shards, _never, report, is_thorough=True, clients=clients)
    if clients is not None:  # what is said of a shard is said of all its clients
        catch_up.catch_up(lake, names, shards, _never, report)
    report.texts = fill_texts(lake, clients)
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _never() -> bool:
    return False


def _drop(lake: Lake, table: Table, clients: Collection[str] | None) -> int:
    """Take what a table has out; of one that cannot be opened, all objects are removed."""
    try:
        for _ in range(_TRIES):
            try:
                return table.pin().drop(clients)
            except CommitContended:
                continue
    except StoreUnavailable:
        keys = [found.key for found in lake.store.list(f"{table.name}/")]
        if clients is not None or not keys:
            raise
        lake.store.delete(keys)
        table.forget()
        return len(keys)
    raise CommitContended(table.name)


def derived_behind(lake: Lake) -> list[str]:
    """In words, which derived tables lack rows or are damaged; nothing where they are whole."""
    return [sentence for table in tables_of(lake) if (sentence := _what_is_wrong(lake, table))]


def _what_is_wrong(lake: Lake, table: Table) -> str:
    try:
        needed = lake.logs.numbers(EVERY_SHARD)
    except LakeError:  # said of ``logs`` itself
        return ""
    try:
        done = table.numbers(EVERY_SHARD)
        broken = next(damage.damaged_files_of(lake.store, table), None)
    except LakeError as error:
        return sentence_of(table.name, error)
    if broken is not None:
        return f"The derived table {table.name} is damaged: {broken.key} {broken.reason}. {CURE}"
    return _left(table.name) if any(done[shard] < number for shard, number in needed.items()) else ""
