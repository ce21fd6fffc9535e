"""Three versions of Caselog share one lake: an earlier one, this one, and a later one that knows more of a log.

Each is a process of its own (`version_worker.py`). Whoever receives, compacts, merges and reads, no field of a log is
lost, and nothing that lies in the tables is written again for the sake of a column.
"""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from etl.run import run_once
from etl.settings import EtlSettings
from etl.upkeep import keep_up
from lake import columns, layout, schema
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import RECEIVED, a_log, put_raw

WORKER: Final = Path(__file__).with_name("version_worker.py")
VERSIONS: Final = (1, 2, 3)
#: The first version that has a column for it.
KNOWN_SINCE: Final = {
    "environment": 2, "category": 2, "region": 3, "priority": 3, "weight": 3, "due_at": 3,
}  # fmt: skip
GROWN: Final = {
    "environment": "production",
    "category": "refund",
    "region": "eu-süd",
    "priority": 2,
    "weight": 0.5,
    "due_at": "2026-11-24T00:00:00Z",
}
LATER_MONTH: Final = datetime(2027, 2, 1, tzinfo=UTC)


class Caselog:
    """One version of Caselog, running."""

    def __init__(self, version: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), str(version)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, what: str, url: str, **told: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": what, "url": url, **told}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"{what} failed"
        return json.loads(answer)

    def receive(self, url: str, *logs: Mapping[str, Any]) -> None:
        told = {"received_at": RECEIVED.isoformat(), "name": uuid.uuid4().hex}
        self.do("receive", url, logs=logs, **told)

    def end(self) -> None:
        self._process.communicate(timeout=90)


@pytest.fixture(scope="module")
def caselog() -> Iterator[Mapping[int, Caselog]]:
    running = {version: Caselog(version) for version in VERSIONS}
    yield running
    for each in running.values():
        each.end()


@pytest.fixture
def url(tmp_path: Path) -> str:
    (tmp_path / "lake").mkdir()
    return (tmp_path / "lake").as_uri()


def a_grown_log(log_id: str, version: int) -> dict[str, Any]:
    """A log of a sender of some version: it has every field, whoever knows it."""
    return a_log(log_id, **GROWN, schema_version=version, metrics={"satisfaction": 0.75, "error_count": 3})


def value_of(log: Mapping[str, Any], name: str) -> Any:
    """A field as a reader sees it: in its column, otherwise among the fields that have none."""
    return json.loads(log["extra"]).get(name) if log.get(name) is None else log[name]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)], ids=str)
def test_whoever_receives_compacts_and_reads_no_field_is_lost(
    order: tuple[int, ...], caselog: Mapping[int, Caselog], url: str
) -> None:
    """The ids are ``received by``-``compacted by``."""
    store = open_store(url, {})
    for compacts in order:
        before = {found.key for table in schema.TABLES for found in store.list(f"{table}/client_id=")}
        for receives in VERSIONS:
            caselog[receives].receive(url, a_grown_log(f"{receives}-{compacts}", receives))
        report = caselog[compacts].do("compact", url)
        assert (report["logs"], report["quarantined"]) == (3, 0)
        assert before <= {found.key for table in schema.TABLES for found in store.list(f"{table}/client_id=")}

    for merges in (None, *order):
        if merges is not None:
            caselog[merges].do("merge", url, now=LATER_MONTH.isoformat())
        for reads in VERSIONS:
            _require_everything(caselog[reads].do("view", url), reads)
    assert {len(Lake(store).table(table).state().files) for table in ("traces", "logs")} == {1}


def _require_everything(logs: list[Mapping[str, Any]], reads: int) -> None:
    assert [log["log_id"] for log in logs] == [f"{a}-{b}" for a in VERSIONS for b in VERSIONS]
    for log in logs:
        received, compacted = map(int, log["log_id"].split("-"))
        assert log["schema_version"] == received
        assert json.loads(log["trace"]) == {"final_response": f"done {log['log_id']}"}
        assert json.loads(log["metrics"]) == {"satisfaction": 0.75, "error_count": 3}
        assert log["error_count"] == 3
        for name, sent in GROWN.items():
            # What stands in a column that a reader does not know is in the table, and not in what he sees.
            is_hidden = compacted >= KNOWN_SINCE[name] > reads
            seen = str(value_of(log, name)).replace("T", " ").replace("Z", "+00:00")
            assert seen == ("None" if is_hidden else str(sent).replace("T", " ").replace("Z", "+00:00")), name


@pytest.mark.parametrize(("first", "second"), [(1, 3), (3, 1), (2, 3), (3, 2)])
def test_a_log_that_is_sent_again_after_an_upgrade_is_the_same_log(
    first: int, second: int, caselog: Mapping[int, Caselog], url: str
) -> None:
    caselog[first].receive(url, a_grown_log("1", first))
    caselog[first].do("compact", url)
    caselog[second].receive(url, a_grown_log("1", first))

    report = caselog[second].do("compact", url)

    assert (report["logs"], report["duplicates"], report["conflicts"]) == (0, 1, 0)


def test_a_log_that_is_sent_again_with_another_content_is_told_apart_whoever_stored_it(
    caselog: Mapping[int, Caselog], url: str
) -> None:
    caselog[1].receive(url, a_grown_log("1", 1))
    caselog[1].do("compact", url)
    caselog[3].receive(url, {**a_grown_log("1", 1), "region": "us"})

    assert caselog[3].do("compact", url)["conflicts"] == 1


# ---------------------------------------------------------------- columns of any type


#: Columns that no version of today has, with a value of each.
OF_ANY_TYPE: Final = {
    "flag": (pa.bool_(), True),
    "small": (pa.int32(), 7),
    "day": (pa.date32(), datetime(2026, 11, 23, tzinfo=UTC).date()),
    "bytes": (pa.binary(), b"\x00\xff"),
    "words": (pa.list_(pa.string()), ["a", "ü"]),
    "pair": (pa.struct([("left", pa.string()), ("right", pa.int64())]), {"left": "x", "right": 1}),
    "named": (pa.map_(pa.string(), pa.float64()), [("a", 1.5)]),
}


def test_columns_of_any_type_that_came_later_are_kept_by_every_commit_and_merge(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri(), {})
    lake = Lake(store)
    put_raw(store, a_log("1"))
    run_once(lake, EtlSettings())
    row = DeltaTable(store.table_url("logs")).to_pyarrow_table()
    row = row.set_column(row.column_names.index("log_id"), "log_id", [["2"]])
    for name, (kind, value) in OF_ANY_TYPE.items():
        row = row.append_column(name, pa.array([value], kind))
    write_deltalake(store.table_url("logs"), row, mode="append", schema_mode="merge")
    put_raw(store, a_log("3"))

    report = run_once(Lake(store), EtlSettings())
    merged = keep_up(Lake(store), EtlSettings(), LATER_MONTH)

    assert (report.logs, merged.damaged, lake.logs.size()["files"]) == (1, 0, 1)
    rows = DeltaTable(store.table_url("logs")).to_pyarrow_table().sort_by("log_id")
    for name, (_, value) in OF_ANY_TYPE.items():
        assert rows[name].to_pylist() == [None, value, None], name
    assert read_lake(store).sql("SELECT log_id FROM logs ORDER BY 1") == [("1",), ("2",), ("3",)]


def test_a_new_column_of_logs_stands_before_the_month() -> None:
    """Files that lack a column are told by the order of the table's columns: a commit puts new ones behind all others.

    So a new column goes anywhere before the last one of the first version.
    """
    for name, table in schema.TABLES.items():
        last = {layout.LOGS: "month", layout.TRACES: "trace"}.get(name)
        assert last is None or table.names[-1] == last
    assert [*columns.LOGS][-1] == "month"
