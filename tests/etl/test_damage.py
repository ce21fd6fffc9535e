"""What is lost of the tables is said, nothing is committed on top of it, and what can be mended is mended."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.run import run_once
from etl.settings import EtlSettings
from etl.status import status
from etl.upkeep import keep_up
from lake import layout
from lake.damage import TablesDamaged, mark_seen
from lake.errors import ObjectDamaged, ObjectExists, StoreUnavailable
from lake.reader import read_lake
from lake.repair import NotMendable, mend, plan, plan_all
from lake.scope import EVERYONE
from lake.scope_files import ScopeFiles
from lake.snapshot import Lake
from lake.store import Store, open_store
from lake.table_log import commit_key, list_log
from tests.conftest import LakeEnv
from tests.logs import a_log, put_raw

SETTINGS = EtlSettings()
NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, bytes]]:
    """The objects of a lake, by key, for each kind of store on which it was made."""
    return {}


@pytest.fixture
def store(lake_env: LakeEnv, made: dict[str, dict[str, bytes]]) -> Store:
    """A lake of six logs of two clients, of three runs: each but the first is a copy of what was made there."""
    store = open_store(lake_env.url, lake_env.env)
    kind = lake_env.env.get("AWS_ENDPOINT_URL", "folder")
    if kind not in made:
        make(store)
        made[kind] = {found.key: store.get(found.key) for found in store.list("")}
    else:
        for key, data in made[kind].items():
            store.put(key, data)
    return store


def make(store: Store) -> None:
    for number in range(3):
        put_raw(store, a_log(f"a{number}"))
        put_raw(store, a_log(f"g{number}", client_id="globex"))
        assert run_once(Lake(store), SETTINGS).logs == 2


def logs_of(store: Store) -> list[str]:
    return [log_id for (log_id,) in read_lake(store).sql("SELECT log_id FROM logs ORDER BY log_id")]


def files_of(store: Store, table: str, client_id: str) -> list[str]:
    return [found.key for found in store.list(f"{table}/client_id={client_id}/")]


def drop_log(store: Store, table: str) -> None:
    store.delete([found.key for found in store.list(f"{table}/_delta_log/")])


def drop_table(store: Store, table: str) -> None:
    store.delete([found.key for found in store.list(f"{table}/")])


def losing(table: str, version: int) -> Callable[[Store], None]:
    """What loses one commit of a table."""
    return lambda store: store.delete([commit_key(table, version)])


DAMAGES: dict[str, Callable[[Store], None]] = {
    **{f"{table} lost commit {n}": losing(table, n) for table in ("logs", "traces") for n in range(4)},
    "an empty commit": lambda store: store.put(commit_key("logs", 2), b""),
    "half a commit": lambda store: store.put(commit_key("logs", 2), store.get(commit_key("logs", 2))[:-200]),
    "a commit that is no text": lambda store: store.put(commit_key("logs", 2), b"\x00\xff" * 100),
    "the log of logs is gone": lambda store: drop_log(store, "logs"),
    "the log of traces is gone": lambda store: drop_log(store, "traces"),
    "two commits are lost": lambda store: store.delete([commit_key("logs", 1), commit_key("logs", 3)]),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_lost_commit_stops_every_commit_until_it_is_mended(
    damage: Callable[[Store], None], store: Store
) -> None:
    damage(store)
    put_raw(store, a_log("a3"), a_log("a0"))

    with pytest.raises(TablesDamaged, match="_delta_log") as told:
        run_once(Lake(store), SETTINGS)
    said = status(Lake(store))["damaged"]
    mended = repair(store)
    report = run_once(Lake(store), SETTINGS)

    assert "caselog etl repair" in str(told.value)
    assert said == [found.sentence for found in told.value.found]
    assert mended
    assert (report.logs, report.duplicates) == (1, 1)
    assert logs_of(store) == ["a0", "a1", "a2", "a3", "g0", "g1", "g2"]
    assert Lake(store).traces.size()["rows"] == 7
    assert repair(store) == []


def repair(store: Store) -> list[str]:
    """Mends both tables; what was done."""
    needed = [each for each in plan_all(store, NOW) if each.is_needed]
    for each in needed:
        mend(store, each)
    mark_seen(store)
    return [sentence for each in needed for sentence in each.sentences()]


@pytest.mark.parametrize("table", ["logs", "traces"])
def test_a_table_that_is_gone_with_its_files_is_said(table: str, store: Store) -> None:
    drop_table(store, table)
    put_raw(store, a_log("a3"))

    with pytest.raises(TablesDamaged, match=f"{table}/_delta_log is gone"):
        run_once(Lake(store), SETTINGS)

    assert list_log(store, table).newest == -1


def test_that_both_tables_are_gone_is_told_by_those_derived_from_them(store: Store) -> None:
    drop_table(store, "traces")
    drop_table(store, "logs")
    put_raw(store, a_log("a3"))

    with pytest.raises(TablesDamaged, match="logs/_delta_log is gone"):
        run_once(Lake(store), SETTINGS)


def test_logs_behind_traces_with_nothing_raw_is_a_lost_commit_also_without_a_mark(store: Store) -> None:
    store.delete(["logs/_caselog/traces.json", "traces/_caselog/logs.json", commit_key("logs", 3)])

    with pytest.raises(TablesDamaged, match="lacks the last commit"):
        run_once(Lake(store), SETTINGS)
    repair(store)

    assert run_once(Lake(store), SETTINGS).damaged == {}
    assert len(logs_of(store)) == 6


def cut(store: Store, key: str) -> None:
    store.put(key, store.get(key)[:-100])


def scramble(store: Store, key: str) -> None:
    store.put(key, b"x" * len(store.get(key)))


@pytest.mark.parametrize("table", ["logs", "traces"])
@pytest.mark.parametrize("harm", [lambda store, key: store.delete([key]), cut], ids=["deleted", "cut"])
def test_a_damaged_file_holds_up_its_client_alone(
    harm: Callable[[Store, str], None], table: str, store: Store
) -> None:
    key = files_of(store, table, "acme")[1]
    harm(store, key)
    put_raw(store, a_log("a3"))
    put_raw(store, a_log("g3", client_id="globex"))

    reports = [run_once(Lake(store), SETTINGS) for _ in range(2)]
    said = status(Lake(store))["damaged"]

    assert [report.logs for report in reports] == [1, 0]
    assert list(reports[0].damaged) == ["acme"]
    assert all(word in said[0] for word in (key, "the logs of acme", "caselog etl repair"))
    assert [layout.client_of_raw_key(found.key) for found in store.list("raw")] == ["acme"]


def test_a_run_looks_at_the_files_of_those_whose_logs_came_in_and_upkeep_at_all(store: Store) -> None:
    for client_id in ("acme", "globex"):
        put_raw(store, a_log("1", client_id=client_id))
    run_once(Lake(store), SETTINGS)
    for key in files_of(store, "logs", "globex"):
        cut(store, key)

    put_raw(store, a_log("2"))
    first = run_once(Lake(store), SETTINGS)
    upkept = keep_up(Lake(store), SETTINGS, datetime(2026, 11, 24, tzinfo=UTC))
    put_raw(store, a_log("2", client_id="globex"))
    second = run_once(Lake(store), SETTINGS)

    assert (first.logs, first.damaged) == (1, {})
    named = {sentence.split(" has ")[0] for sentence in upkept.damaged_files}
    assert named == {*files_of(store, "logs", "globex")}
    assert (second.logs, list(second.damaged)) == (0, ["globex"])
    assert "globex" in status(Lake(store))["damaged"][0]


def test_a_file_of_the_right_size_that_is_no_parquet_holds_up_its_client_alone(store: Store) -> None:
    for key in files_of(store, "logs", "acme"):
        scramble(store, key)
    put_raw(store, a_log("a0"))
    put_raw(store, a_log("g3", client_id="globex"))

    report = run_once(Lake(store), SETTINGS)

    assert (report.logs, list(report.damaged)) == (1, ["acme"])
    assert "is not a Parquet file" in report.damaged["acme"]


def test_a_damaged_file_is_taken_out_and_what_is_lost_is_said(store: Store) -> None:
    gone = files_of(store, "logs", "acme")[0]
    store.delete([gone])

    said = repair(store)
    put_raw(store, a_log("a3"))
    report = run_once(Lake(store), SETTINGS)

    assert any(gone in sentence for sentence in said)
    assert any("1 damaged files held of acme is lost" in sentence for sentence in said)
    assert (report.logs, report.damaged) == (1, {})
    assert len(logs_of(store)) == 6


def test_a_healthy_lake_needs_no_repair(store: Store) -> None:
    assert repair(store) == []
    assert status(Lake(store))["damaged"] == []


def merge_all(store: Store) -> None:
    """Makes one file of each client's month, as upkeep does when the month is past."""
    keep_up(Lake(store), SETTINGS, datetime.now(UTC) + timedelta(days=60))


def test_the_lost_commit_of_a_merge_is_mended_and_no_log_stands_twice(store: Store) -> None:
    before = list_log(store, "logs").newest
    merge_all(store)
    store.delete([commit_key("logs", version) for version in (before + 1, before + 2)])

    with pytest.raises(TablesDamaged):
        run_once(Lake(store), SETTINGS)
    repair(store)

    assert logs_of(store) == ["a0", "a1", "a2", "g0", "g1", "g2"]
    assert Lake(store).logs.size()["rows"] == 6
    assert run_once(Lake(store), SETTINGS).damaged == {}


def test_a_merged_file_that_was_lost_is_made_up_for_by_those_it_was_made_of(store: Store) -> None:
    merge_all(store)
    [gone] = [key for key in Lake(store).logs.state().files if "acme" in key]
    store.delete([gone])

    said = repair(store)

    assert sum("take" in sentence and " in, " in sentence for sentence in said) == 3
    assert logs_of(store) == ["a0", "a1", "a2", "g0", "g1", "g2"]


def test_of_a_file_that_overlaps_the_table_only_what_is_new_is_taken_in(store: Store) -> None:
    whole = read_rows(store, "logs", "acme")
    overlap = f"logs/client_id=acme/month=2026-11/{uuid.uuid4()}.parquet"
    new = whole.slice(0, 1).set_column(whole.column_names.index("log_id"), "log_id", pa.array(["a9"]))
    sink = io.BytesIO()
    pq.write_table(pa.concat_tables([whole, new]), sink)
    store.put(overlap, sink.getvalue())
    store.delete([commit_key("logs", 2)])

    repair(store)

    assert logs_of(store) == ["a0", "a1", "a2", "a9", "g0", "g1", "g2"]
    assert Lake(store).logs.size()["rows"] == 7


def read_rows(store: Store, table: str, client_id: str) -> pa.Table:
    return pa.concat_tables(
        pq.ParquetFile(io.BytesIO(store.get(key))).read() for key in files_of(store, table, client_id)
    )


def test_a_repair_that_somebody_else_came_before_changes_nothing(store: Store) -> None:
    store.delete([commit_key("logs", 2)])
    made = plan(store, "logs", NOW)
    store.put(commit_key("logs", made.next_version), b"{}")

    with pytest.raises(ObjectExists):
        mend(store, made)


def test_a_log_that_lost_nearly_everything_comes_back_from_a_copy_only(store: Store) -> None:
    store.put("traces/_caselog/logs.json", b'{"version": 5000}')

    with pytest.raises(NotMendable, match="from a copy"):
        plan(store, "logs", NOW)


class Killed(BaseException):
    """Stands for a process that dies here."""


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_repair_that_is_killed_leaves_a_table_that_is_seen_to_be_damaged(
    steps: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.delete([commit_key("logs", 1), commit_key("logs", 3)])
    create = store.create
    done: list[str] = []

    def dying(key: str, data: bytes) -> None:
        if len(done) == steps:
            raise Killed
        done.append(key)
        create(key, data)

    with monkeypatch.context() as patched:
        patched.setattr(store, "create", dying)
        with pytest.raises(Killed):
            repair(store)
    with pytest.raises(TablesDamaged):
        run_once(Lake(store), SETTINGS)
    repair(store)

    assert run_once(Lake(store), SETTINGS).damaged == {}
    assert logs_of(store) == ["a0", "a1", "a2", "g0", "g1", "g2"]


def spoil_traces_log(store: Store) -> None:
    store.put(commit_key("traces", 2), b"{")


@pytest.mark.parametrize(
    "harm",
    [
        lambda store: [store.delete([key]) for key in files_of(store, "traces", "acme")],
        lambda store: drop_table(store, "traces"),
        spoil_traces_log,
    ],
    ids=["files", "table", "log"],
)
def test_damaged_traces_hide_no_small_fields(
    harm: Callable[[Store], object], store: Store, tmp_path: Path
) -> None:
    files = ScopeFiles(store, tmp_path / "cache", 1 << 30)
    files.latest(EVERYONE)
    harm(store)
    put_raw(store, a_log("a3"))

    fresh = ScopeFiles(store, tmp_path / "other", 1 << 30)
    shown = [each.latest(EVERYONE) for each in (files, fresh)]
    with pytest.raises((ObjectDamaged, StoreUnavailable)):
        fresh.trace(EVERYONE, "acme", "2026-11", "a1")
    files.close()
    fresh.close()

    assert [(len(each.missing), each.is_current) for each in shown] == [(0, True), (0, True)]
