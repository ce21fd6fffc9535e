"""The ETL on an engine: on processes of this machine, and on a real Dask cluster whose workers are killed."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.environment import LAKE_URL
from cli.main import main
from cli.work import do_task, lake_mark, own_version
from etl.dask_engine import _require_same_versions
from etl.engines import EngineFailed, Outcome, Task, add_up, make_tasks, spread
from etl.processes import process_engine
from etl.run import RunReport
from etl.settings import EtlSettings
from etl.upkeep import UpkeepReport
from lake.damage import read_ids
from lake.shards import EVERY_SHARD
from lake.snapshot import Lake
from lake.store import open_store
from tests.conftest import LakeEnv, missing
from tests.logs import a_log, put_raw
from tests.servers import dask

pytestmark = pytest.mark.timeout(400)  # on a busy machine
REPOSITORY = Path(__file__).resolve().parents[2]
HALTING = Path(__file__).with_name("halting.py")
SETTINGS = EtlSettings()
SECRET = "a-secret-that-nobody-is-sent"


@pytest.fixture
def lake_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A lake in a folder, which this process is set up for."""
    url = (tmp_path / "lake").as_uri()
    Lake(open_store(url, {}, create=True)).create_tables()
    monkeypatch.setenv(LAKE_URL, url)
    return url


@pytest.fixture
def dask_needed() -> None:
    if not dask.has_dask():
        missing("no Dask: the extra `dask` installs it")


def fill(lake: Lake, clients: int = 12) -> list[str]:
    """Raw logs of many clients; their ids."""
    lake.create_tables()
    sent = [(f"client-{c}", f"client-{c}.{n}") for c in range(clients) for n in range(2)]
    for client_id, log_id in sent:
        put_raw(lake.store, a_log(log_id, client_id=client_id))
    return sorted(log_id for _, log_id in sent)


def stored(lake: Lake, table: str) -> list[str]:
    """The log ids in a table; one that stands twice is told twice."""
    return sorted(log_id for key in lake.table(table).state().files for log_id in read_ids(lake.store, key))


def etl_run(*options: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["etl", "run", *options])
    return done.exit_code, done.output


# ---------------------------------------------------------------- how the work is shared out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--shards", "many"), "'many' is not a valid integer"),
        (("--shards", "65", "--shard", "0"), "65 is not in the range"),
        (("--shards", "0", "--shard", "0"), "0 is not in the range"),
        (("--shards", "4"), "Which of the 4 is this? Say --shard I (CASELOG_ETL_SHARD), from 0 to 3."),
        (
            ("--shards", "4", "--shard", "4"),
            "There is no shard 4 of 4: --shard (CASELOG_ETL_SHARD) is from 0 to 3.",
        ),
        (("--shard", "2"), "--shard 2 is one of how many?"),
        (
            ("--shards", "2", "--shard", "0", "--dask", "tcp://a:1"),
            "--dask and --shards cannot be used together",
        ),
        (("--processes", "2", "--dask", "tcp://a:1"), "--dask and --processes cannot be used together"),
        (("--processes", "0"), "0 is not in the range"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_words(
    lake_url: str, options: tuple[str, ...], said: str
) -> None:
    code, output = etl_run(*options)

    assert code == 2
    assert said in output
    assert "Traceback" not in output


def test_the_schedule_refuses_the_same(lake_url: str) -> None:
    done = CliRunner().invoke(main, ["etl", "schedule", "--shards", "3", "--shard", "3"])

    assert done.exit_code == 2
    assert "There is no shard 3 of 3" in done.output


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"CASELOG_ETL_SHARDS": "many", "CASELOG_ETL_SHARD": "0"}, "CASELOG_ETL_SHARDS: "),
        ({"CASELOG_ETL_SHARDS": "3", "CASELOG_ETL_SHARD": "5"}, "There is no shard 5 of 3"),
        ({"CASELOG_ETL_SHARDS": "3", "JOB_COMPLETION_INDEX": "3"}, "There is no shard 3 of 3"),
        (
            {"CASELOG_ETL_SHARDS": "3", "JOB_COMPLETION_INDEX": "-1"},
            "JOB_COMPLETION_INDEX is not a whole number",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_words(
    lake_url: str, monkeypatch: pytest.MonkeyPatch, env: Mapping[str, str], said: str
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    code, output = etl_run()

    assert code == 2
    assert said in output


def test_the_pods_of_an_indexed_job_do_all_the_work_between_them(
    lake_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(open_store(lake_url, {}))
    sent = fill(lake)
    monkeypatch.setenv("CASELOG_ETL_SHARDS", "3")
    counts = []
    for pod in range(3):
        monkeypatch.setenv("JOB_COMPLETION_INDEX", str(pod))
        code, output = etl_run("--json")
        assert code == 0
        counts.append(json.loads(output)["logs"])

    assert stored(lake, "logs") == sent
    assert sum(counts) == len(sent)
    assert min(counts) > 0


@pytest.mark.parametrize("at_once", [1, 2, 5, 64, 1000])
def test_every_shard_is_in_one_task(at_once: int) -> None:
    tasks = make_tasks(at_once, SETTINGS, "", "")

    assert sorted(shard for task in tasks for shard in task.shards) == sorted(EVERY_SHARD)
    assert len(tasks) == min(64, 2 * at_once)


def test_reports_are_added_up() -> None:
    one = Outcome(
        RunReport(logs=3, objects=1, seconds=4.0, stepped_over={"a": "odd"}),
        UpkeepReport(merged=2, seconds=1.0),
        ("x",),
    )
    other = Outcome(
        RunReport(logs=4, contended=True, seconds=9.0, damaged={"acme": "cut"}),
        UpkeepReport(seconds=3.0),
        ("x", "y"),
    )

    total = add_up([one, other], 9.5)

    assert (total.run.logs, total.run.objects, total.run.contended, total.run.seconds) == (7, 1, True, 9.5)
    assert (total.run.stepped_over, total.run.damaged) == ({"a": "odd"}, {"acme": "cut"})
    assert (total.upkeep.merged, total.upkeep.seconds) == (2, 3.0)
    assert total.failures == ("x", "y")


# ---------------------------------------------------------------- what a worker is told, and what it looks at


class Wire(Executor):
    """Does each task at once, after it went through a pickle as on its way to a worker."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.sent.append(pickle.dumps((fn, args, kwargs)))
        work, given, named = pickle.loads(self.sent[-1])
        future: Future[Any] = Future()
        future.set_result(pickle.loads(pickle.dumps(work(*given, **named))))
        return future


def test_no_secret_and_no_address_travels_with_a_task(lake_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = fill(Lake(open_store(lake_url, {})))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, f"{SECRET}-{name}")
    wire = Wire()

    outcome = spread(wire, do_task, make_tasks(2, SETTINGS, lake_mark(), own_version()))

    assert outcome.run.logs == len(sent)
    assert len(wire.sent) == 4
    assert not any(SECRET.encode() in each or lake_url.encode() in each for each in wire.sent)


def a_task(**other: Any) -> Task:
    told = {"shards": EVERY_SHARD, "settings": SETTINGS, "lake": lake_mark(), "version": own_version()}
    return Task(**{**told, **other})


def test_a_worker_of_another_version_says_so(lake_url: str) -> None:
    [said] = do_task(a_task(version="9.9.9")).failures

    assert (
        said
        == f"A worker has caselog-server {own_version()}, this command has 9.9.9: install the same on both."
    )


def test_a_worker_without_the_lake_s_settings_names_them(
    lake_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = a_task()
    monkeypatch.delenv(LAKE_URL)

    [said] = do_task(task).failures

    assert said.startswith(f"A worker has no {LAKE_URL}: set it, and the AWS_* variables")


def test_a_worker_of_another_lake_does_nothing(
    lake_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = a_task()
    put_raw(open_store(tmp_path.as_uri(), {}), a_log("1"))
    monkeypatch.setenv(LAKE_URL, tmp_path.as_uri())

    [said] = do_task(task).failures

    assert said == f"A worker's {LAKE_URL} is not that of this command: it would compact another lake."
    assert [*open_store(tmp_path.as_uri(), {}).list("raw")] != []


def test_a_lake_that_went_away_is_a_sentence(lake_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = f"{lake_url}-gone"
    monkeypatch.setenv(LAKE_URL, gone)

    [said] = do_task(a_task()).failures

    assert said.startswith(f"There is no lake at {gone}")


# ---------------------------------------------------------------- processes of this machine


def test_processes_of_this_machine_do_all_the_work(lake_url: str) -> None:
    lake = Lake(open_store(lake_url, {}))
    sent = fill(lake)

    code, output = etl_run("--processes", "2", "--json")

    told = json.loads(output)
    assert code == 0
    assert (told["logs"], told["objects"], "failed" in told) == (len(sent), len(sent), False)
    assert stored(lake, "logs") == stored(lake, "traces") == sent


def test_a_process_that_is_killed_is_a_sentence() -> None:
    with pytest.raises(EngineFailed, match="One of the processes was killed"), process_engine(1) as (pool, _):
        pool.submit(os._exit, 9).result()


# ---------------------------------------------------------------- Dask


def command(address: str, lake_env: LakeEnv) -> subprocess.Popen[str]:
    env = {
        **os.environ,
        **lake_env.env,
        LAKE_URL: lake_env.url,
        "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'sdk'}",
    }
    run = [sys.executable, "-m", "cli.main", "etl", "run", "--dask", address, "--json"]
    return subprocess.Popen(run, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for(mark: Path, process: subprocess.Popen[str]) -> int:
    """The process id that stands in a file, as soon as it is there."""
    deadline = time.monotonic() + 90
    while not mark.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(mark.read_text())


@pytest.mark.usefixtures("dask_needed")
def test_a_cluster_does_all_the_work_though_a_worker_is_killed_between_two_commits(
    lake_env: LakeEnv, lake: Lake, tmp_path: Path
) -> None:
    sent = fill(lake)
    halted = tmp_path / "halted"
    env = {**lake_env.env, LAKE_URL: lake_env.url}
    with ExitStack() as held:
        address = held.enter_context(dask.scheduler(tmp_path / "scheduler"))
        to_halt = {**env, "HALTED": str(halted)}
        held.enter_context(dask.worker(address, tmp_path / "one", to_halt, preload=HALTING))
        held.enter_context(dask.worker(address, tmp_path / "two", env))
        running = command(address, lake_env)
        os.kill(wait_for(halted, running), signal.SIGKILL)
        output, said = running.communicate(timeout=100)

    told = json.loads(output)
    assert (running.returncode, said) == (0, "")
    assert (told["logs"], told["contended"], "failed" in told) == (len(sent), False, False)
    assert stored(lake, "logs") == stored(lake, "traces") == sent
    assert [*lake.store.list("raw")] == []


@pytest.mark.usefixtures("dask_needed")
def test_a_cluster_whose_workers_lack_the_settings_or_that_has_none_says_so(
    lake_url: str, tmp_path: Path
) -> None:
    lake = Lake(open_store(lake_url, {}))
    fill(lake, 1)
    with dask.scheduler(tmp_path / "scheduler") as address:
        without = etl_run("--dask", address)
        with dask.worker(address, tmp_path / "one", {LAKE_URL: ""}):
            unset = etl_run("--dask", address)

    assert (without[0], unset[0]) == (1, 1)
    assert f"The Dask scheduler at {address} has no workers." in without[1]
    assert f"A worker has no {LAKE_URL}" in unset[1]
    assert "Traceback" not in without[1] + unset[1]
    assert stored(lake, "logs") == []


@pytest.mark.usefixtures("dask_needed")
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://127.0.0.1:1", "No Dask scheduler answers at tcp://127.0.0.1:1 within 10 s"),
        ("cluster", "'cluster' is not the address of a Dask scheduler"),
        ("tcp://cluster", "'tcp://cluster' is not the address of a Dask scheduler"),
        ("smoke://127.0.0.1:8786", "'smoke://127.0.0.1:8786' is not the address of a Dask scheduler"),
    ],
)
def test_an_address_where_no_scheduler_is_is_a_sentence(lake_url: str, address: str, said: str) -> None:
    started = time.monotonic()
    code, output = etl_run("--dask", address)

    assert code == 1
    assert said in output
    assert "Traceback" not in output
    assert time.monotonic() - started < 60


def test_a_missing_extra_is_named(lake_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)

    code, output = etl_run("--dask", "tcp://127.0.0.1:8786")

    assert code == 1
    assert "Dask is not installed: `pip install 'caselog-server[dask]'` installs it." in output


def test_a_worker_with_another_dask_is_named() -> None:
    def side(dask_version: str) -> dict[str, Any]:
        return {"host": {"python": "3.12.1.final.0"}, "packages": {"dask": dask_version}}

    found = {
        "client": side("2026.8.0"),
        "scheduler": side("2026.8.0"),
        "workers": {"tcp://w:1": side("2025.1.0")},
    }

    with pytest.raises(
        EngineFailed, match=r"The worker tcp://w:1 has dask 2025\.1\.0, this command has 2026\.8\.0"
    ):
        _require_same_versions(found)


def test_dask_is_imported_only_when_it_is_asked_for() -> None:
    look = "import sys, cli.etl, etl.dask_engine; assert not {'dask', 'distributed'} & {*sys.modules}"

    subprocess.run(
        [sys.executable, "-c", look],
        check=True,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'sdk'}"},
    )
