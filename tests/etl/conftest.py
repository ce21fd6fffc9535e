"""Fixtures of the ETL's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.snapshot import Lake
from lake.store import open_store
from tests.conftest import LakeEnv


@pytest.fixture
def lake(lake_env: LakeEnv) -> Lake:
    """An empty lake, on a folder and on each S3 server."""
    return Lake(open_store(lake_env.url, lake_env.env))


@pytest.fixture
def folder_lake(tmp_path: Path) -> Lake:
    """An empty lake on a folder."""
    return Lake(open_store((tmp_path / "lake").as_uri(), {}, create=True))
