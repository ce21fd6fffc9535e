"""What the page of tools may be asked for."""

from __future__ import annotations

from typing import Final

from voila_dashboards.params import Param
from voila_dashboards.periods import period_params
from voila_dashboards.words import Words

#: What the tools can be sorted by; all of it but the name begins with the most.
SORTS: Final = ("calls", "failures", "failure_rate", "p95", "change", "name")
#: What the page can be narrowed to.
CHOICES: Final = ("tool", "version", "environment")
PARAMS: Final = {
    **period_params("30d"),
    "client": Param(),
    **{name: Param() for name in CHOICES},
    "sort": Param(SORTS[0], Words("ToolSort", SORTS)),
}
