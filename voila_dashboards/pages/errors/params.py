"""What the page of errors may be asked for."""

from __future__ import annotations

from typing import Final

from voila_dashboards.params import Param
from voila_dashboards.periods import period_params
from voila_dashboards.words import Words

#: What the kinds can be sorted by; all of it begins with the most, or with the newest.
SORTS: Final = ("errors", "change", "last_seen", "first_seen", "tickets")
#: What the page can be narrowed to.
CHOICES: Final = ("type", "message", "node", "tool", "version", "environment", "category")
PARAMS: Final = {
    **period_params("30d"),
    "client": Param(),
    **{name: Param() for name in CHOICES},
    "sort": Param(SORTS[0], Words("ErrorSort", SORTS)),
}
