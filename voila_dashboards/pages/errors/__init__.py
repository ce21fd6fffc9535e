"""The page of errors: what goes wrong, where, since when and for whom."""

from __future__ import annotations

from typing import Final

from voila_dashboards.page import Page
from voila_dashboards.pages.errors.params import PARAMS
from voila_dashboards.pages.errors.payload import ErrorsData
from voila_dashboards.pages.errors.query import errors_data

ERRORS: Final = Page(
    name="errors",
    path="/errors",
    title="Errors",
    navigation="Errors",
    query=errors_data,
    params=PARAMS,
    data=ErrorsData,
    has_client_choice=True,
)
