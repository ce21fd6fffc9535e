"""The overview: how many tickets ran, how they ended, how long they took, what they cost."""

from __future__ import annotations

from typing import Final

from voila_dashboards.page import Page
from voila_dashboards.pages.overview.params import PARAMS
from voila_dashboards.pages.overview.payload import REST, OverviewData
from voila_dashboards.pages.overview.query import overview_data

OVERVIEW: Final = Page(
    name="overview",
    path="/",
    title="Overview",
    navigation="Overview",
    query=overview_data,
    params=PARAMS,
    data=OverviewData,
    is_kept_ready=True,
    constants={"REST": REST},
    has_client_choice=True,
)
