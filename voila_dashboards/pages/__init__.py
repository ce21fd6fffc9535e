"""The pages, each a folder of its own, in one list: whatever must know every page reads it here.

Routes, navigation, dispatch in the kernel, the check of what a browser asks, and the TypeScript of the view follow from
it (`voila_dashboards.contract`). A new page is a folder and a line below; docs/pages.md shows one.
"""

from __future__ import annotations

from typing import Final

from voila_dashboards.page import Page, list_pages
from voila_dashboards.pages.compare import COMPARE
from voila_dashboards.pages.errors import ERRORS
from voila_dashboards.pages.mydata import MYDATA
from voila_dashboards.pages.overview import OVERVIEW
from voila_dashboards.pages.ticket import TICKET
from voila_dashboards.pages.tickets import TICKETS
from voila_dashboards.pages.tools import TOOLS

__all__ = ["PAGES", "Page"]

PAGES: Final = list_pages(OVERVIEW, TICKETS, ERRORS, TOOLS, MYDATA, TICKET, COMPARE)
