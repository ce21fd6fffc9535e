"""What is shipped is whole: both wheels, built without a network, from a copy of what is committed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.tree import ROOMS, ROOT, tracked


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel of the SDK and that of the server, by distribution."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheels")
    for path in tracked():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, source / path)
    for project in (source / "sdk", source):
        _build(project, built)
    return {wheel.name.partition("-")[0]: wheel for wheel in built.glob("*.whl")}


def _build(project: Path, into: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(into)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)


def test_both_wheels_are_built(wheels: dict[str, Path]) -> None:
    assert set(wheels) == {"caselog", "caselog_server"}


def test_the_sdk_works_where_nothing_else_is_installed(wheels: dict[str, Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(wheels["caselog"]) as wheel:
        wheel.extractall(tmp_path)
    alone = f"""
import sys
sys.path.append({str(tmp_path)!r})
from caselog import build_workflow_log, close, flush, ship_log_async
print(close.__module__)
"""

    said = subprocess.run(
        [sys.executable, "-I", "-S", "-c", alone], check=True, capture_output=True, text=True
    ).stdout

    assert said.startswith("caselog")


@pytest.mark.parametrize("room", ROOMS)
def test_a_wheel_carries_every_file_of_a_room(room: str, wheels: dict[str, Path]) -> None:
    wheel = wheels["caselog" if room == "sdk/caselog" else "caselog_server"]
    committed = {path.as_posix().removeprefix("sdk/") for path in tracked() if path.is_relative_to(room)}

    with zipfile.ZipFile(wheel) as opened:
        packed = set(opened.namelist())

    assert committed
    assert committed - packed == set()


def test_the_server_wheel_carries_the_command(wheels: dict[str, Path]) -> None:
    with zipfile.ZipFile(wheels["caselog_server"]) as wheel:
        (entry,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
        assert "caselog = cli.main:main" in wheel.read(entry).decode()
