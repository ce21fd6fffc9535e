"""Other programs read the tables as they are, and get the figures that our own reader gets."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable, write_deltalake

from etl.run import run_once
from etl.settings import EtlSettings
from etl.upkeep import keep_up
from lake import layout
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import Store, open_store
from tests.conftest import LakeEnv, missing
from tests.lake.test_schema_growth import LATER_MONTH
from tests.logs import a_log, put_raw

WORKER: Final = Path(__file__).with_name("spark_worker.py")
SETTINGS: Final = EtlSettings()
#: Key figures by client and month: tickets, of these well, mean seconds, errors.
Kpis = Mapping[tuple[str, str], tuple[int, int, float | None, int]]
#: Logs that have a trace, by client and id: category, when, trace.
Joined = Mapping[tuple[str, str], tuple[str | None, datetime | str, str]]
#: Texts that engines get wrong: quotes, other scripts, both directions, line ends, what looks like a null or a path.
TEXTS: Final = (
    "größe", "返金", "استرداد", "שיחה", "🧾👩‍💻", 'a "quoted", \'word\'', "line\nend\ttab", "NULL", "null", "", "a/b=c",
    "%2F", "\\N", "e\u0301", "\u202eabc", "\ufffd",
)  # fmt: skip
#: The hour that comes twice when summer time ends, ends of months, and years that some programs cannot hold.
TIMES: Final = (
    "2026-10-25T02:30:00+02:00",
    "2026-10-25T02:30:00+01:00",
    "2026-11-01T00:59:59.999999+01:00",
    "2026-11-30T23:59:59.999999Z",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "2262-04-12T00:00:00Z",
)


def logs_of(client_id: str, run: int) -> list[dict[str, Any]]:
    """Logs of one run: every third failed, some without a trace, a duration or a category, times from everywhere."""
    made = []
    for number, text in enumerate(TEXTS):
        log = a_log(
            f"{run}-{number}",
            client_id=client_id,
            category=text or None,
            status="FAILED" if number % 3 == 2 else "SUCCESS",
            execution_time_seconds=number / 4 if number % 5 else None,
            executed_at=TIMES[(number + run) % len(TIMES)],
            trace={"errors": [text] * (number % 4), "final_response": text} if number % 4 else None,
        )
        made.append({name: value for name, value in log.items() if value is not None})
    return made


def fill(store: Store) -> None:
    """Three runs of two clients; between them, a later version adds a column."""
    for run in range(3):
        for client_id in ("acme", "globex-2"):
            put_raw(store, *logs_of(client_id, run))
        run_once(Lake(store), SETTINGS)
        if run == 0:
            url, options = store.table_url(layout.LOGS), store.delta_options
            rows = DeltaTable(url, storage_options=options).to_pyarrow_table().slice(0, 1)
            rows = rows.set_column(rows.column_names.index("log_id"), "log_id", [["of a later version"]])
            rows = rows.append_column("region", pa.array(["eu"]))
            write_deltalake(url, rows, mode="append", schema_mode="merge", storage_options=options)


@pytest.fixture(params=["as written", "merged"], scope="module")
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A lake in a folder, with many files or with few."""
    store = open_store(tmp_path_factory.mktemp("lake").as_uri(), {})
    fill(store)
    if request.param == "merged":
        assert keep_up(Lake(store), SETTINGS, LATER_MONTH).merged
    return store


def ours(store: Store) -> tuple[Kpis, Joined]:
    """The same by our own reader."""
    reader = read_lake(store)
    kpis = reader.sql(
        "SELECT client_id, month, count(*), count_if(status = 'SUCCESS'), avg(execution_time_seconds), "
        "sum(error_count) FROM logs GROUP BY client_id, month"
    )
    joined = reader.sql(
        "SELECT client_id, log_id, category, logs.executed_at, trace "
        "FROM logs JOIN traces USING (client_id, month, log_id)"
    )
    reader.close()
    return by_month(kpis), by_log(joined)


def by_month(rows: Any) -> Kpis:
    return {
        (client_id, month): (tickets, well, None if mean is None else round(mean, 9), int(errors or 0))
        for client_id, month, tickets, well, mean, errors in rows
    }


def by_log(rows: Any) -> Joined:
    return {
        (client_id, log_id): (category, _moment(at), trace) for client_id, log_id, category, at, trace in rows
    }


def _moment(at: datetime | str) -> datetime:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


# ------------------------------------------------------------ engines


def by_polars(store: Store) -> tuple[Kpis, Joined]:
    if importlib.util.find_spec("polars") is None:
        missing("no Polars: the extra `dev` has it")
    import polars as pl

    aws = {name: value for name, value in store.delta_options.items() if name.startswith("AWS_")}
    logs, traces = (pl.scan_delta(store.table_url(name), storage_options=aws) for name in ("logs", "traces"))
    kpis = logs.group_by("client_id", "month").agg(
        pl.len(),
        (pl.col("status") == "SUCCESS").sum().alias("well"),
        pl.col("execution_time_seconds").mean(),
        pl.col("error_count").sum(),
    )
    joined = logs.join(traces, on=["client_id", "month", "log_id"]).select(
        "client_id", "log_id", "category", "executed_at", "trace"
    )
    return by_month(kpis.collect().rows()), by_log(joined.collect().rows())


def by_pyarrow(store: Store) -> tuple[Kpis, Joined]:
    logs, traces = (_opened(store, name).to_table() for name in ("logs", "traces"))
    logs = logs.append_column("well", pc.equal(logs["status"], "SUCCESS").cast(pa.int64()))
    kpis = logs.group_by(["client_id", "month"]).aggregate(
        [("log_id", "count"), ("well", "sum"), ("execution_time_seconds", "mean"), ("error_count", "sum")]
    )
    keys = ["client_id", "month", "log_id"]
    joined = logs.join(traces.drop_columns(["executed_at"]), keys, join_type="inner")
    joined = joined.select(["client_id", "log_id", "category", "executed_at", "trace"])
    names = [
        "client_id",
        "month",
        "log_id_count",
        "well_sum",
        "execution_time_seconds_mean",
        "error_count_sum",
    ]
    return by_month(zip(*(kpis[name].to_pylist() for name in names), strict=True)), by_log(
        zip(*(joined[name].to_pylist() for name in joined.column_names), strict=True)
    )


def by_duckdb(store: Store) -> tuple[Kpis, Joined]:
    """Not by `delta_scan`: there is no extension `delta` for this version of DuckDB yet that needs no download."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone='UTC'")
    for name in ("logs", "traces"):
        connection.register(name, _opened(store, name))
    kpis = connection.execute(
        "SELECT client_id, month, count(*), count_if(status = 'SUCCESS'), avg(execution_time_seconds), "
        "sum(error_count) FROM logs GROUP BY client_id, month"
    ).fetchall()
    joined = connection.execute(
        "SELECT client_id, log_id, category, logs.executed_at, trace "
        "FROM logs JOIN traces USING (client_id, month, log_id)"
    ).fetchall()
    connection.close()
    return by_month(kpis), by_log(joined)


def _opened(store: Store, name: str) -> Any:
    return DeltaTable(store.table_url(name), storage_options=store.delta_options).to_pyarrow_dataset()


def by_pyspark(store: Store) -> tuple[Kpis, Joined]:
    if importlib.util.find_spec("pysail") is None or importlib.util.find_spec("pyspark") is None:
        missing("no pysail or no pyspark-client: the extra `dev` has them")
    folder = unquote(urlsplit(store.url).path)
    done = subprocess.run(
        [sys.executable, str(WORKER), folder], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr[-2000:]
    kpis, joined = json.loads(done.stdout.splitlines()[-1])
    return by_month(kpis), by_log(joined)


ENGINES: Final[dict[str, Callable[[Store], tuple[Kpis, Joined]]]] = {
    "Polars": by_polars, "pyarrow": by_pyarrow, "DuckDB": by_duckdb, "PySpark": by_pyspark,
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_another_engine_gets_our_figures_and_every_trace_with_its_log(
    engine: Callable[[Store], tuple[Kpis, Joined]], filled: Store
) -> None:
    kpis, joined = ours(filled)
    assert sum(tickets for tickets, *_ in kpis.values()) == 2 * 3 * len(TEXTS) + 1
    assert {"9999-12", "0001-01", "1970-01", "2262-04", "2026-10", "2026-11"} <= {month for _, month in kpis}
    assert len(joined) == 2 * 3 * len([n for n in range(len(TEXTS)) if n % 4])

    found = engine(filled)

    assert found == (kpis, joined)


@pytest.mark.parametrize("lake_env", ["weed"], indirect=True)
@pytest.mark.parametrize("engine", [by_polars, by_pyarrow, by_duckdb])
def test_another_engine_reads_a_bucket_too(
    engine: Callable[[Store], tuple[Kpis, Joined]], lake_env: LakeEnv
) -> None:
    store = open_store(lake_env.url, lake_env.env)
    fill(store)

    assert engine(store) == ours(store)


def test_a_column_that_came_later_is_null_in_earlier_rows(filled: Store) -> None:
    regions = _opened(filled, layout.LOGS).to_table(columns=["log_id", "region"])

    assert {each["region"] for each in regions.to_pylist() if each["log_id"] != "of a later version"} == {
        None
    }
    assert regions.filter(pc.field("log_id") == "of a later version")["region"].to_pylist() == ["eu"]
