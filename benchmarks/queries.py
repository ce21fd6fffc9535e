"""What the pages' questions cost: errors, tools, the list with words and conditions, the overview, a download.

    python -m benchmarks.queries [--tickets 1000000] [--clients 50] [--days 90] [--work FOLDER] [--only WORD ...]

Makes a lake in which every ticket has its tool calls, its errors and a search text (once, in ``--work``), brings the
scope files up, and asks each question several times in one process with two threads, as a page's kernel does. Each
figure is one JSON line: the best and the median time on the clock, and the processor's time of the best, because a
machine that has other work makes the clock useless. ``goal`` is what we ask of the figure on two idle cores.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import duckdb

from access.viewer import Viewer
from benchmarks.lakes import Recipe, fill
from lake.parquet import scope_rows, write_scope_file
from lake.reader import Reader
from lake.scope import EVERYONE
from lake.scope_files import ScopeFiles
from lake.scope_tables import LOGS
from lake.store import open_store
from voila_dashboards.downloads.formats import FORMATS
from voila_dashboards.downloads.tickets import find_tickets
from voila_dashboards.downloads.worker import FileSource
from voila_dashboards.pages.compare.query import compare_data
from voila_dashboards.pages.errors.query import errors_data
from voila_dashboards.pages.overview.query import overview_data
from voila_dashboards.pages.tickets.find import find_values
from voila_dashboards.pages.tickets.query import tickets_data
from voila_dashboards.pages.tools.query import tools_data

END: Final = datetime(2026, 11, 26, 5, tzinfo=UTC)
NOW_MS: Final = int(END.timestamp()) * 1000
VIEWER: Final = Viewer("provider", "Provider", EVERYONE)
_CACHE_BYTES: Final = 16 << 30

Query = Callable[..., Any]
#: What is asked, with which parameters, and in how many ms we want it.
QUESTIONS: Final[Mapping[str, tuple[Query, Mapping[str, str], int | None]]] = {
    "overview": (overview_data, {}, None),
    "overview, 7 days of Tokyo": (overview_data, {"range": "7d", "zone": "Asia/Tokyo"}, None),
    "overview, all": (overview_data, {"range": "all"}, None),
    "errors": (errors_data, {}, 300),
    "errors, all": (errors_data, {"range": "all"}, 300),
    "tools": (tools_data, {}, 300),
    "tools, all": (tools_data, {"range": "all"}, 300),
    "list": (tickets_data, {}, None),
    "list, by cost": (tickets_data, {"sort": "cost_usd"}, None),
    "list, by risk": (tickets_data, {"where": "hallucination_risk>0.3"}, None),
    "list, a kind of error": (tickets_data, {"tool": "pay_back", "type": "Timeout"}, None),
    "list, last page": (tickets_data, {"before": "end"}, None),
    "search, a frequent word": (tickets_data, {"q": "refund"}, 400),
    "search, two words": (tickets_data, {"q": "refund parcel"}, 400),
    "search, a rare word": (tickets_data, {"q": "kenlover"}, 400),
    "search, no such word": (tickets_data, {"q": "zzqqxx"}, 400),
    "search, Chinese": (tickets_data, {"q": "返金"}, 400),
    "search, a ticket's id": (tickets_data, {"q": "t-500001"}, 400),
}
#: What is looked for among the values of a filter, of which the tickets have very many: ``--values``.
FINDS: Final[Mapping[str, tuple[Mapping[str, str], str, str]]] = {
    "find, a category": ({}, "category", "custom 77"),
    "find, every category": ({}, "category", ""),
    "find, a category of 7 days": ({"range": "7d"}, "category", "custom"),
    "find, a category of what a search found": ({"q": "refund"}, "category", "custom"),
    "find, a version beside a category": ({"category": "Custom 77"}, "version", "custom"),
    "find, a status": ({}, "status", "custom"),
    "find, no such status": ({}, "status", "zzqqxx"),
}
#: Two tickets side by side: which failed ticket, and whether the other one is looked for (the last good one) or named.
COMPARISONS: Final[Mapping[str, tuple[str, bool]]] = {
    "compare, newest failed one with the last good one": ("ORDER BY executed_at DESC", False),
    "compare, oldest failed one with the last good one": ("ORDER BY executed_at", False),
    "compare, the newest and the oldest failed one": ("ORDER BY executed_at DESC", True),
}


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line's options."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--tickets", type=int, default=1_000_000)
    options.add_argument("--clients", type=int, default=50)
    options.add_argument("--days", type=int, default=90)
    options.add_argument("--repeat", type=int, default=5)
    options.add_argument("--pages", type=int, default=1_000, help="pages turned, one after another")
    options.add_argument(
        "--values", type=int, default=5_000, help="values of each filter in which is looked for some"
    )
    options.add_argument("--work", type=Path, default=Path.home() / ".cache" / "caselog" / "queries")
    options.add_argument("--only", nargs="+", default=[""], help="beginnings of the questions' names")
    return options.parse_args(arguments)


def open_files(options: argparse.Namespace) -> dict[str, Path]:
    """The scope files of the lake of these options, which is made where there is none yet."""
    recipe = Recipe(options.tickets, options.clients, options.days, traces=0.0, parts=True)
    store = open_store((options.work / recipe.name).as_uri(), {}, create=True)
    if next(iter(store.list("logs/")), None) is None:
        say("lake", **fill(store, recipe, END))
    files = ScopeFiles(store, options.work / "cache", _CACHE_BYTES)
    started = time.perf_counter()
    snapshot = files.latest(EVERYONE, ["errors", "tool_calls"])
    seconds, sizes = time.perf_counter() - started, sum(each.path.stat().st_size for each in snapshot.files)
    say("scope files", seconds=round(seconds, 1), megabytes=sizes >> 20)
    files.close()
    return {file.name: file.path for file in snapshot.files}


def with_values(files: Mapping[str, Path], options: argparse.Namespace) -> dict[str, Path]:
    """The same tickets with so many categories, versions and statuses, spread evenly; `FINDS` ask these alone."""
    told = f"'Custom ' || hash(log_id, {{}}) % {options.values}"
    columns = ("category", "workflow_version", "status")
    made = ", ".join(f"{told.format(n)} AS {column}" for n, column in enumerate(columns))
    path = options.work / f"values-{options.values}.parquet"
    if not path.exists():
        logs = scope_rows(LOGS, [file for name, file in files.items() if name.startswith("logs")])
        with duckdb.connect() as db:
            write_scope_file(db, f"SELECT * REPLACE ({made}) FROM ({logs})", path)  # noqa: S608 - words of our own
    return {f"logs-{path.name}": path}


def find_among(files: Mapping[str, Path], wanted: tuple[str, ...], options: argparse.Namespace) -> None:
    """Look for values, and say what it took."""
    asked = {name: each for name, each in FINDS.items() if name.startswith(wanted)}
    if asked:
        source = FileSource(Reader(with_values(files, options), memory_limit="512MB"))
        for name, (params, param, words) in asked.items():
            measure(
                name,
                partial(find_values, source, VIEWER, params, NOW_MS, param, words),
                options.repeat,
                400,
            )


def measure(name: str, ask: Callable[[], Any], repeat: int, goal: int | None) -> None:
    """Ask so often, and say what it took."""
    taken = []
    for _ in range(repeat):
        began, processor = time.perf_counter(), time.process_time()
        ask()
        taken.append(((time.perf_counter() - began) * 1000, (time.process_time() - processor) * 1000))
    best_ms, processor_ms = min(taken)
    median_ms = statistics.median(clock for clock, _ in taken)
    say(name, best_ms=round(best_ms), median_ms=round(median_ms), processor_ms=round(processor_ms), goal=goal)


def compare(source: FileSource, order: str, *, is_chosen: bool) -> Callable[[], Any]:
    """Asks for a failed ticket beside another one; traces are not in scope files, so none is read here."""
    failed = "SELECT client_id, log_id FROM logs WHERE status = 'FAILED' {} LIMIT 1"
    client_id, log_id = source.sql(failed.format(order))[0]
    params = {"client_id": client_id, "log_id": log_id}
    if is_chosen:
        other_client, other_log = source.sql(failed.format("ORDER BY executed_at"))[0]
        params |= {"other_client_id": other_client, "other_log_id": other_log}
    return partial(compare_data, source, VIEWER, params, NOW_MS)


class _Remembering(FileSource):
    """A source that answers what it was asked before from memory, as a page's kernel does: here, what is counted."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self._known: dict[tuple[object, ...], list[tuple[Any, ...]]] = {}

    def sql(self, query: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of ``query``."""
        if "GROUPING SETS" not in query:
            return super().sql(query, params)
        asked = (query, *params)
        if asked not in self._known:
            self._known[asked] = super().sql(query, params)
        return self._known[asked]


def turn_pages(reader: Reader, count: int, sort: str) -> None:
    """Turn so many pages, and say what the first and the last ones took."""
    source, params = _Remembering(reader), {"sort": sort}
    tickets_data(source, VIEWER, params, NOW_MS)
    taken = []
    for _ in range(count):
        processor = time.process_time()
        after = tickets_data(source, VIEWER, params, NOW_MS)[1]["after"]
        taken.append((time.process_time() - processor) * 1000)
        if after is None:
            break
        params["after"] = after
    first, last = (round(statistics.median(some)) for some in (taken[:20], taken[-20:]))
    say(f"pages by {sort}", pages=len(taken), first_processor_ms=first, last_processor_ms=last)


def download(source: FileSource, kind: str) -> None:
    """Write the whole list, and say how much a second."""
    began = time.process_time()
    tickets = find_tickets(source, VIEWER, {}, NOW_MS)
    size = sum(len(piece) for piece in FORMATS[kind][1](tickets.batches()))
    seconds = time.process_time() - began
    say(f"download {kind}", tickets=tickets.count, megabytes=size >> 20, processor_s=round(seconds, 1))


def say(name: str, **figures: Any) -> None:
    """One figure, with the machine's cores and its load."""
    told = {"what": name, **figures, "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}
    print(json.dumps({key: value for key, value in told.items() if value is not None}), flush=True)


def main() -> None:
    """Run what the command line says."""
    options = read_options()
    files = open_files(options)
    reader = Reader(files, memory_limit="512MB")
    source = FileSource(reader)
    wanted = tuple(options.only)
    for name, (query, params, goal) in QUESTIONS.items():
        if name.startswith(wanted):
            measure(name, partial(query, source, VIEWER, params, NOW_MS), options.repeat, goal)
    find_among(files, wanted, options)
    for name, (order, is_chosen) in COMPARISONS.items():
        if name.startswith(wanted):
            measure(name, compare(source, order, is_chosen=is_chosen), options.repeat, 200)
    for sort in ("executed_at", "cost_usd"):
        if f"pages by {sort}".startswith(wanted):
            turn_pages(reader, options.pages, sort)
    for kind in FORMATS:
        if f"download {kind}".startswith(wanted):
            download(source, kind)


if __name__ == "__main__":
    main()
