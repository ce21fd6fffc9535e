"""A log counts once, whatever its times say: across months, batches, runs, and ETLs at once."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caselog.ids import uuid7_at
from etl.run import run_once
from etl.settings import EtlSettings
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import Store, open_store
from lake.tables import PinnedTable
from tests.conftest import REPOSITORY
from tests.logs import RECEIVED, a_log, put_raw

SETTINGS = EtlSettings()
SMALL_BATCHES = EtlSettings(batch_bytes=64 * 1024, batch_unpacked_bytes=1024 * 1024)
EARLIER = RECEIVED - timedelta(hours=1)
LATER = RECEIVED + timedelta(hours=1)
OCTOBER = "2026-10-05T00:00:00Z"
NOVEMBER = "2026-11-05T00:00:00Z"


def seen(store: Store) -> list[tuple[Any, ...]]:
    """What a reader sees: log id, month and status of each log, and its trace."""
    reader = read_lake(store)
    logs = reader.sql("SELECT log_id, month, status FROM logs ORDER BY ALL")
    reader.close()
    return logs


def trace_of(store: Store, month: str, log_id: str, at_ms: int) -> bytes | None:
    """The trace that a ticket's page shows."""
    reader = read_lake(store)
    trace = reader.trace("acme", month, log_id, at_ms)
    reader.close()
    return trace


def kept_conflicts(store: Store) -> list[dict[str, Any]]:
    """The logs that were kept because another content stands under their id."""
    found = [each.key for each in store.list("quarantine") if each.key.endswith(".conflicts.ndjson")]
    return [json.loads(line) for key in found for line in store.get(key).splitlines()]


def test_a_log_sent_again_with_a_time_in_another_month_counts_once(lake: Lake) -> None:
    put_raw(lake.store, a_log("1", executed_at=OCTOBER))
    run_once(lake, SETTINGS)
    put_raw(lake.store, a_log("1", executed_at=NOVEMBER), received_at=LATER)
    before = seen(lake.store)

    report = run_once(lake, SETTINGS)

    assert (report.logs, report.duplicates, report.conflicts) == (0, 1, 1)
    assert before == seen(lake.store) == [("1", "2026-10", "SUCCESS")]


def test_within_one_batch_the_first_received_wins_in_raw_and_in_the_table(lake: Lake) -> None:
    put_raw(lake.store, a_log("1", executed_at=NOVEMBER, status="LATE"), received_at=LATER)
    put_raw(lake.store, a_log("1", executed_at=OCTOBER, status="FIRST"), received_at=RECEIVED)
    raw = seen(lake.store)

    report = run_once(lake, SETTINGS)

    assert (report.logs, report.duplicates, report.conflicts) == (1, 1, 1)
    assert raw == seen(lake.store) == [("1", "2026-10", "FIRST")]
    assert [log["status"] for log in kept_conflicts(lake.store)] == ["LATE"]


def test_the_trace_that_is_read_is_that_of_the_first_received(lake: Lake) -> None:
    put_raw(lake.store, a_log("1", trace={"final_response": "first"}))
    run_once(lake, SETTINGS)
    put_raw(lake.store, a_log("1", trace={"final_response": "other"}), received_at=LATER)
    reader = read_lake(lake.store)
    at_ms = int(datetime(2026, 11, 23, 14, tzinfo=UTC).timestamp() * 1000)

    raw = reader.trace("acme", "2026-11", "1", at_ms)
    report = run_once(lake, SETTINGS)
    reader.renew()

    assert raw == reader.trace("acme", "2026-11", "1", at_ms) == b'{"final_response": "first"}'
    assert report.conflicts == 1
    reader.close()


#: What differs, by the id of the log.
OTHERS: dict[str, dict[str, Any]] = {
    "1": {"status": "FAILED"},
    "2": {"metrics": {"overall_confidence": 0.1}},
    "3": {"region": "north"},
    "4": {"trace": {"final_response": "gone 4"}},  # as long as the first one
    "5": {"execution_time_seconds": None},
}


@pytest.mark.parametrize("is_in_table", [True, False], ids=["in the table", "in one batch"])
def test_another_content_under_the_same_id_is_counted_and_kept(lake: Lake, is_in_table: bool) -> None:
    put_raw(lake.store, *map(a_log, OTHERS))
    if is_in_table:
        run_once(lake, SETTINGS)
    late = [a_log(log_id, **other) for log_id, other in OTHERS.items()]
    key = put_raw(lake.store, a_log("6"), *late, received_at=LATER)

    report = run_once(lake, SETTINGS)

    place = "quarantine/" + key.removeprefix("raw/")
    reason = json.loads(lake.store.get(f"{place}.conflicts.reason.json"))
    assert (report.duplicates, report.conflicts) == (len(OTHERS), len(OTHERS))
    assert reason["object"] == key
    assert [line["line"] for line in reason["lines"]] == [2, 3, 4, 5, 6]
    assert [log["log_id"] for log in kept_conflicts(lake.store)] == [*OTHERS]


@pytest.mark.parametrize("is_in_table", [True, False], ids=["in the table", "in one batch"])
def test_the_same_log_sent_again_is_no_conflict_whatever_its_sdk_says(lake: Lake, is_in_table: bool) -> None:
    put_raw(lake.store, a_log("1", note={"a": [1, 1.5]}))
    if is_in_table:
        run_once(lake, SETTINGS)
    again = a_log("1", note={"a": [1, 1.5]}, sdk={"lost": {"network": 2}})
    put_raw(lake.store, again, received_at=LATER)

    report = run_once(lake, SETTINGS)

    assert (report.duplicates, report.conflicts) == (1, 0)
    assert kept_conflicts(lake.store) == []


@pytest.mark.parametrize("is_in_table", [True, False], ids=["in the table", "in one batch"])
@pytest.mark.parametrize(("status", "conflicts"), [("SUCCESS", 0), ("FAILED", 1)])
def test_a_log_that_comes_again_without_its_trace_is_a_conflict_only_where_its_fields_differ(
    lake: Lake, status: str, conflicts: int, is_in_table: bool
) -> None:
    put_raw(lake.store, a_log("1"))
    if is_in_table:
        run_once(lake, SETTINGS)
    put_raw(lake.store, a_log("1", status=status, trace=None), received_at=LATER)

    report = run_once(lake, SETTINGS)

    assert (report.duplicates, report.conflicts) == (1, conflicts)
    assert [row["status"] for row in kept_conflicts(lake.store)] == ["FAILED"] * conflicts


@pytest.mark.parametrize("is_in_table", [True, False], ids=["in the table", "in one batch"])
def test_a_trace_that_comes_after_its_log_stood_without_one_is_kept_aside(
    lake: Lake, is_in_table: bool
) -> None:
    put_raw(lake.store, a_log("1", trace=None))
    if is_in_table:
        run_once(lake, SETTINGS)
    put_raw(lake.store, a_log("1"), received_at=LATER)

    assert run_once(lake, SETTINGS).conflicts == 1


class Killed(BaseException):
    """Stands for a process that dies here."""


def dying(lake: Lake, moment: str, patched: pytest.MonkeyPatch) -> None:
    """The next run dies before a table's commit, before a conflict is kept, or before raw is deleted."""
    append, put = PinnedTable.append, lake.store.put

    def dying_append(self: PinnedTable, rows: pa.Table, numbers: Mapping[int, int]) -> None:
        if moment == self.name:
            raise Killed
        append(self, rows, numbers)

    def dying_put(key: str, data: bytes) -> None:
        if moment == "reason" and key.endswith("reason.json"):
            raise Killed
        put(key, data)

    def dying_delete(_keys: object) -> None:
        raise Killed

    patched.setattr(PinnedTable, "append", dying_append)
    patched.setattr(lake.store, "put", dying_put)
    if moment == "deletion":
        patched.setattr(lake.store, "delete", dying_delete)


@pytest.mark.parametrize(
    ("moment", "month"),
    [("traces", "2026-10"), ("logs", "2026-10"), ("reason", "2026-11"), ("deletion", "2026-11")],
)
def test_killed_at_any_step_a_log_of_two_months_counts_once(
    lake: Lake, moment: str, month: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_raw(lake.store, a_log("1", executed_at=OCTOBER), a_log("2"))
    put_raw(lake.store, a_log("1", executed_at=NOVEMBER), received_at=LATER)
    with monkeypatch.context() as patched:
        dying(lake, moment, patched)
        with pytest.raises(Killed):
            run_once(lake, SETTINGS)
    # By a collector whose clock is behind: what stands in the table stands, otherwise this one is the first.
    put_raw(lake.store, a_log("2", executed_at=OCTOBER), received_at=EARLIER)

    report = run_once(lake, SETTINGS)

    at_ms = int(
        datetime.fromisoformat(OCTOBER if month == "2026-10" else "2026-11-23T14:00Z").timestamp() * 1000
    )
    assert report.conflicts == 2
    assert seen(lake.store) == [("1", "2026-10", "SUCCESS"), ("2", month, "SUCCESS")]
    assert trace_of(lake.store, month, "2", at_ms) == b'{"final_response": "done 2"}'
    assert len(kept_conflicts(lake.store)) == 2
    assert [*lake.store.list("raw")] == []


@pytest.mark.parametrize("table", ["traces", "logs"])
def test_two_etls_at_once_count_a_log_of_two_months_once(
    lake: Lake, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_raw(lake.store, a_log("1", executed_at=OCTOBER))
    append = PinnedTable.append
    raced: list[bool] = []

    def late_append(self: PinnedTable, rows: pa.Table, numbers: Mapping[int, int]) -> None:
        if self.name == table and not raced:
            raced.append(True)
            put_raw(lake.store, a_log("1", executed_at=NOVEMBER), received_at=EARLIER)
            run_once(Lake(lake.store), SETTINGS)
        append(self, rows, numbers)

    with monkeypatch.context() as patched:
        patched.setattr(PinnedTable, "append", late_append)
        run_once(lake, SETTINGS)
    run_once(lake, SETTINGS)

    assert seen(lake.store) == [("1", "2026-11", "SUCCESS")]
    assert lake.logs.size()["rows"] == 1
    assert [*lake.store.list("raw")] == []


def start_etl(store: Store) -> subprocess.Popen[bytes]:
    """One run of the ETL, as a process."""
    code = (
        "import sys; from etl.run import run_once; from etl.settings import EtlSettings; "
        "from lake.snapshot import Lake; from lake.store import open_store; "
        "run_once(Lake(open_store(sys.argv[1], {})), EtlSettings(batch_bytes=65536))"
    )
    environment = {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'sdk'}", "PATH": "/usr/bin:/bin"}
    return subprocess.Popen([sys.executable, "-c", code, store.url], cwd=REPOSITORY, env=environment)


def test_two_processes_at_once_and_one_that_is_killed_count_each_log_once(tmp_path: Path) -> None:
    store = open_store((tmp_path / "lake").as_uri(), {}, create=True)
    Lake(store).create_tables()
    for number in range(60):
        moment = f"2026-{9 + number % 3:02}-05T00:00:00Z"
        put_raw(store, *(a_log(str(n), executed_at=moment) for n in (number, number // 2)))

    first = [start_etl(store) for _ in range(3)]
    first[0].kill()
    for process in first:
        process.wait()
    run_once(Lake(store), SETTINGS)

    logs = [log_id for log_id, _, _ in seen(store)]
    assert sorted(logs, key=int) == [str(number) for number in range(60)]
    assert Lake(store).logs.size()["rows"] == 60
    assert [*store.list("raw")] == []


sendings = st.lists(
    st.tuples(
        st.integers(1, 4),  # which log
        st.integers(1, 12),  # month it says it was executed in
        st.integers(0, 50),  # hour in which it was received
        st.sampled_from(["SUCCESS", "FAILED"]),
        st.sampled_from(["put", "run", "run in small batches"]),
    ),
    max_size=8,
)


@settings(max_examples=25)
@given(sendings)
@pytest.mark.timeout(400)  # on a busy machine
def test_whatever_is_sent_in_whatever_order_each_log_counts_once(sent: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder).as_uri(), {}, create=True)
        lake = Lake(store)
        lake.create_tables()
        received, reports, reader = 0, [], read_lake(store)
        for number, month, hour, status, event in sent:
            log = a_log(str(number), executed_at=f"2026-{month:02}-05T00:00:00Z", status=status)
            put_raw(store, log, received_at=RECEIVED + timedelta(hours=hour))
            received += 1
            if event != "put":
                reports.append(run_once(lake, SETTINGS if event == "run" else SMALL_BATCHES))
            reader.renew()
            stood = [log_id for (log_id,) in reader.sql("SELECT log_id FROM logs ORDER BY log_id")]
            assert stood == sorted({str(n) for n, *_ in sent[:received]})
        reader.close()
        raw = seen(store)
        reports.append(run_once(lake, SETTINGS))

        assert raw == seen(store)
        assert lake.logs.size()["rows"] == len({number for number, *_ in sent})
        assert sum(report.logs + report.duplicates for report in reports) == received
        assert len(kept_conflicts(store)) == sum(report.conflicts for report in reports)


def counting_opened(table: str, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files of the table are looked into, at each look."""
    opened: list[int] = []
    choose: Callable[..., Any] = PinnedTable._files_of

    def counted(self: PinnedTable, wanted: Any) -> Any:
        files = choose(self, wanted)
        if self.name == table:
            opened.append(len(files))
        return files

    monkeypatch.setattr(PinnedTable, "_files_of", counted)
    return opened


def id_of_time(moment: datetime, number: int) -> str:
    """A UUIDv7: sorts by time."""
    return uuid7_at(moment + timedelta(hours=number), bytes(10))


def id_of_chance(moment: datetime, number: int) -> str:
    """As senders without an SDK have them: any id in any month."""
    return f"{'05a'[number % 3]}{number}-{moment.month}"


@pytest.mark.parametrize(("make_id", "expected"), [(id_of_time, 1), (id_of_chance, 12)])
@pytest.mark.timeout(400)  # on a busy machine
def test_where_ids_are_uuid7_only_the_files_of_their_time_are_looked_into(
    lake: Lake,
    make_id: Callable[[datetime, int], str],
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    months = [datetime(2025, month, 5, tzinfo=UTC) for month in range(1, 13)]
    for moment in months:
        put_raw(lake.store, *(a_log(make_id(moment, n), executed_at=moment.isoformat()) for n in range(3)))
        run_once(lake, SETTINGS)
    put_raw(lake.store, a_log(make_id(months[4], 1), executed_at=OCTOBER))
    looked_into = counting_opened("logs", monkeypatch)

    report = run_once(lake, SETTINGS)

    assert report.duplicates == 1
    assert {*looked_into} == {expected}
