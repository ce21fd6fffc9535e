"""What the overview may be asked for."""

from __future__ import annotations

from typing import Final

from voila_dashboards.params import Param
from voila_dashboards.periods import period_params

#: What the page can be narrowed to, to the column that has it.
CHOICES: Final = {"category": "category", "version": "workflow_version", "environment": "environment"}
PARAMS: Final = {**period_params("30d"), "client": Param(), **{name: Param() for name in CHOICES}}
