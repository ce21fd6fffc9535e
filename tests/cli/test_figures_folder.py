"""The folder that workers share is gone after them, also where all were killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.figures_folder import figures_folder

_HOLD = """
import sys, time
from cli.figures_folder import figures_folder
with figures_folder() as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def _make_old(folder: Path) -> None:
    os.utime(folder, (0, time.time() - 3600))


def test_it_is_removed_at_the_end() -> None:
    with figures_folder() as name:
        (Path(name) / "gauge_live_1.db").write_bytes(b"x")

    assert not Path(name).exists()


def test_one_of_a_process_that_was_killed_is_removed_at_the_next_start_and_no_other(tmp_path: Path) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD], env=env, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        held = Path(holder.stdout.readline().strip())
        _make_old(held)
        with figures_folder():
            is_there_while_held = held.is_dir()
        _make_old(held)
        holder.kill()
    new, foreign = tmp_path / "caselog-figures-new", tmp_path / "caselog-other"
    new.mkdir()
    foreign.mkdir()
    _make_old(foreign)

    with figures_folder():
        found = {path.name for path in (held, new, foreign) if path.exists()}

    assert is_there_while_held
    assert found == {"caselog-figures-new", "caselog-other"}


def test_what_only_looks_like_one_stops_no_start(tmp_path: Path) -> None:
    (tmp_path / "caselog-figures-file").write_text("x")
    (tmp_path / "caselog-figures-link").symlink_to(tmp_path)
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0), follow_symlinks=False)

    with figures_folder() as name:
        assert Path(name).is_dir()
    assert tmp_path.is_dir()
