"""The page of tools: how often each was called, how often it failed, how long it took."""

from __future__ import annotations

from typing import Final

from voila_dashboards.page import Page
from voila_dashboards.pages.tools.params import PARAMS
from voila_dashboards.pages.tools.payload import ToolsData
from voila_dashboards.pages.tools.query import tools_data

TOOLS: Final = Page(
    name="tools",
    path="/tools",
    title="Tools",
    navigation="Tools",
    query=tools_data,
    params=PARAMS,
    data=ToolsData,
    has_client_choice=True,
)
