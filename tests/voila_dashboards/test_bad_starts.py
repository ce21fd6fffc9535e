"""`caselog dashboards` where something is wrong from the start: a sentence, an exit status, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from lake.store import open_store
from tests.voila_dashboards.gateway_fakes import add_users
from tests.voila_dashboards.gateway_server import (
    dashboards,
    open_page,
)
from tests.voila_dashboards.test_takeover import AS_NOBODY, IS_ROOT, NOBODY

NOW: Final = datetime.now(UTC)
REPOSITORY: Final = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    not os.access(sys.executable, os.X_OK), reason="this user may not run this Python"
)
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can make that happen")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder with a lake, in which an ordinary user may do what it likes."""
    folder = Path("/tmp") / f"caselog-test-{uuid.uuid4().hex[:8]}"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    add_users(open_store((folder / "lake").as_uri(), {}, create=True), NOW)
    for path in ((folder / "lake"), *(folder / "lake").rglob("*")):
        path.chmod(0o777)
    (folder / "tmp").mkdir(mode=0o777)
    (folder / "tmp").chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def a_small_disk(folder: Path, *options: str) -> Iterator[Path]:
    """A file system of its own, of 16 MiB."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(("size=16m", "mode=700", *options)), "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("this root may not mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def start(place: Path, *, as_root: bool = False, lake: str = "lake", **settings: object) -> tuple[int, str]:
    """Exit status and words of `caselog dashboards`, which must end by itself and leave nothing."""
    environment = {
        **os.environ,
        "HOME": str(place),
        "TMPDIR": str(place / "tmp"),
        "CASELOG_LAKE_URL": (place / lake).as_uri(),
        "CASELOG_DASHBOARDS_PORT": "0",
        "CASELOG_DASHBOARDS_SESSION_SECRET": "planted-secret-9f2c" * 2,
        **{f"CASELOG_DASHBOARDS_{name.upper()}": str(value) for name, value in settings.items()},
    }
    user = AS_NOBODY if IS_ROOT and not as_root else ()
    done = subprocess.run(
        [*user, sys.executable, "-m", "cli.main", "dashboards"],
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    assert "planted-secret" not in said
    assert list((place / "tmp").iterdir()) == []
    return done.returncode, said


def last_line(said: str) -> str:
    return said.strip().splitlines()[-1]


def test_a_file_in_place_of_the_cache_folder_is_a_sentence(place: Path) -> None:
    (place / "cache").write_text("")

    status, said = start(place, cache_dir=place / "cache")

    assert status == 1, said
    assert last_line(said).startswith(
        f"caselog: The cache folder {place / 'cache'} cannot be used: file exists."
    )


def test_a_cache_folder_that_cannot_be_made_is_a_sentence(place: Path) -> None:
    (place / "file").write_text("")

    status, said = start(place, cache_dir=place / "file" / "cache")

    assert status == 1, said
    assert "cannot be used: not a directory." in last_line(said)


def test_a_cache_folder_that_may_not_be_written_is_a_sentence(place: Path) -> None:
    (place / "cache").mkdir(mode=0o500)
    if IS_ROOT:
        os.chown(place / "cache", NOBODY, NOBODY)

    status, said = start(place, cache_dir=place / "cache")

    assert status == 1, said
    assert f"The cache folder {place / 'cache'} cannot be used: permission denied." in last_line(said)


def test_a_cache_folder_of_another_user_is_a_sentence(place: Path) -> None:
    status, said = start(place, cache_dir="/usr")

    assert status == 1, said
    assert "The cache folder /usr cannot be used: it belongs to another user (uid 0)." in last_line(said)


@needs_root
def test_root_too_leaves_a_folder_of_another_user_alone(place: Path) -> None:
    (place / "cache").mkdir()
    os.chown(place / "cache", NOBODY, NOBODY)

    status, said = start(place, as_root=True, cache_dir=place / "cache")

    assert status == 1, said
    assert f"it belongs to another user (uid {NOBODY})" in last_line(said)
    assert list((place / "cache").iterdir()) == []


@needs_root
def test_a_cache_folder_on_a_read_only_file_system_is_a_sentence_for_root_too(place: Path) -> None:
    with a_small_disk(place / "cache", "ro"):
        status, said = start(place, as_root=True, cache_dir=place / "cache")

    assert status == 1, said
    assert "cannot be used: read-only file system." in last_line(said)


def test_a_lake_folder_that_is_mistyped_is_a_sentence_and_is_not_made(place: Path) -> None:
    status, said = start(place, lake="lkae")

    assert status == 1, said
    assert f"There is no lake at {(place / 'lkae').as_uri()}: `caselog init` makes it" in last_line(said)
    assert not (place / "lkae").exists()


@pytest.mark.parametrize("as_root", [False, pytest.param(True, marks=needs_root)])
def test_a_user_that_is_not_there_is_a_sentence(place: Path, *, as_root: bool) -> None:
    status, said = start(place, as_root=as_root, kernel_user="nobody-of-this-name")

    assert status == 2, said
    assert "CASELOG_DASHBOARDS_KERNEL_USER: value error, there is no such user on this machine." in last_line(
        said
    )


def test_only_root_starts_voila_as_another_user(place: Path) -> None:
    status, said = start(place, kernel_user="root")

    assert status == 2, said
    assert "only root can start" in last_line(said)


def test_a_port_that_is_taken_is_a_sentence(place: Path) -> None:
    with _taken_port() as port:
        status, said = start(place, port=port)

    assert status == 1, said
    assert str(port) in last_line(said)


@contextmanager
def _taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def test_a_cache_folder_that_is_missing_is_made_for_this_user_alone(tmp_path: Path) -> None:
    cache = tmp_path / "not" / "yet" / "there"
    with dashboards(tmp_path / "lake", pool_size=0, cache_dir=cache) as server:
        open_page(server.browser("ann"))
        mode = cache.stat().st_mode & 0o777

    assert mode == 0o700
