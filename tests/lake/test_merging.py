"""Many files become one in the order of time, whatever the files and rows, in little memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake import merging, schema, sorted_runs
from lake.fetching import fetched
from lake.store import memory_store

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
COLUMNS = pa.schema([schema.TRACES.field(name) for name in ("log_id", "executed_at", "trace")])
MIB = 1024 * 1024

Row = tuple[int, str, str]


def write(path: Path, rows: list[Row], rows_per_group: int = 1_000, columns: pa.Schema = COLUMNS) -> Path:
    """A file of these rows: minutes since the first moment, log id, trace."""
    values: dict[str, list[Any]] = {
        "log_id": [log_id for _, log_id, _ in rows],
        "executed_at": [FIRST + timedelta(minutes=minute) for minute, _, _ in rows],
        "trace": [trace for _, _, trace in rows],
    }
    table = pa.table([pa.array(values[f.name], f.type) for f in columns], schema=columns)
    pq.write_table(table, path, row_group_size=rows_per_group)
    return path


def merged(folder: Path, files: list[Path], bytes_per_group: int = MIB) -> list[Row]:
    sink = folder / "merged"
    written = merging.merge(files, COLUMNS, bytes_per_group, sink)
    if written.footer is None:
        return []
    rows = pq.read_table(sink).to_pylist()
    assert written.rows == written.footer.num_rows == len(rows)
    return [((r["executed_at"] - FIRST) // timedelta(minutes=1), r["log_id"], r["trace"]) for r in rows]


rows_of_a_file = st.lists(
    st.tuples(st.integers(0, 30), st.text("abé", max_size=2), st.text("xyz", max_size=40)), max_size=12
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    files=st.lists(rows_of_a_file, min_size=1, max_size=6),
    piece=st.sampled_from([1, 64, 4_096]),
    portion=st.sampled_from([1, 100, 4_096]),
    rows_per_group=st.sampled_from([1, 3, 1_000]),
)
def test_every_row_is_there_once_and_in_order(
    tmp_path: Path, files: list[list[Row]], piece: int, portion: int, rows_per_group: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sorted_runs, "_PIECE_BYTES", piece)
        patched.setattr(sorted_runs, "_SORTED_BYTES", portion)
        paths = [write(tmp_path / f"{n}", rows, rows_per_group) for n, rows in enumerate(files)]
        found = merged(tmp_path, paths)

    assert [row[:2] for row in found] == sorted(row[:2] for rows in files for row in rows)
    assert sorted(found) == sorted(row for rows in files for row in rows)


@pytest.fixture
def pool() -> Iterator[pa.MemoryPool]:
    """Counts what Arrow takes from here on."""
    default = pa.default_memory_pool()
    counting = pa.proxy_memory_pool(default)
    pa.set_memory_pool(counting)
    yield counting
    pa.set_memory_pool(default)


@pytest.mark.parametrize("is_sorted", [True, False])
def test_memory_follows_neither_the_files_nor_the_rows(
    tmp_path: Path, pool: pa.MemoryPool, *, is_sorted: bool
) -> None:
    files = []
    for number in range(24):
        minutes = [number, number + 100, number + 200][:: 1 if is_sorted else -1]
        rows = [(minute, f"{number}", f"{minute}" + "x" * 4 * MIB) for minute in minutes]
        files.append(write(tmp_path / f"{number}", rows, rows_per_group=1))
    before = pool.max_memory()

    sink = tmp_path / "merged"
    written = merging.merge(files, COLUMNS, 4 * MIB, sink)

    assert written.footer is not None
    assert written.footer.num_rows == 72
    assert pool.max_memory() - before < 100 * MIB  # of 288


def test_columns_that_a_file_lacks_are_empty_and_all_rows_may_go(tmp_path: Path) -> None:
    old = write(tmp_path / "old", [(1, "a", "x")], columns=COLUMNS.remove(2))

    merging.merge([old], COLUMNS, MIB, tmp_path / "one")
    none = merging.merge([old], COLUMNS, MIB, tmp_path / "none", lambda rows: rows.slice(0, 0))

    assert pq.read_table(tmp_path / "one")["trace"].to_pylist() == [None]
    assert none == merging.Written(1, None)


def test_a_row_without_a_time_is_damage(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"log_id": ["a"], "executed_at": pa.array([None], schema.UTC_MICROS)}), tmp_path / "x"
    )

    with pytest.raises(pa.ArrowInvalid, match="no executed_at"):
        merging.merge([tmp_path / "x"], COLUMNS, MIB, tmp_path / "merged")


def test_copies_of_objects_are_removed_when_the_next_is_asked_for(tmp_path: Path) -> None:
    store = memory_store()
    for number in range(7):
        store.put(f"{number}", b"%d" % number)

    found = []
    for path in fetched(store, [f"{number}" for number in range(7)], tmp_path):
        found.append(path.read_bytes())
        assert len(list(tmp_path.iterdir())) <= 5

    assert found == [b"%d" % number for number in range(7)]
    assert list(tmp_path.iterdir()) == []


def test_what_stands_twice_is_kept_once_and_what_may_be_another_is_kept(tmp_path: Path) -> None:
    early, late = FIRST, FIRST + timedelta(minutes=1)
    rows = [("a", early), ("a", late), ("a", early), ("b", None), ("b", None), ("a", late), ("c", early)]
    table = pa.table(
        {
            "log_id": [log_id for log_id, _ in rows],
            "executed_at": pa.array([FIRST] * len(rows), schema.UTC_MICROS),
            "received_at": pa.array([at for _, at in rows], schema.UTC_MICROS),
            "trace": [f"{number}" for number in range(len(rows))],
        }
    )
    for number in range(2):
        pq.write_table(table, tmp_path / f"{number}")

    written = merging.merge([tmp_path / "0", tmp_path / "1"], table.schema, MIB, tmp_path / "merged")
    found = pq.read_table(tmp_path / "merged")

    assert written.rows == 14
    assert sorted(
        zip(found["log_id"].to_pylist(), found["received_at"].to_pylist(), strict=True), key=str
    ) == sorted([("a", early), ("a", late), *[("b", None)] * 4, ("c", early)], key=str)
