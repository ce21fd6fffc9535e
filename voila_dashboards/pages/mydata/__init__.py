"""A client's data: what is logged of it, what was masked, how long it is kept, what was deleted; to take away."""

from __future__ import annotations

from typing import Final

from voila_dashboards.page import Page
from voila_dashboards.pages.mydata.params import PARAMS
from voila_dashboards.pages.mydata.payload import MyData
from voila_dashboards.pages.mydata.query import my_data

MYDATA: Final = Page(
    name="mydata",
    path="/data",
    title="My data",
    navigation="My data",
    query=my_data,
    params=PARAMS,
    data=MyData,
    has_client_choice=True,
)
