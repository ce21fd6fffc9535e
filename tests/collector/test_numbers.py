"""Every number that a double can hold is taken as a metric and in fields of one's own, and read back as that number."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from collector.intake import Sender, read_log
from lake import rawlog
from lake.scope_tables import LOGS
from tests.collector.conftest import make_log

_NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
_LARGEST = int(1.7976931348623157e308)

_whole = (
    st.integers(-_LARGEST, _LARGEST)
    | st.integers(2**63 - 2, 2**64 + 2)
    | st.integers(-(2**63) - 2, -(2**63) + 2)
)
_written = st.one_of(
    _whole.map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
    st.sampled_from(["1e19", "-1e300", "9223372036854775808", "1E+308", "-0", "-0.0", "1e-400", "9" * 308]),
)


def _row(field: str, value: str) -> rawlog.RawRow:
    body = json.dumps(make_log(**{field: ...}))[:-1] + f', "{field}": {value}}}'
    return rawlog.read_line(read_log(body.encode(), Sender("acme"), _NOW).line, "acme")


def _is_same(read: object, written: str) -> bool:
    """Whole numbers digit by digit, others as the double that is nearest."""
    is_whole = written.lstrip("-").isdecimal()
    return read == int(written) if is_whole else read == float(written) and isinstance(read, float | int)


@settings(max_examples=300, deadline=None)
@given(written=_written)
def test_a_number_of_ones_own_is_read_as_the_number_that_was_sent(written: str) -> None:
    metric = json.loads(_row("metrics", f'{{"mine": {written}}}').log["metrics"])["mine"]
    own = json.loads(_row("mine", f'{{"a": [{written}]}}').log["extra"])["mine"]["a"][0]

    assert _is_same(metric, written)
    assert _is_same(own, written)


@settings(max_examples=60, deadline=None)
@given(written=st.lists(_written, min_size=1, max_size=5), counted=st.integers(0, _LARGEST))
def test_through_parquet_and_the_reader_it_is_the_same_double(
    tmp_path_factory: pytest.TempPathFactory, written: list[str], counted: int
) -> None:
    path = tmp_path_factory.mktemp("numbers") / "logs.parquet"
    rows = [_row("metrics", _metrics(number, counted)) for number in written]
    parquet.write_table(rawlog.logs_table(rows), path)

    found = _read(path)

    assert found == [
        (float(number), float(counted), abs(float(number)), counted if counted < 2**63 else 0)
        for number in written
    ]


def _metrics(number: str, counted: int) -> str:
    spent = number.removeprefix("-")
    return f'{{"mine": {number}, "input_tokens": {counted}, "cost_usd": {spent}, "error_count": {counted}}}'


def _read(path: Path) -> list[tuple[float, float, float, int]]:
    rows = LOGS.rows_of(f"SELECT * FROM read_parquet('{path}')")
    with duckdb.connect() as connection:
        return connection.sql(
            f"SELECT (metrics->>'$.mine')::DOUBLE, input_tokens, cost_usd, error_count FROM ({rows})"
        ).fetchall()


@pytest.mark.parametrize("digits", [309, 310, 4000, 4300, 4301, 5000])
def test_a_whole_number_beyond_a_double_is_text_in_a_field_of_ones_own(digits: int) -> None:
    number = "9" * digits

    assert json.loads(_row("mine", f'{{"x": [-{number}, 1.50]}}').log["extra"])["mine"] == {
        "x": ["-" + number, 1.5]
    }
