"""The ETL on any `concurrent.futures.Executor`: shards in groups, a task for each, and their reports in one.

An engine is a context manager that yields an executor and how many tasks it does at once (`etl.processes`,
`etl.dask_engine`). A task carries the numbers of shards and the ETL's settings, and nothing that is secret: whoever
does it opens the lake by its own environment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import asdict, dataclass, field
from typing import Any, Final, TypeVar

from etl.run import RunReport
from etl.settings import EtlSettings
from etl.upkeep import UpkeepReport
from lake.shards import SHARDS, shards_of_process

R = TypeVar("R", RunReport, UpkeepReport)

#: So many tasks for each that is done at once: whoever has done with a light one takes another.
_TASKS_EACH: Final = 2


class EngineFailed(Exception):
    """The tasks could not be given out, or not all of them came back; what was not done stays raw."""


@dataclass(frozen=True)
class Task:
    """What one worker is to do, and by what it knows that it is the right one for it.

    ``lake``: a hash of the lake's address; ``version``: of the package that gave the task out.
    """

    shards: frozenset[int]
    settings: EtlSettings
    lake: str
    version: str


@dataclass(frozen=True)
class Outcome:
    """What became of a task: its reports, or one sentence about why it was not done or not to its end."""

    run: RunReport = field(default_factory=RunReport)
    upkeep: UpkeepReport = field(default_factory=UpkeepReport)
    failures: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The reports as a JSON object."""
        failed = {"failed": [*self.failures]} if self.failures else {}
        return {**self.run.to_json(), "upkeep": self.upkeep.to_json(), **failed}


def make_tasks(at_once: int, settings: EtlSettings, lake: str, version: str) -> list[Task]:
    """Tasks for all shards, for an engine that does so many at once."""
    count = min(SHARDS, max(1, at_once) * _TASKS_EACH)
    return [Task(shards_of_process(number, count), settings, lake, version) for number in range(count)]


def spread(
    executor: Executor,
    work: Callable[[Task], Outcome],
    tasks: Sequence[Task],
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Outcome:
    """Have every task done and add up what became of them; ``progress`` is told the tasks done, and all.

    Raises what the engine raises where a task did not come back.
    """
    started = time.monotonic()
    futures = [executor.submit(work, task) for task in tasks]
    outcomes: list[Outcome] = []
    try:
        for future in as_completed(futures):
            outcomes.append(future.result())
            progress(len(outcomes), len(tasks))
    finally:
        for future in futures:
            future.cancel()
    return add_up(outcomes, round(time.monotonic() - started, 3))


def add_up(outcomes: Iterable[Outcome], seconds: float) -> Outcome:
    """All outcomes as one; ``seconds`` is how long they took, side by side."""
    found = [*outcomes]
    failures = dict.fromkeys(sentence for each in found for sentence in each.failures)
    return Outcome(
        _sum(RunReport, [each.run for each in found], seconds),
        _sum(
            UpkeepReport, [each.upkeep for each in found], max((o.upkeep.seconds for o in found), default=0)
        ),
        tuple(failures),
    )


def _sum(kind: type[R], reports: Sequence[R], seconds: float) -> R:
    total: dict[str, Any] = {}
    for report in reports:
        for name, value in asdict(report).items():
            total[name] = _plus(total.get(name), value)
    return kind(**{**total, "seconds": seconds})


def _plus(one: Any, other: Any) -> Any:
    """Counts are added, what is true of one is true of all, and what is told by name is put together."""
    if one is None:
        return other
    if isinstance(one, Mapping):
        return {**one, **other}
    if isinstance(one, bool):
        return one or other
    return one + other
