"""What every test of the dashboards leaves behind: nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.voila_dashboards.gateway_fakes import close_sites


@pytest.fixture(autouse=True)
def _no_fake_kernel_is_left() -> Iterator[None]:
    yield
    close_sites()
