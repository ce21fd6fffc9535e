"""Files that are written ahead of their commit: none is left, none is lost, whatever comes between."""

from __future__ import annotations

import os
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from etl.run import run_once
from etl.settings import EtlSettings
from lake import schema
from lake.errors import StoreUnavailable
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import Store, open_store
from lake.table_upkeep import TableUpkeep
from tests.conftest import REPOSITORY
from tests.logs import RECEIVED, a_log, put_raw

SETTINGS = EtlSettings()
LATER = RECEIVED + timedelta(hours=1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(open_store((tmp_path / "lake").as_uri(), {}, create=True))


def files(store: Store, table: str) -> set[str]:
    """Keys of the Parquet files below a table, in it or not."""
    return {found.key for found in store.list(f"{table}/") if "/client_id=" in found.key}


def orphans(lake: Lake) -> set[str]:
    """Files that are in no table."""
    return {
        key for table in lake.tables for key in files(lake.store, table.name) - table.state().files.keys()
    }


def ids(lake: Lake, table: str = "logs") -> list[str]:
    return sorted(log_id for (log_id,) in read_lake(lake.store).sql(f"SELECT log_id FROM {table}"))


def in_a_process(url: str, code: str) -> subprocess.CompletedProcess[str]:
    """Runs the ETL on the lake after ``code``."""
    program = (
        "import os, sys; from etl.run import run_once; from etl.settings import EtlSettings; "
        "from lake.snapshot import Lake; from lake.store import open_store; from lake.tables import PinnedTable\n"
        f"{code}\n"
        "run_once(Lake(open_store(sys.argv[1], {})), EtlSettings())\n"
        "print(open('/proc/self/status').read())"
    )
    env = {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'sdk'}", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-c", program, url],
        cwd=REPOSITORY,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_file_that_holds_duplicates_is_written_anew_and_the_first_one_removed(lake: Lake) -> None:
    put_raw(lake.store, a_log("1"))
    run_once(lake, SETTINGS)
    put_raw(lake.store, a_log("1"), a_log("2"), received_at=LATER)
    put_raw(lake.store, a_log("3", client_id="globex"))

    report = run_once(lake, SETTINGS)

    assert (report.logs, report.duplicates) == (2, 1)
    assert orphans(lake) == set()
    assert ids(lake) == ids(lake, "traces") == ["1", "2", "3"]


def test_where_all_is_there_already_no_file_is_left(lake: Lake) -> None:
    for moment in (RECEIVED, LATER):
        put_raw(lake.store, a_log("1"), a_log("2"), received_at=moment)
        run_once(lake, SETTINGS)

    assert orphans(lake) == set()
    assert [len(table.state().files) for table in lake.tables][:2] == [1, 1]


@pytest.mark.parametrize("table", ["traces", "logs"])
def test_killed_between_writing_and_committing_the_table_is_right_and_vacuum_takes_the_file(
    lake: Lake, table: str
) -> None:
    put_raw(lake.store, a_log("1"), a_log("2"))
    dying = (
        "append = PinnedTable.append\n"
        f"PinnedTable.append = lambda self, *rest: os._exit(9) if self.name == {table!r} else append(self, *rest)"
    )

    killed = in_a_process(lake.store.url, dying)
    left = orphans(lake)
    run_once(lake, SETTINGS)

    assert killed.returncode == 9
    assert table in {key.partition("/")[0] for key in left}
    assert ids(lake) == ids(lake, "traces") == ["1", "2"]
    age(lake.store, days=8)
    for each in lake.tables:
        TableUpkeep(lake.store, each.name).vacuum(timedelta(hours=24))
    assert orphans(lake) == set()
    assert ids(lake) == ids(lake, "traces") == ["1", "2"]


def age(store: Store, days: int) -> None:
    """Make every file of the tables look so old."""
    then = time.time() - days * 86_400
    for table in ("traces", "logs"):
        for key in files(store, table):
            path = store.local_path(key)
            assert path is not None
            os.utime(path, (then, then))


@contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """No file grows beyond this: writing fails as on a full disk, in the middle of the file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_in_the_middle_of_a_file_loses_nothing(lake: Lake) -> None:
    lake.create_tables()
    noise = random.Random(5).randbytes(300_000).hex()
    put_raw(lake.store, a_log("1", trace={"final_response": noise}))

    with full_disk(100_000), pytest.raises(StoreUnavailable):
        run_once(lake, SETTINGS)

    assert [len(list(lake.store.list("raw"))), lake.traces.size()["rows"], lake.logs.size()["rows"]] == [
        1,
        0,
        0,
    ]
    assert orphans(lake) == set()
    assert run_once(lake, SETTINGS).logs == 1
    assert ids(lake) == ids(lake, "traces") == ["1"]


@pytest.mark.parametrize("table", ["traces", "logs"])
def test_a_table_of_a_later_version_takes_our_rows_and_keeps_its_columns(lake: Lake, table: str) -> None:
    DeltaTable.create(
        lake.store.table_url(table),
        schema.TABLES[table].append(pa.field("of_later", pa.int64())),
        partition_by=list(schema.PARTITIONS),
    )
    put_raw(lake.store, a_log("1"), a_log("2"))

    run_once(lake, SETTINGS)

    stored = DeltaTable(lake.store.table_url(table)).to_pyarrow_table(columns=["log_id", "of_later"])
    assert sorted(stored["log_id"].to_pylist()) == ["1", "2"]
    assert stored["of_later"].to_pylist() == [None, None]


def test_a_table_of_an_earlier_version_gets_our_columns_once(lake: Lake) -> None:
    earlier = pa.schema([field for field in schema.LOGS if field.name not in {"lost_logs", "extra"}])
    DeltaTable.create(lake.store.table_url("logs"), earlier, partition_by=list(schema.PARTITIONS))
    for number in range(2):
        put_raw(lake.store, a_log(str(number), region="north"))
        run_once(lake, SETTINGS)

    found = DeltaTable(lake.store.table_url("logs"))

    assert {field.name for field in found.schema().fields} == set(schema.LOGS.names)
    assert found.version() == 3  # made, two columns added, two batches
    assert found.to_pyarrow_table(columns=["extra"])["extra"].to_pylist() == ['{"region":"north"}'] * 2


def test_many_traces_of_5_mb_stay_within_a_gibibyte(lake: Lake) -> None:
    noise = random.Random(5).randbytes(2_500_000).hex()
    for number in range(40):
        put_raw(lake.store, a_log(str(number), trace={"final_response": noise}))

    done = in_a_process(lake.store.url, "")

    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", done.stdout)
    assert lake.logs.size()["rows"] == 40
    assert int(peak) < 1024 * 1024
