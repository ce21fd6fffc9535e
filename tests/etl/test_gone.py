"""A lake that is unmounted between two runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.run import run_once
from etl.settings import EtlSettings
from etl.status import status
from lake.errors import LakeGone
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import a_log, put_raw


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def lake(place: Path) -> Lake:
    found = Lake(open_store(place.as_uri(), {}, create=True))
    found.create_tables()
    put_raw(found.store, a_log("1"), a_log("2"))
    return found


def _unmount(place: Path) -> None:
    place.rename(place.with_name("moved"))
    place.mkdir()


def _mount(place: Path) -> None:
    assert [*place.iterdir()] == []
    place.rmdir()
    place.with_name("moved").rename(place)


def test_a_run_over_an_empty_mount_point_says_so_makes_nothing_and_the_next_one_goes_on(
    lake: Lake, place: Path
) -> None:
    _unmount(place)

    with pytest.raises(LakeGone):
        run_once(lake, EtlSettings())
    with pytest.raises(LakeGone):
        status(lake)
    _mount(place)

    assert run_once(lake, EtlSettings()).logs == 2
