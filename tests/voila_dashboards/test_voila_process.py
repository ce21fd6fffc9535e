"""Voila and the fork server as the gateway's children: pages through them, whom they become, how they end."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import httpx
import pytest
from pydantic import ValidationError

from serving.tasks import Tasks
from tests.voila_dashboards.standin_gateway import StandinGateway
from tests.voila_dashboards.test_forkserver import until
from tests.voila_dashboards.test_takeover import is_running, until_ready
from voila_dashboards.forkserver.client import ForkServerGone
from voila_dashboards.forkserver.messages import pair
from voila_dashboards.pages import PAGES
from voila_dashboards.sandbox import Account, may_change_user
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.config import voila_config
from voila_dashboards.voila.process import VoilaProcess, choose_accounts

HERE: Final = Path(__file__).parent
STANDIN: Final = (sys.executable, "-P", "-m", "tests.voila_dashboards.standin_room")
KERNEL_MARK: Final = re.compile(r"<!--caselog-kernel:([0-9a-f-]{36})-->")
IS_ROOT: Final = os.geteuid() == 0

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's"),
    pytest.mark.skipif(not os.access(sys.executable, os.X_OK), reason="this user may not run this Python"),
]


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[tuple[VoilaProcess, httpx.AsyncClient]]:
    with tempfile.TemporaryDirectory(prefix="caselog-") as name:
        folder, file = Path(name), Path(name) / "own.parquet"
        duckdb.execute(f"COPY (SELECT to_timestamp(i) AS executed_at FROM range(9) r(i)) TO '{file}'")
        process = VoilaProcess(
            DashboardSettings(**settings),
            folder / "kernels",
            notebooks=HERE / "standin_pages",
            fork_server=STANDIN,
        )
        gateway = StandinGateway(process.socket, process.kernel_folders, file)
        tasks = Tasks()
        process.start(tasks)
        try:
            await until_ready(process)
            headers = {"Authorization": f"token {process.token}"}
            async with httpx.AsyncClient(base_url=process.address, headers=headers, timeout=60) as http:
                yield process, http
        finally:
            await tasks.stop()
            await process.stop()
            gateway.close()


async def open_page(http: httpx.AsyncClient, page: str) -> str:
    """The kernel that made the page."""
    answer = await http.get(f"/voila/render/{page}/notebook.ipynb")
    assert "(9," in answer.text, answer.text[-500:]
    mark = KERNEL_MARK.search(answer.text)
    assert mark is not None
    return mark[1]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_pages_come_from_forked_kernels_on_every_event_loop(loop: str) -> None:
    async def look() -> None:
        async with running(pool_size=0) as (process, http):
            assert process.forks is not None
            made = await asyncio.gather(
                *(open_page(http, page) for page in ("overview", "tickets", "ticket"))
            )
            pids = await process.forks.kernels()
            assert set(pids) == set(made)

            answer = await http.delete(f"/api/kernels/{made[0]}")
            await process.kill_kernel(made[1])
            await until_gone(process, 2)

            assert answer.status_code == 204
            assert set(await process.forks.kernels()) == {made[2]}

    if loop == "uvloop":
        uvloop = pytest.importorskip("uvloop")
        uvloop.run(look())
    else:
        asyncio.run(look())


async def until_gone(process: VoilaProcess, gone: int) -> None:
    deadline = time.monotonic() + 60
    assert process.forks is not None
    while len(await process.forks.kernels()) > 3 - gone:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def test_a_kernel_that_is_tried_starts_and_leaves_nothing_and_says_where_none_can() -> None:
    async def look() -> None:
        async with running(pool_size=0) as (process, _http):
            forks = process.forks
            assert forks is not None
            await process.try_kernel()
            while await forks.kernels():  # noqa: ASYNC110 - it is asked until it has buried it
                await asyncio.sleep(0.01)

            process.forks = None
            with pytest.raises(ForkServerGone):
                await process.try_kernel()
            process.forks = forks

    asyncio.run(look())


def test_kernels_wait_for_pages_that_are_loaded_by_their_address_and_for_no_others() -> None:
    config = voila_config(DashboardSettings(), Path("pages"), Path("run"), 8866, "token")
    denied = config["VoilaKernelManager"]["preheat_denylist"]

    assert {name for name in PAGES if f"{name}/notebook.ipynb" not in denied} == {
        "overview",
        "tickets",
        "ticket",
    }


def test_kernels_wait_before_anybody_asks() -> None:
    async def look() -> bool:
        async with running(pool_size=1) as (process, http):
            assert process.forks is not None
            for _ in range(20):  # the first may come before the pool is filled
                waiting = await process.forks.kernels()
                if await open_page(http, "ticket") in waiting:
                    return True
            return False

    assert asyncio.run(look())


@pytest.mark.skipif(not may_change_user(), reason="only root can start Voila as another user")
@pytest.mark.parametrize("name", [None, "nobody"])
def test_voila_is_a_user_of_its_own_and_not_looked_into(name: str | None) -> None:
    async def look() -> tuple[list[str], int, list[str], str]:
        async with running(pool_size=0, kernel_user=name) as (process, http):
            kernel = await open_page(http, "overview")
            assert process.forks is not None
            pid = process._children[1].pid
            kernel_pid = (await process.forks.kernels())[kernel]
            return uids_of(pid), owner_of(pid), uids_of(kernel_pid), environment_of(pid)

    voila, owner, kernel, environment = asyncio.run(look())

    expected = "65534" if name == "nobody" else "61184"
    assert set(voila) == {expected}
    assert owner == 0
    assert not set(kernel) & {"0", expected}
    assert "AWS" not in environment


def uids_of(pid: int) -> list[str]:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]


def owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}/environ").stat().st_uid


def environment_of(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text(encoding="utf-8")


def test_when_one_child_ends_both_are_started_again() -> None:
    async def look() -> None:
        async with running(pool_size=0) as (process, _http):
            first = [child.pid for child in process._children]
            process._children[0].kill()
            await until(lambda: not process.is_ready)
            await until_ready(process)

            assert not any(is_running(pid) for pid in first)
            headers = {"Authorization": f"token {process.token}"}
            async with httpx.AsyncClient(base_url=process.address, headers=headers, timeout=60) as http:
                await open_page(http, "overview")

    asyncio.run(look())


def test_voila_without_its_configuration_ends_and_serves_nobody(tmp_path: Path) -> None:
    ours, theirs = pair()
    with ours, theirs:
        voila = subprocess.Popen(
            [sys.executable, "-m", "voila_dashboards.voila", str(theirs.fileno()), str(os.getpid())],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
        )
        assert voila.stdin is not None
        assert voila.stderr is not None
        with voila.stdin, voila.stderr:
            said = voila.stderr.read()
            status = voila.wait(60)

    assert status == 1
    assert b"no configuration" in said


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("kernel_user", "nobody-of-this-name", "there is no such user"),
        ("kernel_uids", "0-100", "the lower first"),
        ("kernel_uids", "70000-60000", "the lower first"),
        ("kernel_uids", "65000-66000", "without 65534"),
        ("kernel_uids", "some", "pattern"),
        ("kernel_memory_bytes", "1", "greater than or equal"),
        ("runtime_dir", "/nowhere/at/all", "no such folder"),
    ],
)
def test_a_setting_that_cannot_be_is_a_sentence(setting: str, value: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        DashboardSettings.model_validate({setting: value})


@pytest.mark.skipif(IS_ROOT, reason="root may be anybody")
def test_only_root_starts_voila_as_somebody_else() -> None:
    with pytest.raises(ValidationError, match="only root"):
        DashboardSettings(kernel_user="root")


@pytest.mark.skipif(not IS_ROOT, reason="without users of their own nobody has to pass through")
def test_a_folder_that_voila_could_not_pass_through_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    with pytest.raises(ValidationError, match="cannot pass through"):
        DashboardSettings(runtime_dir=tmp_path)


def test_who_the_children_become_follows_from_who_we_are() -> None:
    accounts = choose_accounts(DashboardSettings(kernel_uids="70000-70100"))

    if may_change_user():
        assert (accounts.voila, accounts.kernels) == (Account(70000, 70000), (70001, 70101))
    else:
        assert (accounts.voila, accounts.kernels) == (None, None)
