"""Two tickets side by side: figures, steps, and what was said, with what differs."""

from __future__ import annotations

from typing import Final

from voila_dashboards.page import Page
from voila_dashboards.pages.compare.params import PARAMS
from voila_dashboards.pages.compare.payload import CompareData
from voila_dashboards.pages.compare.query import compare_data

COMPARE: Final = Page(
    name="compare",
    path="/compare",
    title="Compare",
    under="tickets",
    query=compare_data,
    params=PARAMS,
    data=CompareData,
)
