from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from etl.run import RunReport, run_once
from etl.settings import EtlSettings
from etl.status import status
from lake import rawlog, schema
from lake.errors import StoreUnavailable
from lake.reader import read_lake
from lake.shards import EVERY_SHARD, shard_of
from lake.snapshot import Lake
from lake.store import Store
from lake.tables import CommitContended, PinnedTable
from tests.logs import RECEIVED, a_log, put_raw, raw_line

SETTINGS = EtlSettings()


def counts(lake: Lake) -> tuple[int, int]:
    """Rows in logs and in traces, as stored in the tables."""
    return lake.logs.size()["rows"], lake.traces.size()["rows"]


def raw_keys(store: Store) -> list[str]:
    return [found.key for found in store.list("raw")]


def test_raw_objects_become_rows_and_are_deleted(lake: Lake) -> None:
    put_raw(lake.store, a_log("1"), a_log("2"))
    put_raw(lake.store, a_log("1", client_id="globex", trace=None))

    report = run_once(lake, SETTINGS)

    assert (report.logs, report.duplicates, report.quarantined, report.objects) == (3, 0, 0, 2)
    assert counts(lake) == (3, 2)
    assert raw_keys(lake.store) == []


def test_a_log_sent_again_counts_once_before_and_after_compaction(lake: Lake) -> None:
    put_raw(lake.store, a_log("1"), a_log("1"))
    first = run_once(lake, SETTINGS)
    put_raw(lake.store, a_log("1"), a_log("2"))

    second = run_once(lake, SETTINGS)

    assert (first.logs, first.duplicates) == (1, 1)
    assert (second.logs, second.duplicates) == (1, 1)
    assert counts(lake) == (2, 2)


def test_the_same_log_id_of_two_clients_are_two_logs(lake: Lake) -> None:
    put_raw(lake.store, a_log("1"))
    put_raw(lake.store, a_log("1", client_id="globex"))

    assert run_once(lake, SETTINGS).logs == 2


def test_nothing_to_do_is_done_without_a_commit(lake: Lake) -> None:
    assert run_once(lake, SETTINGS).logs == 0
    assert lake.logs.size()["files"] == 0


def test_what_cannot_be_read_is_set_aside_with_its_reason_and_the_rest_goes_on(lake: Lake) -> None:
    good, bad = raw_line(a_log("1")), b'{"rubbish": "secret-text"}'
    lake.store.put("raw/client_id=acme/date=2026-11-23/hour=14/a.ndjson.zst", rawlog.pack([good, bad]))
    lake.store.put("raw/client_id=acme/date=2026-11-23/hour=14/b.ndjson.zst", b"rubbish")
    lake.store.put("raw/stray.txt", b"stray")

    report = run_once(lake, SETTINGS)

    kept = {o.key.removeprefix("quarantine/"): lake.store.get(o.key) for o in lake.store.list("quarantine")}
    assert (report.logs, report.quarantined, report.objects) == (1, 3, 3)
    assert kept["client_id=acme/date=2026-11-23/hour=14/a.ndjson.zst.lines.ndjson"] == bad + b"\n"
    assert kept["client_id=acme/date=2026-11-23/hour=14/b.ndjson.zst.object"] == b"rubbish"
    assert kept["stray.txt.object"] == b"stray"
    reason = kept["client_id=acme/date=2026-11-23/hour=14/a.ndjson.zst.reason.json"]
    assert json.loads(reason)["lines"][0]["line"] == 2
    assert b"secret-text" not in reason
    assert raw_keys(lake.store) == []
    assert status(lake)["quarantined_objects"] == 3


def test_batches_stay_within_their_bound_and_progress_is_told(lake: Lake) -> None:
    for number in range(5):
        put_raw(lake.store, a_log(str(number), trace={"final_response": "x" * 400_000}))
    told: list[tuple[int, int]] = []

    report = run_once(lake, EtlSettings(batch_unpacked_bytes=1024 * 1024), lambda *done: told.append(done))

    assert report.batches == 2
    assert told == [(3, 5), (5, 5)]
    assert counts(lake) == (5, 5)


def test_files_are_sorted_by_the_time_of_execution(lake: Lake) -> None:
    hours = (9, 3, 7)
    put_raw(lake.store, *(a_log(str(h), executed_at=f"2026-11-23T{h:02}:00:00Z") for h in hours))

    run_once(lake, SETTINGS)

    [key] = lake.logs.state().files
    stored = pq.read_table(io.BytesIO(lake.store.get(key)), columns=["log_id"])
    assert stored["log_id"].to_pylist() == ["3", "7", "9"]


class Killed(BaseException):
    """Stands for a process that dies here."""


def killed_when(store: Store, moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next run dies ``moment``: before or after a table's commit, or before raw is deleted."""
    append = PinnedTable.append

    def dying_append(self: PinnedTable, rows: pa.Table, numbers: Mapping[int, int]) -> None:
        if moment == f"before {self.name}":
            raise Killed
        append(self, rows, numbers)

    def dying_delete(_keys: object) -> None:
        raise Killed

    monkeypatch.setattr(PinnedTable, "append", dying_append)
    if moment == "before deletion":
        monkeypatch.setattr(store, "delete", dying_delete)


@pytest.mark.parametrize("moment", ["before traces", "before logs", "before deletion"])
def test_killed_anywhere_the_next_run_makes_it_right(
    lake: Lake, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_raw(lake.store, a_log("1"), a_log("2"))
    with monkeypatch.context() as patched:
        killed_when(lake.store, moment, patched)
        with pytest.raises(Killed):
            run_once(lake, SETTINGS)
    put_raw(lake.store, a_log("3"))

    run_once(lake, SETTINGS)

    assert counts(lake) == (3, 3)
    assert raw_keys(lake.store) == []
    assert read_lake(lake.store).sql("SELECT count(*) FROM logs") == [(3,)]


def test_killed_between_its_commits_the_logs_are_still_seen_once(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_raw(lake.store, a_log("1"))
    with monkeypatch.context() as patched:
        killed_when(lake.store, "before logs", patched)
        with pytest.raises(Killed):
            run_once(lake, SETTINGS)

    assert read_lake(lake.store).sql("SELECT count(*) FROM logs") == [(1,)]


def racing(lake: Lake, table: str, monkeypatch: pytest.MonkeyPatch, rival: Callable[[], object]) -> None:
    """Let a ``rival`` run to its end just before this run's commit to ``table``."""
    append = PinnedTable.append
    raced: list[bool] = []

    def late_append(self: PinnedTable, rows: pa.Table, numbers: Mapping[int, int]) -> None:
        if self.name == table and not raced:
            raced.append(True)
            rival()
        append(self, rows, numbers)

    monkeypatch.setattr(PinnedTable, "append", late_append)


@pytest.mark.parametrize("table", ["traces", "logs"])
def test_two_runs_at_once_count_each_log_once_and_lose_none(
    lake: Lake, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_raw(lake.store, a_log("1"), a_log("2"))
    rivals: list[RunReport] = []

    with monkeypatch.context() as patched:
        racing(lake, table, patched, lambda: rivals.append(run_once(Lake(lake.store), SETTINGS)))
        report = run_once(lake, SETTINGS)
    run_once(lake, SETTINGS)

    assert report.logs + sum(rival.logs for rival in rivals) == 2
    assert counts(lake)[0] == 2
    assert raw_keys(lake.store) == []


def make_earlier_table(lake: Lake) -> None:
    """The table ``logs`` as it was made before there was ``lost_logs``."""
    DeltaTable.create(
        lake.store.table_url("logs"),
        pa.schema([field for field in schema.LOGS if field.name != "lost_logs"]),
        partition_by=list(schema.PARTITIONS),
        storage_options=lake.store.delta_options,
    )


def test_two_runs_at_once_on_a_table_of_an_earlier_version_count_each_log_once(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_earlier_table(lake)
    put_raw(lake.store, a_log("1", sdk={"lost": {"network": 3}}), a_log("2"))

    with monkeypatch.context() as patched:
        racing(lake, "logs", patched, lambda: run_once(Lake(lake.store), SETTINGS))
        run_once(lake, SETTINGS)
    run_once(lake, SETTINGS)

    assert counts(lake)[0] == 2
    assert raw_keys(lake.store) == []
    assert read_lake(lake.store).sql("SELECT count(*), sum(lost_logs) FROM logs") == [(2, 3)]


@pytest.mark.parametrize("is_earlier", [False, True], ids=["this version", "earlier version"])
def test_of_two_commits_with_the_same_number_one_wins(lake: Lake, is_earlier: bool) -> None:
    if is_earlier:
        make_earlier_table(lake)
    rows = rawlog.logs_table([rawlog.read_line(raw_line(a_log("1")), "acme")])
    one, other = lake.logs.pin(), lake.logs.pin()
    one.append(rows, one.next_numbers(["acme"]))

    with pytest.raises(CommitContended):
        other.append(rows, other.next_numbers(["acme"]))

    assert lake.logs.size()["rows"] == 1


def test_a_store_that_fails_loses_nothing(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    put_raw(lake.store, a_log("1"))

    def failing_get(key: str) -> bytes:
        raise StoreUnavailable(f"reading {key}")

    with monkeypatch.context() as patched:
        patched.setattr(lake.store, "get", failing_get)
        with pytest.raises(StoreUnavailable):
            run_once(lake, SETTINGS)

    assert len(raw_keys(lake.store)) == 1
    assert run_once(lake, SETTINGS).logs == 1


def test_status_says_what_waits_and_what_is_done(lake: Lake) -> None:
    put_raw(lake.store, a_log("1"))
    run_once(lake, SETTINGS)
    put_raw(lake.store, a_log("2"), received_at=RECEIVED)

    found = status(lake)

    assert found["raw_objects"] == 1
    assert found["raw_oldest"] is not None
    assert found["tables"]["logs"]["rows"] == 1


def test_runs_of_different_shards_commit_beside_each_other(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_raw(lake.store, a_log("1"))
    put_raw(lake.store, a_log("1", client_id="globex"))
    mine, others = {shard_of("acme")}, EVERY_SHARD - {shard_of("acme")}
    rivals: list[RunReport] = []
    racing(
        lake, "logs", monkeypatch, lambda: rivals.append(run_once(Lake(lake.store), SETTINGS, shards=others))
    )

    report = run_once(lake, SETTINGS, shards=mine)

    assert (report.logs, report.contended) == (1, False)
    assert [each.logs for each in rivals] == [1]
    assert counts(lake) == (2, 2)
    assert raw_keys(lake.store) == []


def test_what_is_nobodys_is_looked_after_with_shard_0_alone(lake: Lake) -> None:
    lake.store.put("raw/stray.txt", b"?")

    others = run_once(lake, SETTINGS, shards=EVERY_SHARD - {0})
    first = run_once(lake, SETTINGS, shards={0})

    assert (others.quarantined, first.quarantined) == (0, 1)
