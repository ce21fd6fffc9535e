from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import given
from hypothesis import strategies as st

from etl.writing import FileWriter
from lake import layout, new_files, rawlog, schema
from lake.rawlog import RawRow
from lake.snapshot import Lake
from lake.store import Store, memory_store, open_store
from tests.logs import a_log, raw_line

NOVEMBER = datetime(2026, 11, 3, 4, 5, 6, 123_000, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store((tmp_path / "lake").as_uri(), {}, create=True)


def row(number: int, **fields: Any) -> RawRow:
    executed_at = (NOVEMBER + timedelta(seconds=number)).isoformat()
    line = raw_line(a_log(f"id-{number:05}", executed_at=executed_at, **fields))
    return rawlog.read_line(line, fields.get("client_id", "acme"))


def told(table: DeltaTable) -> list[dict[str, Any]]:
    """What the log of a table says of its files, as far as this is what anybody asks it for."""
    names = ["partition.client_id", "partition.month", "num_records"]
    names += [f"{end}.{name}" for end in ("min", "max") for name in ("log_id", "executed_at")]
    rows = pa.table(table.get_add_actions(flatten=True)).select(names).to_pylist()
    return sorted(rows, key=lambda each: each["partition.client_id"])


def test_the_log_says_of_our_files_what_the_library_would_have_said(store: Store, tmp_path: Path) -> None:
    rows = [*map(row, range(5)), *(row(number, client_id="globex") for number in range(7, 9))]
    logs = rawlog.logs_table(rows)
    pinned = Lake(store).logs.pin()

    pinned.append(logs, pinned.next_numbers(["acme", "globex"]))

    write_deltalake(tmp_path / "peer", logs, partition_by=list(schema.PARTITIONS))
    assert told(DeltaTable(store.table_url("logs"))) == told(DeltaTable(tmp_path / "peer"))


def test_row_groups_are_by_bytes_however_uneven_the_traces_are(store: Store) -> None:
    sizes = [10] * 300 + [5_000_000] + [1_500_000] * 4 + [40_000] * 200
    rows = [row(number, trace={"t": "x" * size}) for number, size in enumerate(sizes)]
    with FileWriter(store) as writer:
        file = writer.write(layout.TRACES, rows)
        assert file is not None
        stored = pq.ParquetFile(io.BytesIO(store.get(f"traces/{file.path}")))

    groups = [stored.read_row_group(n).column("trace").to_pylist() for n in range(stored.num_row_groups)]

    assert [*chain(*groups)] == [each.trace for each in rows]
    assert all(len(g) == 1 or sum(map(len, g)) <= new_files.GROUP_BYTES for g in groups)
    assert len(groups) < 12
    assert stored.schema_arrow.field("trace").type == pa.string()


def test_a_table_is_split_into_its_partitions_in_the_order_of_its_rows() -> None:
    rows = [row(2), row(0, client_id="globex"), row(1)]

    files = new_files.write_table(memory_store(), "logs", rawlog.logs_table(rows))

    assert [(each.client_id, each.month) for each in files] == [("acme", "2026-11"), ("globex", "2026-11")]


@given(st.lists(st.text(max_size=20).map(str.encode), max_size=9))
def test_traces_are_the_same_text_in_place_and_copied(traces: list[bytes]) -> None:
    rows = [RawRow(row(0).log, memoryview(trace)) for trace in traces]

    in_place = rawlog.traces_in_place(rows)

    assert in_place.to_pylist() == rawlog.traces_table(rows).to_pylist()
