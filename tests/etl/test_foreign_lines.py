"""Lines in the collector's form that another writer made, with counts and traces that are not what they say.

What holds: such a line is set aside, or becomes one row of the client in whose folder it lies; its small fields have
their types, its trace is the text that stands there, JSON or not, and its counts are as it claims. Its neighbours, the
tables and their readers are as if it were any log.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.run import run_once
from etl.settings import EtlSettings
from etl.upkeep import keep_up
from lake import rawlog
from lake.folder import FolderStore
from lake.rawobject import parse
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import RECEIVED, a_log, raw_line

KEY = "raw/client_id=acme/date=2026-11-23/hour=14/a.ndjson.zst"
NEIGHBOURS = [raw_line(a_log("before")), raw_line(a_log("behind"))]
AT_MS = int(datetime(2026, 11, 23, 14, tzinfo=UTC).timestamp() * 1000)
_COUNTS = re.compile(rb"\[[\d,]+\]")

numbers = st.lists(st.integers(0, 2_000), min_size=6, max_size=6)
trace_texts = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            '{"a":1},"client_id":"globex"',
            '{"a":1}}{"log_id":"other"',
            '{"final_response":"half',
            '","trace":{}',
            "[" * 500,
            "null",
            "",
        ]
    ),
).map(lambda text: text.replace("\n", " ").replace("\r", " ").encode("utf-8", "surrogatepass"))


def counted_line(trace: bytes, counts: list[int] | None) -> bytes:
    """A line that claims these counts, or those that fit."""
    small = {name: value for name, value in a_log("odd").items() if name != "trace"}
    line = rawlog.encode_line(small, trace, RECEIVED)
    if counts is None:
        return line
    claimed = b"[%s]" % ",".join(map(str, counts)).encode()
    return _COUNTS.sub(claimed, line, count=1)


def as_rows(rows: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What a Parquet file of the rows gives back."""
    found = []
    for table in (rawlog.logs_table(rows), rawlog.traces_table(rows)):
        table.validate(full=True)
        sink = io.BytesIO()
        pq.write_table(table, sink)
        found.append(pq.read_table(io.BytesIO(sink.getvalue())).to_pylist())
    logs, traces = found
    return logs, traces


@given(trace=trace_texts, counts=st.none() | numbers)
def test_a_foreign_line_harms_neither_its_neighbours_nor_the_tables(
    trace: bytes, counts: list[int] | None
) -> None:
    odd = counted_line(trace, counts)

    parsed = parse(KEY, rawlog.pack([NEIGHBOURS[0], odd, NEIGHBOURS[1]]))
    logs, traces = as_rows(parsed.rows)

    assert len(parsed.rows) + len(parsed.bad_lines) == 3
    assert {line.number for line in parsed.bad_lines} <= {2}
    assert {log["client_id"] for log in logs} == {"acme"}
    assert {log["log_id"] for log in logs} <= {"before", "odd", "behind"}
    expected_logs, expected_traces = as_rows([rawlog.read_line(line, "acme") for line in NEIGHBOURS])
    assert [log for log in logs if log["log_id"] != "odd"] == expected_logs
    assert [row for row in traces if row["log_id"] != "odd"] == expected_traces
    assert all(row["trace"].encode() in odd for row in traces if row["log_id"] == "odd")


@pytest.fixture
def lake(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setattr(FolderStore, "make_durable", lambda _self: None)
    return Lake(open_store(tmp_path_factory.mktemp("lake").as_uri(), {}))


@pytest.mark.parametrize("trace", [b'{"final_response":"half', b'{"a":1},"client_id":"globex"', b"[" * 500])
def test_a_trace_that_is_no_json_is_kept_as_it_is_and_read_and_merged_like_any(
    lake: Lake, trace: bytes
) -> None:
    lake.store.put(KEY, rawlog.pack([NEIGHBOURS[0], counted_line(trace, None)]))
    run_once(lake, EtlSettings())
    lake.store.put(KEY, rawlog.pack([NEIGHBOURS[1]]))
    run_once(lake, EtlSettings())

    merged = keep_up(lake, EtlSettings(), datetime(2027, 1, 1, tzinfo=UTC))
    reader = read_lake(lake.store)

    assert (merged.damaged, merged.written) == (0, 2)
    assert reader.trace("acme", "2026-11", "odd", AT_MS) == trace
    assert reader.trace("acme", "2026-11", "before", AT_MS) == b'{"final_response": "done before"}'
    assert reader.sql("SELECT count(*), count(DISTINCT log_id) FROM logs") == [(3, 3)]
